import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { WebSocket } from 'ws'
import type { SiteFile } from '../../src/policy/schema.ts'
import { startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { createManualClock } from '../kit/clock.ts'
import { PERSON, startGate, type Gate } from '../kit/gate.ts'
import { sendRaw, type RawAnswer } from '../kit/raw-http.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { readProbe, startTomcat, startTomcat9, type Tomcat } from '../kit/tomcat.ts'
import { plainAnswer, startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { COLLEAGUE } from '../kit/use-gate.ts'
import { buildVerifier, contextWith } from '../kit/verifier.ts'
import { createVisitor, signIn, type Visitor } from '../kit/visitor.ts'

// The verifier kit as its README sets it up, in real servers: Tomcat 10 (jakarta) and, the same jar, Tomcat 9 (javax).
// One gate sends its requests to Tomcat; another one, with the same keys, hands its requests to the test, still unspent.

const SECRET = 'a-secret-of-the-tests-0123456789-abcdef'
const ACCENTED = { ...PERSON, login: 'zoé+%', email: 'zoe@example.test', givenName: 'Zoé', familyName: 'Œuvrard' }
const HEADERS = { 'X-Remote-User': 'login', 'X-User-Name': 'name', 'X-User-RPPS': 'rpps' } as const
const SITE = {
  identity: {
    headers: HEADERS,
    assertion: { audience: 'webdcr' },
    signature: { 'key-id': 'dcc-2026', 'secret-file': 'read before' },
  },
  rules: [{ id: 'public', match: { path: '/public/**' }, allow: 'anyone' }],
} satisfies Partial<SiteFile>
/** Long enough for a machine that does other work to be five minutes late. */
const FIVE_MINUTES = 300_000

const clock = createManualClock(Date.now())
let behind: BehindGate
let jwks: HttpUpstream
let tomcat: Tomcat
let tomcat9: Awaited<ReturnType<typeof startTomcat9>>
let gate: Gate
let visitor: Visitor

/** What the gate sent for a request, to the byte, before any server has seen it. */
const unspent = async (start: string, cookie = behind.signedIn): Promise<string> => {
  behind.upstream.answerWith(() => plainAnswer('200 OK', 'kept'))
  behind.arrived()
  const { status } = await behind.ask(start, cookie, ...(start.startsWith('GET') ? [] : ['Content-Length: 0']))
  assert.equal(status, 200)
  return behind.onlyArrived().raw.toString('latin1')
}

const straight = (bytes: string, to: Tomcat = tomcat): Promise<RawAnswer> => sendRaw({ port: to.port }, bytes)

/** That Tomcat refuses, without a word of the application, and says why in its own log alone. */
const assertRefused = async (bytes: string, reason: RegExp, to: Tomcat = tomcat): Promise<void> => {
  const before = to.log().length
  const answer = await straight(bytes, to)
  assert.equal(answer.status, 403, answer.text)
  assert.match(answer.header('content-type') ?? '', /^text\/html;charset=UTF-8$/i)
  assert.match(answer.text, /Accès direct refusé.*after signing in/s)
  assert.equal(answer.header('set-cookie'), undefined)
  assert.doesNotMatch(answer.text, /servlet|signature|Tomcat/i)
  for (let round = 0; round < 100 && !/refused: .*\n/.test(to.log().slice(before)); round += 1)
    await new Promise((resolve) => setTimeout(resolve, 20))
  assert.match(to.log().slice(before), new RegExp(`request from 127\\.0\\.0\\.1 refused: ${reason.source}`))
}

before(async () => {
  const folder = createTempFolder('verifier-tomcat').path
  writeFileSync(join(folder, 'secret'), `${SECRET}\n`, { mode: 0o600 })
  writeFileSync(join(folder, 'open-secret'), SECRET, { mode: 0o644 })
  const both = { people: [PERSON, COLLEAGUE, ACCENTED], site: SITE, signatureSecret: SECRET }
  const config = { keys: join(folder, 'keys') }
  const [{ jar }, started] = await Promise.all([buildVerifier(), startBehindGate({ ...both, config, clock })])
  behind = started
  jwks = await startHttpUpstream(async (_request, response) => {
    response.end((await createVisitor(behind.gate).ask('/_portillon/jwks.json')).body)
  })
  const valve = {
    keys: `dcc-2025=${folder}/secret, dcc-2026=${folder}/secret`,
    headers: Object.keys(HEADERS).join(' '),
    user: 'X-Remote-User',
  }
  const broken = (settings: Readonly<Record<string, string>>) => contextWith({ ...valve, ...settings })
  ;[tomcat, tomcat9] = await Promise.all([
    startTomcat({
      jars: [jar],
      context: contextWith({ ...valve, jwks: `${jwks.url}/jwks.json`, issuer: behind.gate.origin, audience: 'webdcr' }),
    }),
    startTomcat9([jar], {
      ROOT: contextWith(valve),
      'no-keys': broken({ keys: '' }),
      'no-file': broken({ keys: `x=${folder}/none` }),
      'open-file': broken({ keys: `x=${folder}/open-secret` }),
      'no-headers': contextWith({ keys: valve.keys, user: valve.user }),
      'no-user': contextWith({ keys: valve.keys, headers: valve.headers }),
      'unsigned-user': broken({ user: 'X-Other' }),
      'odd-encoding': broken({ encoding: 'utf-8' }),
      'no-issuer': broken({ jwks: 'https://dcc.example.test/_portillon/jwks.json' }),
      'plain-http': broken({ jwks: 'http://192.0.2.1/jwks.json', issuer: 'x', audience: 'y' }),
    }),
  ])
  gate = await startGate({ ...both, config, upstream: tomcat.url })
  visitor = createVisitor(gate)
  await signIn(gate, visitor, '/')
})
beforeEach(() => clock.set(Date.now()))
after(async () => {
  await gate.stop()
  await tomcat.stop()
  await tomcat9.stop()
  await jwks.stop()
  await behind.stop()
})

describe('an application behind the valve', () => {
  it('is told by getRemoteUser() who it is, and sees every request that comes through the gate', async () => {
    for (const path of ['/dcc', '/dcc?', '/dcc/%7Ea;x=1//b?q=%C3%A9+%25&empty=', '/public/a']) {
      const { body, status } = await visitor.page(path)
      assert.equal(status, 200, path)
      const { remoteUser, headers } = readProbe(body)
      assert.equal(remoteUser, PERSON.login, path)
      assert.ok(headers.some(([name]) => name === 'signature-input'))
    }
  })

  it('reads a name beyond ASCII, and one with `+` and `%`, as it is', async () => {
    const accented = createVisitor(gate)
    await signIn(gate, accented, '/', ACCENTED.login)
    assert.equal(readProbe((await accented.page('/dcc')).body).remoteUser, 'zoé+%')
  })

  it('is told of nobody on a public page', async () => {
    assert.equal(readProbe((await createVisitor(gate).page('/public/a')).body).remoteUser, null)
  })

  it('receives forms, and pages that answer later, once each', async () => {
    const form = { firstname: 'Zoé', lastname: 'Œuvrard & fils' }
    const answer = await visitor.ask('/examples/servlets/servlet/RequestParamExample', { form })
    assert.match(answer.body, /Œuvrard &amp; fils/)
    const dispatched = await visitor.page('/examples/async/async1')
    assert.equal(dispatched.status, 200)
    assert.match(dispatched.body, /Completed async request at/)
  })

  it('speaks WebSocket with who comes through the gate, and with nobody else', async () => {
    const path = '/examples/websocket/echoProgrammatic'
    const headers = { host: gate.host, origin: gate.origin, cookie: visitor.cookieHeader() }
    const socket = new WebSocket(`ws://127.0.0.1:${gate.port}${path}`, { headers })
    await once(socket, 'open')
    socket.send('Réunion de concertation')
    const [message] = (await once(socket, 'message')) as [Buffer]
    assert.equal(message.toString(), 'Réunion de concertation')
    socket.close()
    await once(socket, 'close')
    const [, refusal] = (await once(
      new WebSocket(`ws://127.0.0.1:${tomcat.port}${path}`, { headers }),
      'unexpected-response',
    )) as [unknown, { statusCode: number }]
    assert.equal(refusal.statusCode, 403)
  })
})

const START = 'GET /dcc/patient?id=1024&tab=rcp'

/** What somebody between the gate and the server could make of a request that they have seen, and why it is refused. */
const FORGERIES: Readonly<Record<string, readonly [forge: (bytes: string) => string, reason: RegExp]>> = {
  'with another path': [(bytes) => bytes.replace('/dcc/patient', '/dcc/patients'), /a wrong signature/],
  'with the same path in another spelling': [(bytes) => bytes.replace('/dcc/', '/%64cc/'), /a wrong signature/],
  'with another query': [(bytes) => bytes.replace('id=1024', 'id=1025'), /a wrong signature/],
  'without its query': [(bytes) => bytes.replace('?id=1024&tab=rcp', ''), /a wrong signature/],
  'with another method': [(bytes) => bytes.replace('GET ', 'DELETE '), /a wrong signature/],
  'for another host': [(bytes) => bytes.replace('dcc.example.test', 'other.example.test'), /a wrong signature/],
  'in the name of another user': [
    (bytes) => bytes.replace(/(x-remote-user): .*/i, '$1: a.modele'),
    /a wrong signature/,
  ],
  'in the name of two users': [
    (bytes) => bytes.replace(/(x-remote-user: .*)/i, '$1\r\nX-Remote-User: a.modele'),
    /a wrong signature/,
  ],
  'without one of the identity headers': [
    (bytes) => bytes.replace(/x-user-rpps: .*\r\n/i, ''),
    /x-user-rpps is signed and not there/,
  ],
  'with one of them emptied': [(bytes) => bytes.replace(/(x-user-rpps: ).*\r\n/i, '$1\r\n'), /a wrong signature/],
  'without the assertion': [
    (bytes) => bytes.replace(/x-portillon-assertion: .*\r\n/i, ''),
    /x-portillon-assertion is signed and not there/,
  ],
  'without its signature': [(bytes) => bytes.replace(/signature: .*\r\n/i, ''), /a Signature that cannot be read/],
  'without a word of signatures': [(bytes) => bytes.replace(/signature(?:-input)?: .*\r\n/gi, ''), /no signature/],
  'with less under its signature': [(bytes) => bytes.replace(' "x-remote-user"', ''), /x-remote-user is not signed/],
  'with a longer life': [(bytes) => bytes.replace(/;expires=\d+/, (text) => `${text}0`), /a wrong signature/],
  'with another nonce': [(bytes) => bytes.replace(/;nonce="../, ';nonce="00'), /a wrong signature/],
}

describe('H-16: a request that somebody has seen on its way', () => {
  for (const [what, [forge, reason]] of Object.entries(FORGERIES)) {
    it(`H-16: is refused ${what}, and taken as it was`, async () => {
      const genuine = await unspent(START)
      const forged = forge(genuine)
      assert.notEqual(forged, genuine)
      await assertRefused(forged, reason)
      const answer = await straight(genuine)
      assert.equal(answer.status, 200, answer.text)
      assert.equal(readProbe(answer.text).remoteUser, PERSON.login)
    })
  }

  it('H-16: is refused with the assertion of somebody else, whose own request it came with', async () => {
    const colleague = createVisitor(behind.gate)
    await signIn(behind.gate, colleague, '/', COLLEAGUE.login)
    const assertion =
      /x-portillon-assertion: (.*)\r\n/i.exec(await unspent(START, `Cookie: ${colleague.cookieHeader()}`))?.[1] ?? ''
    const forged = (await unspent(START)).replace(/(x-portillon-assertion: ).*/i, `$1${assertion}`)
    await assertRefused(forged, /a wrong signature/)
  })

  it('H-16: is refused when it comes a second time', async () => {
    const genuine = await unspent('POST /dcc/order')
    assert.equal((await straight(genuine)).status, 200)
    await assertRefused(genuine, /a request that was received before/)
    await assertRefused(genuine.replace(/^cookie: .*\r\n/im, ''), /a request that was received before/)
  })

  it('H-16: is refused five minutes later, even if nobody has seen it', async () => {
    clock.set(Date.now() - FIVE_MINUTES)
    const late = await unspent(START)
    await assertRefused(late, /a signature that has expired/)
    clock.set(Date.now() + FIVE_MINUTES)
    await assertRefused(await unspent(START), /a signature of the future/)
  })
})

describe('H-17: whoever reaches the port of the application without the gate', () => {
  const request = (path: string, ...headers: readonly string[]) =>
    [`GET ${path} HTTP/1.1`, `Host: ${behind.gate.host}`, 'Connection: close', ...headers, '', ''].join('\r\n')

  it('H-17: is refused everywhere, whatever is there', async () => {
    for (const path of ['/', '/public/a', '/admin', '/nowhere.png', '/examples/servlets/', '/examples/jsp/%2e/'])
      await assertRefused(request(path), /no signature/)
  })

  it('H-17: is refused with identity headers, with a true assertion, and with a signature of their own', async () => {
    const genuine = await unspent(START)
    const lines = genuine.split('\r\n').filter((line) => /^(?:x-|cookie)/i.test(line))
    assert.ok(lines.length >= 5)
    await assertRefused(request('/dcc', 'X-Remote-User: c.exemple', 'X-User-RPPS: 99900000003'), /no signature/)
    await assertRefused(request('/dcc', ...lines), /no signature/)
    const own = [
      'Signature-Input: a=("@method");keyid="x";alg="hmac-sha256";tag="portillon"',
      `Signature: a=:${'A'.repeat(43)}=:`,
    ]
    await assertRefused(request('/dcc', ...lines, ...own), /a key that is not known here/)
    await assertRefused(
      request('/dcc', ...lines, own[0]?.replace('"x"', '"dcc-2026"') ?? '', own[1] ?? ''),
      /@authority is not signed/,
    )
  })
})

describe('the same jar before Tomcat 9', () => {
  it('lets through what the gate signed, once, and says who it is', async () => {
    const genuine = await unspent('GET /page.txt?a=b')
    await assertRefused(genuine.replace('a=b', 'a=c'), /a wrong signature/, tomcat9)
    const answer = await straight(genuine, tomcat9)
    assert.deepEqual([answer.status, answer.text], [200, 'page of Tomcat 9\n'])
    await assertRefused(genuine, /a request that was received before/, tomcat9)
    assert.match(tomcat9.accessLog(), /^c\.exemple 200 GET \/page\.txt\?a=b HTTP\/1\.1$/m)
  })

  it('H-17: refuses whoever comes without the gate', async () => {
    await assertRefused(
      'GET /page.txt HTTP/1.1\r\nHost: x\r\nX-Remote-User: c.exemple\r\n\r\n',
      /no signature/,
      tomcat9,
    )
  })

  it('G-06: does not start an application with settings that are missing, doubtful or readable by others', () => {
    const log = tomcat9.log()
    for (const reason of [
      ...[/keys: name=file is expected/, /the secret .*none cannot be read/, /open-secret is open to others/],
      ...[/headers: name those of the site file/, /user or jwks: one of them/, /user: one of headers/],
      ...[/encoding: percent-utf8, utf8 or latin1/, /issuer and audience, with jwks/, /jwks: https, since/],
    ])
      assert.match(log, new RegExp(`LifecycleException: PortillonValve: .*${reason.source}`))
    assert.doesNotMatch(log, new RegExp(SECRET))
  })

  it('G-06: answers nothing where an application has not started', async () => {
    const genuine = await unspent('GET /no-keys/page.txt')
    assert.equal((await straight(genuine, tomcat9)).status, 404)
  })
})
