import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { AS_PAGE, startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { loadedSite, startGate, type Gate } from '../kit/gate.ts'
import { sendRaw } from '../kit/raw-http.ts'
import { plainAnswer, startRawUpstream, type RawUpstream } from '../kit/upstream.ts'
import { createVisitor, openSignIn, signIn } from '../kit/visitor.ts'

describe('which application a Host header chooses', () => {
  let gate: Gate
  let first: RawUpstream
  let second: RawUpstream

  before(async () => {
    first = await startRawUpstream()
    second = await startRawUpstream()
    const rules = [
      { id: 'private', match: { path: '/private/**' }, allow: 'signed-in' as const },
      { id: 'public', match: { path: '/**' }, allow: 'anyone' as const },
    ]
    gate = await startGate({
      upstream: first.url,
      settings: {
        sites: [
          loadedSite({
            hosts: ['dcc.example.test', 'dcc-old.example.test'],
            upstream: { url: first.url },
            identity: { headers: { 'X-Remote-User': 'login' } },
            rules,
          }),
          loadedSite({
            site: 'second',
            hosts: ['base.dcc.example.test', 'ports.example.test:8443'],
            upstream: { url: second.url },
            rules,
          }),
        ],
      },
    })
  })

  after(async () => {
    await gate.stop()
    await first.stop()
    await second.stop()
  })

  const ask = (...hosts: readonly string[]) =>
    sendRaw({ port: gate.port }, ['GET /a HTTP/1.1', ...hosts.map((host) => `Host: ${host}`), '', ''].join('\r\n'))

  const served = async (host: string): Promise<'first' | 'second' | number> => {
    first.forget()
    second.forget()
    const { status } = await ask(host)
    if (first.requests.length + second.requests.length === 0) return status
    assert.equal(first.requests.length + second.requests.length, 1)
    return first.requests.length === 1 ? 'first' : 'second'
  }

  it('P-15: the listed name, in any case and with the port of the scheme', async () => {
    for (const host of ['dcc.example.test', 'DCC.Example.TEST', 'dcc.example.test:443', 'dcc-old.example.test'])
      assert.equal(await served(host), 'first', host)
    for (const host of ['base.dcc.example.test', 'ports.example.test:8443', 'Ports.example.test:8443'])
      assert.equal(await served(host), 'second', host)
  })

  for (const host of [
    ...[
      'evil.test',
      'xdcc.example.test',
      'dcc.example.test.evil.test',
      'dcc.example.test.',
      'dcc.example',
      'example.test',
    ],
    ...[
      'a.dcc.example.test',
      'base.dcc.example.test.',
      'dcc.example.test:80',
      'dcc.example.test:8443',
      'ports.example.test',
    ],
    ...[
      'ports.example.test:443',
      'dcc.example.test:',
      '127.0.0.1',
      'localhost',
      '[::1]',
      '[::1]:443',
      '0',
      '__proto__',
      'constructor',
    ],
  ]) {
    it(`P-15: ${host} is nobody here: 421, and no application hears of it`, async () => {
      assert.equal(await served(host), 421)
    })
  }

  for (const host of [
    ...['', ' ', 'dcc.example.test,evil.test', 'dcc.example.test, dcc.example.test', 'dcc.example.test:99999'],
    ...[
      'user@dcc.example.test',
      'dcc.example.test@evil.test',
      'dcc.example.test/a',
      'dcc.example.test?a',
      'http://dcc.example.test',
    ],
    ...[
      'dcc.example.test:4a',
      'dcc.example.test:443:443',
      'dcc .example.test',
      'dcc\t.example.test',
      'dcc.example.test#',
      'd\xe9c.test',
    ],
    ...['dcc.example.test\\', '[::1', '[evil]', 'dcc.example.test\0'],
  ]) {
    it(`F-14: ${JSON.stringify(host)} is no Host: 400`, async () => {
      assert.equal(await served(host), 400)
    })
  }

  it('F-14: two Host lines are 400, equal or not, in both orders; so is none', async () => {
    for (const hosts of [
      ['dcc.example.test', 'dcc.example.test'],
      ['dcc.example.test', 'evil.test'],
      ['evil.test', 'dcc.example.test'],
      [],
    ])
      assert.equal((await ask(...hosts)).status, 400, hosts.join())
    const old = await sendRaw({ port: gate.port }, 'GET /a HTTP/1.0\r\n\r\n')
    assert.equal(old.status, 400)
    assert.equal(first.requests.length + second.requests.length, 0)
  })

  it('P-15: a session of one site is nobody on another', async () => {
    const visitor = createVisitor(gate)
    await signIn(gate, visitor, '/private/')
    await visitor.ask('/private/')
    assert.equal((await first.nextRequest()).header('x-remote-user'), 'c.exemple')
    const elsewhere = await visitor.ask('/private/', { headers: { host: 'base.dcc.example.test' } })
    assert.equal(elsewhere.status, 302)
    assert.equal(second.requests.length, 0)
  })
})

/** Everything by which a stranger could try to name another host. */
const FORGED = [
  ...[
    'X-Forwarded-Host: evil.test',
    'X-Forwarded-Server: evil.test',
    'X-Host: evil.test',
    'X-Original-Host: evil.test',
  ],
  ...[
    'Forwarded: host=evil.test;proto=http',
    'X-Forwarded-Proto: http',
    'X-Forwarded-Port: 8080',
    'X-Forwarded-Prefix: /evil',
  ],
  ...['X-Forwarded-Scheme: http', 'Front-End-Https: off', 'X-Url-Scheme: http', 'X-Rewrite-URL: /evil'],
]

describe('the site’s own address', () => {
  let behind: BehindGate

  before(async () => {
    // Even when they come from a listed proxy: the address of the site is configuration (R34).
    const listen = { address: '127.0.0.1', port: 0, 'trusted-proxies': ['127.0.0.1'] }
    behind = await startBehindGate({ config: { listen }, site: { 'sign-out': { 'upstream-paths': ['/dcc/logout'] } } })
  })
  beforeEach(() => {
    behind.arrived()
    behind.upstream.answerWith(() => plainAnswer('200 OK', 'of the application'))
  })
  after(() => behind.stop())

  it('R34: a forged host reaches neither a redirect, a link, a cookie nor the application', async () => {
    const answers = [
      await behind.ask('GET /dcc/', ...AS_PAGE, ...FORGED),
      await behind.ask('GET /_portillon/sign-in', ...AS_PAGE, ...FORGED),
      await behind.ask('GET /_portillon/sign-out', ...AS_PAGE, ...FORGED),
      await behind.ask('GET /a%2fb', ...AS_PAGE, ...FORGED),
      await behind.ask('GET /dcc/', 'Accept: application/json', ...FORGED),
      await behind.askSignedIn('GET /_portillon/sign-in', ...FORGED),
      await behind.askSignedIn('GET /dcc/', ...FORGED),
    ]
    for (const answer of answers) {
      assert.doesNotMatch(answer.raw.toString('latin1'), /evil|http:\/\/dcc|:8080/, answer.startLine)
      for (const line of answer.all('set-cookie')) assert.match(line, /; Secure/)
    }
    const request = behind.onlyArrived()
    assert.equal(request.header('x-forwarded-host'), behind.gate.host)
    assert.equal(request.header('x-forwarded-proto'), 'https')
    assert.doesNotMatch(request.raw.toString('latin1'), /evil\.test/)
  })

  it('R34: a whole sign-in with forged headers ends on the page that was asked for', async () => {
    const forged = Object.fromEntries(FORGED.map((line) => line.split(': ') as [string, string]))
    const visitor = createVisitor(behind.gate)
    const forging = { ...visitor, ask: (path: string, options = {}) => visitor.ask(path, withHeaders(options, forged)) }
    forging.page = (path, headers = {}) => forging.ask(path, { headers: { accept: 'text/html', ...headers } })
    const answer = await signIn(behind.gate, forging, '/dcc/?a=1')
    assert.equal(answer.location, '/dcc/?a=1')
    assert.ok(!JSON.stringify(answer.headers).includes('evil'))
    assert.doesNotMatch(behind.gate.mails()[0]?.text ?? '', /evil/)
  })

  it('R34: another name in Host gets no page of the site at all', async () => {
    const answer = await sendRaw(
      behind.at,
      `GET /_portillon/sign-in HTTP/1.1\r\nHost: evil.test\r\nAccept: text/html\r\n\r\n`,
    )
    assert.equal(answer.status, 421)
    assert.doesNotMatch(answer.text, /evil|Dossier Communicant|référent|01 99/)
    assert.deepEqual(answer.all('set-cookie'), [])
  })

  it('R-11: every redirect after a form is 303, every redirect of a page 302', async () => {
    assert.equal((await behind.ask('GET /dcc/', ...AS_PAGE)).status, 302)
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      assert.equal((await behind.ask(`${method} /dcc/form`, ...AS_PAGE, 'Content-Length: 0')).status, 303, method)
    const visitor = createVisitor(behind.gate)
    const stale = { ...(await openSignIn(visitor)), csrf: 'x'.repeat(43), login: 'a', password: 'b' }
    assert.equal((await visitor.ask('/_portillon/sign-in', { form: stale })).status, 303)
    // The helper itself asserts 303 after the password and after the code.
    await signIn(behind.gate, visitor)
    const left = await visitor.ask('/dcc/logout', {
      method: 'POST',
      body: 'a=1',
      headers: { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    })
    assert.equal(left.status, 303)
  })
})

const withHeaders = <Options extends { headers?: object }>(options: Options, headers: object): Options => ({
  ...options,
  headers: { ...headers, ...options.headers },
})
