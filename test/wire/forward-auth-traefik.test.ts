import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { QUESTION, startAskedGate } from '../kit/asking.ts'
import { throughTraefik, traefikSample } from '../kit/asking-traefik.ts'
import { AS_PAGE, verifyAssertion, type BehindGate } from '../kit/behind-gate.ts'
import { PERSON } from '../kit/gate.ts'
import { valuesOf, type HeaderLine } from '../kit/http-message.ts'
import { FRONT_NAME } from '../kit/nginx-front.ts'

/** The shipped sample for Traefik against a real gate, by what Traefik sends and what it does with the answer. */

let behind: BehindGate

before(async () => {
  behind = await startAskedGate({ site: { hosts: [FRONT_NAME] } })
})

after(() => behind.stop())

const ask = (start: `${string} ${string}`, ...headers: readonly string[]) =>
  throughTraefik(behind.at, FRONT_NAME, start, ...headers)
const askSignedIn = (start: `${string} ${string}`, ...headers: readonly string[]) =>
  ask(start, behind.signedIn, ...headers)

const IDENTITY = { 'X-Remote-User': PERSON.login, 'X-User-RPPS': '99900000003', 'X-User-Name': 'Camille Exemple' }

const assertIsPerson = async (forwarded: readonly HeaderLine[] | null): Promise<void> => {
  assert.ok(forwarded !== null)
  for (const [name, value] of Object.entries(IDENTITY)) assert.deepEqual(valuesOf(forwarded, name), [value])
  const [assertion, ...more] = valuesOf(forwarded, 'X-Portillon-Assertion')
  assert.deepEqual(more, [])
  assert.equal((await verifyAssertion(behind.gate, assertion))['login'], PERSON.login)
  assert.doesNotMatch(JSON.stringify(forwarded), /root|__Host-portillon/)
}

describe('the sample for Traefik', () => {
  const { routers, middlewares } = traefikSample.http
  const { forwardAuth } = middlewares['portillon-decides']

  it('H-11: never lets a visitor name the request, and shows the gate every header', () => {
    assert.equal(forwardAuth.trustForwardHeader, false)
    assert.equal(forwardAuth.authRequestHeaders, undefined)
    assert.deepEqual(routers.dcc.middlewares, ['portillon-strip', 'portillon-decides'])
    assert.ok(Object.values(middlewares['portillon-strip'].headers.customRequestHeaders).every((value) => value === ''))
  })

  it('R19: asks where the gate answers, and brings no visitor there', () => {
    assert.equal(new URL(forwardAuth.address).pathname, QUESTION)
    assert.match(routers.portillon.rule, /PathPrefix\(`\/_portillon\/`\) && !Path\(`\/_portillon\/authz`\)$/)
  })
})

describe('a request through Traefik', () => {
  it('reaches the application with who it is', async () => {
    await assertIsPerson((await askSignedIn('GET /dcc/ui/patient.jsp?id=1024')).forwarded)
  })

  it('H-18: with the application’s cookies and none of the gate’s', async () => {
    const { forwarded } = await ask('GET /dcc/', `${behind.signedIn}; JSESSIONID=1`)
    assert.deepEqual(valuesOf(forwarded ?? [], 'cookie'), ['JSESSIONID=1'])
  })

  it('H-01: with who it is and not who the visitor says it is; as nobody on a public page', async () => {
    const spoofs = [...Object.keys(IDENTITY), 'X-Portillon-Assertion'].flatMap((name) => [
      `${name}: root`,
      `${name.toLowerCase()}: root`,
    ])
    await assertIsPerson((await askSignedIn('GET /dcc/', ...spoofs)).forwarded)
    const { forwarded } = await ask('GET /public/a.css', ...spoofs)
    assert.ok(forwarded !== null)
    for (const name of [...Object.keys(IDENTITY), 'X-Portillon-Assertion'])
      assert.equal(valuesOf(forwarded, name).join(''), '', name)
  })

  it('H-03: not at all with a twin of such a name, which nobody would take out', async () => {
    for (const twin of ['X_Remote_User', 'X-Remote_User', 'X_Portillon_Assertion', 'X-Portillon-Login']) {
      const { answer, forwarded } = await askSignedIn('GET /dcc/', `${twin}: root`)
      assert.deepEqual([answer.status, forwarded], [400, null])
    }
  })

  it('H-11: judged by its own address and method, whatever the visitor names', async () => {
    for (const named of [
      ['X-Forwarded-Uri: /public/a.css', 'X-Forwarded-Method: GET', 'X-Forwarded-Host: evil.example.test'],
      ['X-Original-URI: /public/a.css', 'X-Original-Method: GET'],
      ['X-Original-URL: /public/a.css', 'X-Rewrite-URL: /public/a.css', 'X-HTTP-Method-Override: GET'],
    ]) {
      assert.equal((await ask('GET /dcc/', ...named, ...AS_PAGE)).answer.status, 302)
      const { forwarded } = await askSignedIn('POST /dcc/', ...named)
      await assertIsPerson(forwarded)
      const told = (forwarded ?? []).filter(([name]) => /^x-(?:original|rewrite|http-method)/i.test(name))
      assert.deepEqual(told, [])
    }
  })

  it('R34: of somebody else is led to the public address, not to the one where Traefik asks', async () => {
    const { answer, location, forwarded } = await ask('GET /dcc/?a=1', ...AS_PAGE)
    assert.deepEqual([answer.status, forwarded], [302, null])
    assert.ok(location?.startsWith(`https://${FRONT_NAME}/_portillon/sign-in?to=`), location)
  })

  it('P-12: for one of the gate’s own addresses ends there', async () => {
    for (const path of [QUESTION, '/_portillon/sign-in', '/_PORTILLON/sign-in'])
      assert.equal((await askSignedIn(`GET ${path}`)).answer.status, 404)
  })

  it('W-01, W-03: for a WebSocket needs a session and one of our origins', async () => {
    const upgrade = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-Websocket-Version: 13',
      'Sec-Websocket-Key: eA==',
    ]
    const ours = `Origin: https://${FRONT_NAME}`
    assert.equal((await ask('GET /dcc/ws', ...upgrade, ours)).answer.status, 401)
    assert.equal((await askSignedIn('GET /dcc/ws', ...upgrade, 'Origin: https://evil.example.test')).answer.status, 403)
    await assertIsPerson((await askSignedIn('GET /dcc/ws', ...upgrade, ours)).forwarded)
  })
})
