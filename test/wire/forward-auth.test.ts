import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { asNginx, asTraefik, startAskedGate, VISITOR_ADDRESS, type Asking } from '../kit/asking.ts'
import { AS_PAGE, assertDressed, verifyAssertion, type BehindGate } from '../kit/behind-gate.ts'
import { createManualClock } from '../kit/clock.ts'
import { PERSON } from '../kit/gate.ts'
import { FRONT_NAME } from '../kit/nginx-front.ts'
import { openRaw, type RawAnswer } from '../kit/raw-http.ts'
import { createVisitor, signIn } from '../kit/visitor.ts'

/** What a listed proxy hears when it asks about a visitor's request, to the byte. */

let behind: BehindGate

before(async () => {
  behind = await startAskedGate({ site: { hosts: [FRONT_NAME, 'dcc.other.example.test'] } })
})

after(() => behind.stop())

const IDENTITY = {
  'X-Remote-User': PERSON.login,
  'X-User-RPPS': '99900000003',
  'X-User-Name': 'Camille Exemple',
}

const assertAllows = (answer: RawAnswer): void => {
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.body.length, 0)
  assert.equal(answer.header('cache-control'), 'no-store')
  assert.equal(answer.header('x-portillon'), 'allowed')
  assert.deepEqual(answer.all('set-cookie'), [])
}

const assertIsPerson = async (answer: RawAnswer): Promise<void> => {
  assertAllows(answer)
  for (const [name, value] of Object.entries(IDENTITY)) assert.deepEqual(answer.all(name), [value], name)
  const claims = await verifyAssertion(behind.gate, answer.header('x-portillon-assertion'))
  assert.equal(claims['login'], PERSON.login)
}

const assertIsNobody = (answer: RawAnswer): void => {
  assertAllows(answer)
  for (const name of [...Object.keys(IDENTITY), 'X-Portillon-Assertion', 'Cookie'])
    assert.deepEqual(answer.all(name), [''], name)
}

const MANNERS: Readonly<Record<string, { ask: Asking; led: { page: number; form: number } }>> = {
  // nginx leaves the answer behind and redirects by itself; Traefik and Caddy hand it to the browser.
  nginx: { ask: asNginx, led: { page: 401, form: 401 } },
  Traefik: { ask: asTraefik, led: { page: 302, form: 303 } },
}

for (const [proxy, { ask, led }] of Object.entries(MANNERS)) {
  const asked = (...request: Parameters<Asking>) => behind.send(ask(...request))
  const askedSignedIn = (...[start, ...headers]: Parameters<Asking>) => asked(start, behind.signedIn, ...headers)

  describe(`asked in the manner of ${proxy}`, () => {
    it('says who somebody is who may pass: each header once, an assertion that verifies', async () => {
      await assertIsPerson(await askedSignedIn('GET /dcc/ui/patient.jsp?id=1024'))
      assert.equal(behind.arrived().length, 0, 'the application is not asked')
    })

    it('H-01: says nobody for a public page: every name is there, empty, to be written over the visitor’s', async () => {
      assertIsNobody(await asked('GET /public/a.css'))
    })

    it('H-18: gives the cookies back without its own, the application’s to the byte', async () => {
      const answer = await asked(
        'GET /dcc/',
        `Cookie: a=1; b="x y";c=; ${behind.visitor.cookieHeader()}`,
        'Cookie: d=é',
      )
      await assertIsPerson(answer)
      assert.deepEqual(answer.all('cookie'), ['a=1; b="x y";c=; d=é'])
    })

    it('leads somebody else’s page to the sign-in, on the public address, with the link sealed', async () => {
      const link = '/dcc/ui/patient.jsp?id=1024&q=a+b%20c%26d'
      const answer = await asked(`GET ${link}`, ...AS_PAGE)
      assert.equal(answer.status, led.page)
      assert.equal(answer.header('x-portillon'), 'sign-in-required')
      assertDressed(answer)
      const location = new URL(answer.header('location') ?? '')
      assert.equal(location.origin, behind.gate.origin)
      const visitor = createVisitor(behind.gate)
      const page = await visitor.page(`${location.pathname}${location.search}`)
      assert.equal(page.status, 200)
    })

    it('R-11: leads a form to the page that it was on, and says that the form is not kept', async () => {
      const answer = await asked('POST /dcc/save', ...AS_PAGE, 'Referer: https://dcc.example.test/dcc/form?id=1')
      assert.equal(answer.status, led.form)
      assert.equal(new URL(answer.header('location') ?? '').searchParams.get('why'), 'form')
    })

    it('R7: allows no press that sends a kept form again: its body is a token of the gate, who alone sends the form', async () => {
      const page = `Referer: ${behind.gate.origin}/_portillon/kept-form?form=${'x'.repeat(24)}`
      assert.equal((await askedSignedIn('POST /dcc/save', ...AS_PAGE, page)).status, 401)
      await assertIsPerson(await askedSignedIn('POST /dcc/save', ...AS_PAGE, page.replace('/_portillon', '/dcc')))
    })

    it('R8: answers a script with 401 and JSON, and leads it nowhere', async () => {
      const answer = await asked(
        'GET /dcc/data',
        'Accept: application/json',
        'Sec-Fetch-Mode: cors',
        'Sec-Fetch-Dest: empty',
      )
      assert.equal(answer.status, 401)
      assert.equal(answer.header('location'), undefined)
      const { error, signIn: address } = JSON.parse(answer.text) as { error: string; signIn: string }
      assert.deepEqual([error, address], ['sign-in-required', '/_portillon/sign-in'])
    })

    it('answers 403 to somebody who may not, with a reference, and the rule in the log', async () => {
      const { log } = behind.gate
      const seen = log.length
      const answer = await askedSignedIn('POST /closed/x?y=1', ...AS_PAGE)
      assert.equal(answer.status, 403)
      assertDressed(answer)
      const line = log.slice(seen).find(({ fields }) => fields['error'] === 'forbidden')
      const { detail, method, path, address, reference } = line?.fields ?? {}
      assert.deepEqual([detail, method, path, address], ['closed', 'POST', '/closed/x', VISITOR_ADDRESS])
      assert.ok(answer.text.includes(String(reference)))
    })

    it('offers the visitor’s own address to try again, never that of the question', async () => {
      const answer = await askedSignedIn('GET /closed/x?y=1', ...AS_PAGE)
      assert.match(answer.text, /href="\/closed\/x\?y=1"/)
      assert.doesNotMatch(answer.text, /authz/)
    })

    it('R34: leads to the host by which the visitor came, if the site has it, and never to another', async () => {
      const ways = [
        [FRONT_NAME, `https://${FRONT_NAME}/_portillon/`],
        [`${FRONT_NAME}:443`, `https://${FRONT_NAME}/_portillon/`],
        ['dcc.other.example.test', 'https://dcc.other.example.test/_portillon/'],
      ] as const
      for (const [host, expected] of ways) {
        const answer = await behind.send(ask('GET /dcc/', ...AS_PAGE).replaceAll(FRONT_NAME, host))
        assert.ok(answer.header('location')?.startsWith(expected), `${host}: ${answer.header('location')}`)
      }
    })

    it('answers about a HEAD with the body that a GET is owed', async () => {
      const answer = await askedSignedIn('HEAD /closed/x')
      assert.equal(answer.status, 403)
      assert.equal(answer.body.length, Number(answer.header('content-length')))
      assert.equal((await askedSignedIn('HEAD /dcc/')).status, 200)
    })

    const handshake = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Accept: */*']

    it('W-01: answers a handshake without a session with 401, never with a redirect', async () => {
      const answer = await asked('GET /dcc/ws', ...handshake, `Origin: ${behind.gate.origin}`)
      assert.equal(answer.status, 401)
      assert.equal(answer.header('location'), undefined)
    })

    it('W-03: answers a handshake of another origin with 403, whoever is signed in', async () => {
      for (const origin of [
        ['Origin: https://evil.example.test'],
        ['Origin: null'],
        ['Origin: http://dcc.example.test'],
        [],
      ])
        assert.equal((await askedSignedIn('GET /dcc/ws', ...handshake, ...origin)).status, 403, origin[0])
      for (const origin of [behind.gate.origin, 'https://partner.example.test'])
        await assertIsPerson(await askedSignedIn('GET /dcc/ws', ...handshake, `Origin: ${origin}`))
    })

    it('W-03: also where the proxy passes the Upgrade on, and the connection ends with the answer', async () => {
      const upgrade = [...handshake, 'Connection: Upgrade', 'Upgrade: websocket']
      assert.equal((await askedSignedIn('GET /dcc/ws', ...upgrade)).status, 403)
      const answer = await askedSignedIn('GET /dcc/ws', ...upgrade, `Origin: ${behind.gate.origin}`)
      await assertIsPerson(answer)
      assert.equal(answer.header('connection'), 'close')
    })

    it('R16: ends the session when the application’s own sign-out is asked for, and lets the application hear of it', async () => {
      const visitor = createVisitor(behind.gate)
      await signIn(behind.gate, visitor)
      const cookie = `Cookie: ${visitor.cookieHeader()}`
      assert.equal((await asked('GET /dcc/', cookie)).status, 200)
      await assertIsPerson(await asked('GET /dcc/logout', cookie))
      const next = await asked('GET /dcc/', cookie, ...AS_PAGE)
      assert.equal(next.status, led.page)
      assert.equal(new URL(next.header('location') ?? '').searchParams.get('why'), 'expired')
    })

    it('keeps the connection for the next question', async () => {
      const connection = await openRaw(behind.at)
      for (const status of [200, 403, 200]) {
        connection.write(ask(status === 200 ? 'GET /dcc/' : 'GET /closed/', behind.signedIn))
        assert.equal((await connection.answer()).status, status)
      }
      connection.destroy()
    })
  })
}

describe('activity', () => {
  it('R29: is what a question about a page is, and a question about background polling is not', async () => {
    const clock = createManualClock()
    const asked = await startAskedGate({ clock, site: { session: { idle: '30m', background: ['/dcc/poll'] } } })
    const statusOf = async (start: `${string} ${string}`): Promise<number> => {
      const { status } = await asked.send(asNginx(start, asked.signedIn))
      await asked.gate.settle()
      return status
    }
    try {
      for (let round = 0; round < 4; round += 1) {
        clock.advance('20m')
        assert.equal(await statusOf('GET /dcc/'), 200)
      }
      clock.advance('20m')
      assert.equal(await statusOf('GET /dcc/poll'), 200)
      clock.advance('20m')
      assert.equal(await statusOf('GET /dcc/poll'), 401)
    } finally {
      await asked.stop()
    }
  })
})
