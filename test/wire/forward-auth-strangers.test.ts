import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { asNginx, asTraefik, FORWARD_AUTH, QUESTION, startAskedGate, TRUSTING, type Asking } from '../kit/asking.ts'
import { AS_PAGE, startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { loadedSite } from '../kit/gate.ts'
import { FRONT_NAME } from '../kit/nginx-front.ts'
import { runCli } from '../kit/processes.ts'
import { sendRaw, type RawAnswer } from '../kit/raw-http.ts'
import { createInstanceFolder, instanceText } from '../policy/instance.ts'
import { siteText } from '../policy/site-text.ts'

/** Who gets no answer, and which requests are none that anybody could judge. */

let behind: BehindGate

before(async () => {
  behind = await startAskedGate()
})

after(() => behind.stop())

/** From an address of this machine that nobody listed. */
const asStranger = (bytes: string, { port } = behind.at): Promise<RawAnswer> =>
  sendRaw({ port, from: '127.0.0.2' }, bytes)

/** What an answer says, without what every answer has of its own. */
const bland = ({ startLine, headers, text }: RawAnswer) => ({
  startLine,
  headers: headers.filter(([name]) => !/^(?:date|content-length)$/i.test(name)),
  text: text.replaceAll(/"(?:reference|time)":"[^"]*"/g, ''),
})

const ASKERS: readonly Asking[] = [asNginx, asTraefik]
const nameOf = (ask: Asking): string => (ask === asNginx ? 'nginx' : 'Traefik')

describe('R19: somebody who is not listed', () => {
  it('is told of the address as of any other that does not exist, whatever request and cookie come along', async () => {
    const nothing = asNginx('GET /dcc/', behind.signedIn).replace(QUESTION, '/_portillon/nothing')
    const expected = bland(await asStranger(nothing))
    assert.match(expected.startLine, /^HTTP\/1\.1 404 /)
    for (const start of ['GET /dcc/', 'GET /public/a.css', 'GET /closed/', 'GET /a%2fb', 'POST /_portillon/x'] as const)
      assert.deepEqual(bland(await asStranger(asNginx(start, behind.signedIn))), expected, start)
    assert.deepEqual(bland(await asStranger(asNginx('GET /dcc/', 'X-Forwarded-For: 127.0.0.1'))), expected)
  })

  it('GHSA-7x63-xv5r-3p2x: cannot name a request by X-Forwarded-Uri', async () => {
    for (const ask of ASKERS) {
      const named = ask('GET /public/a.css').replace('portillon.internal:8443', FRONT_NAME)
      const asked = await asStranger(named)
      assert.equal(asked.status, 404)
      assert.equal(asked.header('x-remote-user'), undefined)
      const page = await asStranger(named.replace(QUESTION, '/dcc/').replace('\r\n\r\n', `\r\n${AS_PAGE[0]}\r\n\r\n`))
      assert.equal(page.status, 302, 'and on the data path the request line counts')
    }
    assert.equal(behind.arrived().length, 0)
  })

  it('is everybody where the list is empty, this machine included', async () => {
    const listen = { ...TRUSTING, 'trusted-proxies': [] }
    const closed = await startBehindGate({ site: FORWARD_AUTH, config: { listen } })
    try {
      assert.equal((await closed.send(asNginx('GET /dcc/', closed.signedIn))).status, 404)
      assert.equal((await closed.send(asTraefik('GET /dcc/', closed.signedIn))).status, 421, 'the name is not ours')
    } finally {
      await closed.stop()
    }
  })
})

describe('R19: the start of a gate that would answer nobody or everybody', () => {
  it('is refused, with the setting and the site', async () => {
    const instance = createInstanceFolder()
    try {
      instance.write('asking.yaml', siteText({ more: 'forward-auth: { enabled: true }' }))
      for (const proxies of ['[]', '[0.0.0.0/0]']) {
        const listen = `listen: { port: 0, trusted-proxies: ${proxies} }`
        const file = instance.write('config.yaml', instanceText({ sites: 'sites: [asking.yaml]', listen }))
        for (const command of [
          ['serve', '--config', file],
          ['check', file],
        ]) {
          const { code, stdout, stderr } = await runCli(command)
          assert.notEqual(code, 0, command[0])
          assert.match(stdout + stderr, /trusted-proxies[^]*may ask for decisions[^]*asks for test/)
        }
      }
    } finally {
      instance[Symbol.dispose]()
    }
  })
})

describe('R19: a site that did not ask for it', () => {
  it('answers no proxy', async () => {
    const upstream = { url: behind.upstream.url }
    const asking = loadedSite({ ...FORWARD_AUTH, upstream })
    const silent = loadedSite({ site: 'silent', hosts: ['silent.example.test'], upstream })
    const both = await startBehindGate({ settings: { sites: [asking, silent] }, config: { listen: TRUSTING } })
    try {
      for (const ask of ASKERS) {
        const question = ask('GET /dcc/', both.signedIn)
        assert.equal((await both.send(question)).status, 200)
        assert.equal((await both.send(question.replaceAll(FRONT_NAME, 'silent.example.test'))).status, 404)
      }
    } finally {
      await both.stop()
    }
  })
})

/** Sends a question with lines taken out, changed or put in. */
const askWith = (ask: Asking, change: (bytes: string) => string): Promise<RawAnswer> =>
  behind.send(change(ask('GET /public/a.css', behind.signedIn, ...AS_PAGE)))

const without = (name: string) => (bytes: string) => bytes.replace(new RegExp(`\\r\\n${name}: [^\\r]*`), '')
const withLine = (line: string) => (bytes: string) => bytes.replace('\r\n\r\n', `\r\n${line}\r\n\r\n`)
const put = (name: string, value: string) => (bytes: string) => withLine(`${name}: ${value}`)(without(name)(bytes))

const UNCLEAR: readonly (readonly [what: string, Asking, change: (bytes: string) => string, status: number])[] = [
  ['no X-Original-URI', asNginx, without('X-Original-URI'), 400],
  ['no X-Original-Method', asNginx, without('X-Original-Method'), 400],
  ['an empty X-Original-URI', asNginx, put('X-Original-URI', ''), 400],
  ['two X-Original-URI', asNginx, withLine('X-Original-URI: /public/b.css'), 400],
  ['two X-Original-URI, one in another case', asNginx, withLine('x-original-uri: /dcc/'), 400],
  ['two X-Original-Method', asNginx, withLine('X-Original-Method: GET'), 400],
  ['neither of both ways', asNginx, (bytes) => without('X-Original-URI')(without('X-Original-Method')(bytes)), 400],
  ['X-Forwarded-Uri beside X-Original-URI', asNginx, withLine('X-Forwarded-Uri: /public/a.css'), 400],
  ['X-Forwarded-Method beside X-Original-URI', asNginx, withLine('X-Forwarded-Method: GET'), 400],
  ['a Host that is not ours', asNginx, put('Host', 'evil.example.test'), 421],
  ['plain http, said by nginx', asNginx, put('X-Forwarded-Proto', 'http'), 400],
  ['no X-Forwarded-Uri', asTraefik, without('X-Forwarded-Uri'), 400],
  ['no X-Forwarded-Method', asTraefik, without('X-Forwarded-Method'), 400],
  ['no X-Forwarded-Host', asTraefik, without('X-Forwarded-Host'), 400],
  ['no X-Forwarded-Proto', asTraefik, without('X-Forwarded-Proto'), 400],
  ['two X-Forwarded-Uri', asTraefik, withLine('X-Forwarded-Uri: /dcc/'), 400],
  ['two X-Forwarded-Host', asTraefik, withLine(`X-Forwarded-Host: ${FRONT_NAME}`), 400],
  ['two X-Forwarded-Proto', asTraefik, withLine('X-Forwarded-Proto: https'), 400],
  ['X-Original-URI beside X-Forwarded-Uri', asTraefik, withLine('X-Original-URI: /public/a.css'), 400],
  ['a list of hosts', asTraefik, put('X-Forwarded-Host', `${FRONT_NAME}, evil.example.test`), 421],
  ['a host that is not ours', asTraefik, put('X-Forwarded-Host', 'evil.example.test'), 421],
  ['a list of schemes', asTraefik, put('X-Forwarded-Proto', 'https, http'), 400],
  ['plain http', asTraefik, put('X-Forwarded-Proto', 'http'), 400],
]

describe('H-11: a question from which it is not clear what is meant', () => {
  it('is clear without any of these changes', async () => {
    for (const ask of ASKERS) assert.equal((await askWith(ask, (bytes) => bytes)).status, 200)
  })

  for (const [what, ask, change, status] of UNCLEAR) {
    it(`${what}: ${status}, and nothing about anybody`, async () => {
      const answer = await askWith(ask, change)
      assert.equal(answer.status, status, answer.text)
      if (/^two X-/.test(what)) assert.equal(behind.gate.log.at(-1)?.fields['detail'], 'named-twice')
      for (const name of ['x-remote-user', 'x-portillon-assertion', 'cookie'])
        assert.equal(answer.header(name), undefined)
      assert.doesNotMatch(answer.text, /authz/)
    })
  }

  it('at another spelling of the address is no question', async () => {
    for (const path of [`${QUESTION}/`, `${QUESTION};x`, '/_PORTILLON/authz', '/_portillon/%61uthz'])
      for (const ask of [asNginx('GET /public/a.css'), asNginx('GET /dcc/', behind.signedIn)])
        assert.equal((await behind.send(ask.replace(QUESTION, path))).status, 404, path)
  })
})

describe('R20: the request that is meant is read as on the data path', () => {
  for (const ask of ASKERS) {
    const statusOf = async (start: `${string} ${string}`) =>
      (await behind.send(ask(start, 'Accept: application/json'))).status

    for (const target of [
      ...['/public/../dcc/', '/public/..;x/dcc/', '/public/%2e%2e/dcc/', '/public/..%2fdcc/', '/public/%2E./dcc/'],
      ...[
        '/public/a%00.css',
        '/public\\..\\dcc',
        '/public/%5c..%5cdcc',
        '/public/a%252f..',
        '/public/%c0%ae%c0%ae/dcc',
      ],
      ...['//evil.example.test/public/a.css', 'public/a.css', '*', '/public/a.css#/dcc', '/public/é'],
      ...['https://evil.example.test/public/a.css', 'http:///public/a.css'],
    ])
      it(`P-01: ${nameOf(ask)}: ${target} has more than one meaning: 400`, async () => {
        assert.equal(await statusOf(`GET ${target}`), 400)
      })

    for (const target of [
      '/public//a.css',
      '/public/a.css;x=1',
      '/publi%63/a.css',
      '/public/%61.css',
      '/;/public/a.css',
    ])
      it(`P-05: ${nameOf(ask)}: ${target} is another spelling of a public path: nobody passes without a session`, async () => {
        assert.equal(await statusOf(`GET ${target}`), 401)
      })

    it(`P-09: ${nameOf(ask)}: a public path is public for reading only`, async () => {
      assert.equal(await statusOf('POST /public/a.css'), 401)
      assert.equal(await statusOf('DELETE /public/a.css'), 401)
      for (const method of ['get', 'TRACE', 'CONNECT', 'BREW', 'GET,POST'])
        assert.equal(await statusOf(`${method} /public/a.css`), 501, method)
    })

    it(`P-12: ${nameOf(ask)}: what is the gate’s own is never the application’s, in any spelling`, async () => {
      for (const target of ['/_portillon/sign-in', '/_PORTILLON/x', '/_portillon', '/%5fportillon/x', QUESTION])
        assert.equal(await statusOf(`GET ${target}`), 404, target)
    })
  }
})

describe('the visitor’s address', () => {
  const ward = async (change: (bytes: string) => string) =>
    (await behind.send(change(asNginx('GET /ward/', behind.signedIn)))).status

  it('H-09: is what the proxy says', async () => {
    assert.equal(await ward((bytes) => bytes), 200)
    assert.equal(await ward(put('X-Forwarded-For', '198.51.100.1')), 403)
    assert.equal(await ward(put('X-Forwarded-For', '203.0.113.7, 198.51.100.1')), 403)
  })

  it('H-10: is unknown when the proxy does not say it: the proxy’s own is not the visitor’s', async () => {
    const near = await startAskedGate({
      site: { rules: [{ id: 'ward', match: { path: '/ward/**' }, allow: { networks: ['127.0.0.0/8'] } }] },
    })
    try {
      const asked = asNginx('GET /ward/', near.signedIn)
      assert.equal((await near.send(put('X-Forwarded-For', '127.0.0.9')(asked))).status, 200)
      assert.equal((await near.send(without('X-Forwarded-For')(asked))).status, 403)
      assert.equal((await near.send(put('X-Forwarded-For', 'unknown')(asked))).status, 403)
    } finally {
      await near.stop()
    }
  })
})

describe('identity headers that the visitor sent, which the gate cannot take out', () => {
  it('H-01: under their own names are left to be written over, and told in the log', async () => {
    const seen = behind.gate.log.length
    const answer = await behind.send(
      asNginx('GET /dcc/', behind.signedIn, 'x-REMOTE-user: root', 'X-Portillon-Assertion: x'),
    )
    assert.deepEqual(answer.all('x-remote-user'), ['c.exemple'])
    const line = behind.gate.log.slice(seen).find(({ message }) => /identity headers of a visitor/.test(message))
    assert.deepEqual(line?.fields['names'], ['x-REMOTE-user', 'X-Portillon-Assertion'])
  })

  for (const twin of [
    ...['X_Remote_User', 'X-Remote_User', 'X.Remote.User', 'XRemoteUser', 'X-Remote-User-', 'x_user_rpps'],
    ...['X_Portillon_Assertion', 'X-Portillon-Login', 'X_Forwarded_For', 'X_Original_URL'],
  ])
    it(`H-03: ${twin} is refused: nobody would write over it`, async () => {
      for (const ask of ASKERS)
        assert.equal((await behind.send(ask('GET /public/a.css', behind.signedIn, `${twin}: root`))).status, 400)
    })

  it('H-07: more headers than any browser sends are refused', async () => {
    const many = Array.from({ length: 201 }, (_, at) => `X-${at}: 1`)
    assert.equal((await behind.send(asNginx('GET /public/a.css', ...many))).status, 431)
  })
})
