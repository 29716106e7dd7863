import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { after, before, beforeEach, describe, it } from 'node:test'
import { AS_PAGE, startBehindGate, verifyAssertion, type BehindGate } from '../kit/behind-gate.ts'
import { PERSON, startGate } from '../kit/gate.ts'
import { sendRaw } from '../kit/raw-http.ts'
import type { RawRequest } from '../kit/upstream.ts'
import { createVisitor, signIn } from '../kit/visitor.ts'

/** What a visitor writes about who they are and whence they come, against what the application receives. */

let behind: BehindGate

before(async () => {
  behind = await startBehindGate({
    site: { rules: [{ id: 'public', match: { path: '/public/**' }, allow: 'anyone' }] },
  })
})

beforeEach(() => behind.arrived())

after(() => behind.stop())

const IDENTITY = {
  'X-Remote-User': PERSON.login,
  'X-User-RPPS': '99900000003',
  'X-User-Name': 'Camille Exemple',
}

/** One set of identity headers, of the right person, and nothing that a stranger wrote. */
const assertIsPerson = async (request: RawRequest): Promise<void> => {
  for (const [name, value] of Object.entries(IDENTITY)) assert.deepEqual(request.all(name), [value], name)
  const claims = await verifyAssertion(behind.gate, request.header('x-portillon-assertion'))
  assert.equal(claims['login'], PERSON.login)
  assert.doesNotMatch(request.raw.toString('latin1'), /root/)
}

const assertIsNobody = (request: RawRequest): void => {
  for (const name of [...Object.keys(IDENTITY), 'X-Portillon-Assertion'])
    assert.deepEqual(request.all(name), [''], name)
  assert.doesNotMatch(request.raw.toString('latin1'), /root/)
}

const NAMES = [...Object.keys(IDENTITY), 'X-Portillon-Assertion']
const mixed = (name: string) => name.toLowerCase().replace(/(?<=^(?:..)*.)./g, (letter) => letter.toUpperCase())

const SPOOFS: Readonly<Record<string, (name: string) => readonly string[]>> = {
  once: (name) => [`${name}: root`],
  twice: (name) => [`${name}: root`, `${name}: root`],
  'in mixed case': (name) => [`${mixed(name)}: root`, `${name.toUpperCase()}: root`],
  empty: (name) => [`${name}:`],
  'empty and then filled': (name) => [`${name}:`, `${name.toLowerCase()}: root`],
  'named by Connection': (name) => [`Connection: ${name}, keep-alive`, `${name}: root`],
}

describe('identity headers that a visitor sends', () => {
  for (const [manner, spoof] of Object.entries(SPOOFS)) {
    it(`H-01: ${manner}, by somebody signed in: the application sees the one true set`, async () => {
      await behind.askSignedIn('GET /dcc/', ...NAMES.flatMap(spoof))
      await assertIsPerson(behind.onlyArrived())
    })

    it(`H-01: ${manner}, by nobody on a public page: the application sees nobody`, async () => {
      await behind.ask('GET /public/a.css', ...NAMES.flatMap(spoof))
      assertIsNobody(behind.onlyArrived())
    })
  }

  it('H-01: the attempt is in the log with the name that was tried, never with its value', async () => {
    const before = behind.gate.log.length
    await behind.askSignedIn('GET /dcc/', 'x-REMOTE-user: root')
    const lines = behind.gate.log.slice(before).filter(({ message }) => /^identity headers of a visitor/.test(message))
    assert.equal(lines.length, 1)
    assert.equal(lines[0]?.level, 'warn')
    assert.deepEqual(lines[0].fields['names'], ['x-REMOTE-user'])
    assert.equal(lines[0].fields['address'], '127.0.0.1')
    assert.doesNotMatch(JSON.stringify(lines), /root/)
  })

  for (const twin of [
    ...['X_Remote_User', 'x_remote_user', 'X-Remote_User', 'X_REMOTE-USER', 'X-Remote-User_', '_X-Remote-User'],
    ...['X.Remote.User', 'XRemoteUser', 'X--Remote--User', "X'Remote'User", 'X|Remote|User', 'X-Remote-User-'],
    ...['X_User_RPPS', 'x_user_name', 'X_Portillon_Assertion', 'X-Portillon_Assertion', 'X-Portillon-Login'],
  ]) {
    it(`H-03: ${twin} beside the real name is dropped`, async () => {
      await behind.askSignedIn('GET /dcc/', `${twin}: root`, 'X-Remote-User: root', `${twin}: root`)
      await assertIsPerson(behind.onlyArrived())
    })
  }

  for (const name of [
    'X-Remote-User ',
    'X Remote User',
    'X-Remote-User\t',
    'X-Remote-User\u0085',
    '\u000bX-Remote-User',
  ]) {
    it(`H-03: ${JSON.stringify(name)} is no header name: 400 and nothing forwarded`, async () => {
      assert.equal((await behind.askSignedIn('GET /dcc/', `${name}: root`)).status, 400)
      assert.equal(behind.arrived().length, 0)
    })
  }

  it('R18: other headers pass as written, those with an underscore do not', async () => {
    await behind.askSignedIn(
      'GET /dcc/',
      'X-GWT-Permutation: H',
      'SOAPAction: "x"',
      'Foo_Bar: 1',
      'X-User: 2',
      'x-USER: 3',
    )
    const request = behind.onlyArrived()
    assert.equal(request.header('foo_bar'), undefined)
    assert.deepEqual(
      request.headers.filter(([name]) => /gwt|soap|^x-user$/i.test(name)),
      [
        ['X-GWT-Permutation', 'H'],
        ['SOAPAction', '"x"'],
        ['X-User', '2'],
        ['x-USER', '3'],
      ],
    )
  })

  it('H-06: what belongs to one connection does not cross, whatever Connection names', async () => {
    await behind.askSignedIn(
      'GET /dcc/',
      ...['Connection: X-Secret, X-Remote-User, Cookie, Host', 'X-Secret: 1', 'TE: trailers', 'Keep-Alive: timeout=5'],
      ...['Proxy-Connection: keep-alive', 'Proxy-Authorization: Basic eA==', 'Trailer: X', 'Upgrade: h2c'],
    )
    const request = behind.onlyArrived()
    await assertIsPerson(request)
    for (const name of [
      'x-secret',
      'te',
      'keep-alive',
      'proxy-connection',
      'proxy-authorization',
      'trailer',
      'upgrade',
    ])
      assert.equal(request.header(name), undefined, name)
    assert.equal(request.header('host'), behind.gate.host)
  })
})

const FORGED = [
  ...[
    'X-Forwarded-For: 203.0.113.9',
    'X-Forwarded-For: 203.0.113.10',
    'X-Real-IP: 203.0.113.9',
    'X-Client-IP: 203.0.113.9',
  ],
  ...[
    'Forwarded: for=203.0.113.9;proto=http;host=evil.test',
    'True-Client-IP: 203.0.113.9',
    'X_Forwarded_For: 203.0.113.9',
  ],
  ...['X-Forwarded-Proto: http', 'X-Forwarded-Host: evil.test', 'X-Forwarded-Port: 1', 'X-Forwarded-Prefix: /evil'],
]

describe('the visitor’s address', () => {
  it('H-09: without a list of proxies nobody is believed: the application, the log and the rules see the socket', async () => {
    await behind.askSignedIn('GET /dcc/', ...FORGED)
    const request = behind.onlyArrived()
    assert.equal(request.header('x-forwarded-for'), '127.0.0.1')
    assert.equal(request.header('x-forwarded-proto'), 'https')
    assert.equal(request.header('x-forwarded-host'), behind.gate.host)
    assert.doesNotMatch(request.raw.toString('latin1'), /203\.0\.113|evil/)
    const before = behind.gate.log.length
    await behind.ask('GET /a%2fb', ...FORGED)
    assert.equal(behind.gate.log[before]?.fields['address'], '127.0.0.1')
  })

  it('H-09: a rule for a network is not opened by a forged address, and is by the address of a listed proxy', async () => {
    const site = { rules: [{ id: 'ward', match: { path: '/ward/**' }, allow: { networks: ['203.0.113.0/24'] } }] }
    const closed = await startBehindGate({ site })
    const listen = { address: '127.0.0.1', port: 0, 'trusted-proxies': ['127.0.0.1'] }
    const open = await startBehindGate({ site, config: { listen } })
    try {
      assert.equal((await closed.askSignedIn('GET /ward/', ...FORGED)).status, 403)
      assert.equal(closed.arrived().length, 0)
      assert.equal((await open.askSignedIn('GET /ward/', 'X-Forwarded-For: 10.0.0.1, 203.0.113.9')).status, 200)
      assert.equal(open.onlyArrived().header('x-forwarded-for'), '203.0.113.9')
      // H-10: what does not parse meets the strictest policy.
      for (const value of [
        'a',
        '203.0.113.9:80',
        '203.0.113.9, unknown',
        `${'203.0.113.9,'.repeat(3_000)}203.0.113.9`,
      ]) {
        const { status } = await open.askSignedIn('GET /ward/', `X-Forwarded-For: ${value}`)
        assert.ok([403, 431].includes(status), `${value.slice(0, 30)}: ${status}`)
      }
      assert.equal(open.arrived().length, 0)
    } finally {
      await closed.stop()
      await open.stop()
    }
  })
})

/** Every name in the sources that could be a header of ours or of a framework that we use. */
const namesInSources = (): readonly string[] => {
  const root = new URL('../../src/', import.meta.url)
  const texts = globSync('**/*.ts', { cwd: root }).map((file) => readFileSync(new URL(file, root), 'utf8'))
  const quoted = texts.flatMap((text) =>
    [...text.matchAll(/['"`]((?:x-)?[a-z]+(?:-[a-z]+)+)['"`:]/gi)].map(([, name]) => name ?? ''),
  )
  // Names that change what a request is, and not whether it may pass, are tested where they belong.
  const framing =
    /^(?:content-|transfer-|if-|sec-websocket|sec-fetch-|keep-alive|proxy-connection|trailer|accept-|x-forwarded-for$)/i
  return [...new Set(['X-Portillon', 'X-Middleware-Subrequest', ...quoted])].filter((name) => !framing.test(name))
}

describe('names that the gate itself uses', () => {
  it('H-13: set by a visitor to 1, true or admin, none opens anything', async () => {
    const names = namesInSources()
    assert.ok(names.length > 60, `only ${names.length} names were found in the sources`)
    for (const value of ['1', 'true', 'admin']) {
      for (let at = 0; at < names.length; at += 60) {
        const headers = names.slice(at, at + 60).map((name) => `${name}: ${value}`)
        const { status } = await behind.ask('GET /dcc/', ...headers)
        assert.ok([302, 401].includes(status), `${status} with ${headers.join(', ')}`)
      }
    }
    assert.equal(behind.arrived().length, 0)
  })

  it('H-13: set by somebody signed in, none changes who they are', async () => {
    const names = namesInSources().filter((name) => name !== 'x-remote-user')
    for (let at = 0; at < names.length; at += 60) {
      await behind.askSignedIn('GET /dcc/', ...names.slice(at, at + 60).map((name) => `${name}: root`))
      const request = behind.onlyArrived()
      for (const [name, value] of Object.entries(IDENTITY)) assert.deepEqual(request.all(name), [value], name)
    }
  })
})

describe('the gate’s own secrets', () => {
  it('H-18: none of the gate’s cookies reaches the application', async () => {
    assert.ok(behind.visitor.cookies.size >= 2)
    await behind.askSignedIn('GET /dcc/', 'Authorization: Basic of-the-application')
    const request = behind.onlyArrived()
    assert.equal(request.header('cookie'), undefined)
    assert.equal(request.header('authorization'), 'Basic of-the-application')
    const text = request.raw.toString('latin1')
    for (const value of behind.visitor.cookies.values())
      assert.ok(!text.includes(value), 'a cookie of the gate is there')
  })

  for (const [name, written, expected] of [
    ['ours in the middle', ['a=1; OURS; b="2 %3b"; c=é'], 'a=1; b="2 %3b"; c=é'],
    ['ours first', ['OURS; JSESSIONID=AB.node1'], 'JSESSIONID=AB.node1'],
    ['ours last', ['b=;  a = 1; OURS'], 'b=;  a = 1'],
    ['in several headers', ['a=1', 'OURS', 'a=2'], 'a=1; a=2'],
    ['in odd spellings', ['OURS; PORTILLON=x; __host-Portillon=y; portillon-hops=3; portillonx=4'], 'portillonx=4'],
    [
      'with names that only look like ours',
      ['OURS; xportillon=1; portillon.x=2; p=portillon'],
      'xportillon=1; portillon.x=2; p=portillon',
    ],
  ] as const) {
    it(`R2: the application’s cookies keep every byte: ${name}`, async () => {
      const ours = behind.visitor.cookieHeader()
      await behind.ask('GET /dcc/', ...written.map((line) => `Cookie: ${line.replace('OURS', ours)}`))
      assert.equal(behind.onlyArrived().header('cookie'), expected)
    })
  }

  it('R2: the application cannot write the gate’s cookies, and its own pass as written', async () => {
    const theirs = ['JSESSIONID=1; Path=/dcc; HttpOnly', 'a="b c"; Expires=Thu, 01 Jan 2032 00:00:00 GMT']
    const forged = [
      '__Host-portillon=evil; Path=/; Secure',
      'portillon=x',
      ' PORTILLON-browser=x',
      '__Secure-portillon-hops',
      // Without a name a browser sends the bare value back, which then reads like a cookie of ours.
      '=portillon=x; Path=/',
      ' = __Host-portillon=x',
      '\tportillon\t=x',
    ]
    behind.upstream.answerWith(() =>
      [
        'HTTP/1.1 200 OK',
        ...[...theirs, ...forged].map((line) => `Set-Cookie: ${line}`),
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    )
    const answer = await behind.askSignedIn('GET /dcc/')
    assert.deepEqual(
      answer.all('set-cookie'),
      theirs.map((line) => `${line}; Secure; SameSite=Lax`),
    )
  })

  it('R1: one opaque session cookie under 200 bytes, and no session cookie before the sign-in', async () => {
    const gate = await startGate({ upstream: behind.upstream.url })
    try {
      const visitor = createVisitor(gate)
      const answer = await signIn(gate, visitor, '/dcc/?q=' + 'x'.repeat(2_000))
      const lines = answer.setCookies.filter((line) => line.startsWith('__Host-portillon='))
      assert.equal(lines.length, 1)
      assert.ok((lines[0]?.split(';', 1)[0]?.length ?? 999) < 200)
      assert.match(lines[0] ?? '', /; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
      const stranger = await sendRaw(
        { port: gate.port },
        `GET /dcc/ HTTP/1.1\r\nHost: ${gate.host}\r\n${AS_PAGE.join('\r\n')}\r\n\r\n`,
      )
      assert.deepEqual(stranger.all('set-cookie'), [])
    } finally {
      await gate.stop()
    }
  })
})
