import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import {
  CALL,
  callEvents,
  callOf,
  callSite,
  claimsOf,
  click,
  follow,
  JEANNE,
  lastReason as reasonOf,
  makeHospital,
  open,
} from '../kit/calls.ts'
import { encode, jwksOf, makeIssuerKey, signHmac, signTexts, signToken } from '../kit/jws.ts'
import { PERSON } from '../kit/gate.ts'
import { COLLEAGUE, SESSION_COOKIE, useGate } from '../kit/use-gate.ts'
import { createVisitor, hiddenFields, type Answer } from '../kit/visitor.ts'

const chu = makeHospital('chu', '990000017')
const clinic = makeHospital('clinic', '990000025', { roles: ['clinic'], get: true }, 'RS256')
const trying = makeHospital('trying', '990000033', { test: true }, 'EdDSA')
const stopped = makeHospital('stopped', '990000041', { suspended: true })
const weak = makeHospital('weak', '990000058', { level: 1, users: 'either', targets: ['/dcc/rcp/**'] })

const PEOPLE = [
  PERSON,
  { ...COLLEAGUE, nationalId: '899900000011' },
  { ...PERSON, login: 'f.ferme', email: 'f@example.test', nationalId: '899900000029' },
]
/** A browser from before Fetch Metadata. */
const OLD = { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' }
const inUse = useGate(callSite([chu, clinic, trying, stopped, weak], { get: true }), PEOPLE)
const now = () => inUse.clock.now()

const isRefused = ({ status, body }: Answer): boolean =>
  status === 403 && body.includes('pas pu être ouvert depuis votre logiciel')

const events = (name: string) => callEvents(inUse.gate, name)
const lastReason = () => reasonOf(inUse.gate)

const refusedFor = async (token: string, reason: string): Promise<void> => {
  const visitor = createVisitor(inUse.gate)
  const answer = await open(visitor, token)
  assert.ok(isRefused(answer), `${answer.status} for ${reason}`)
  assert.equal(visitor.cookies.has(SESSION_COOKIE), false)
  assert.equal(lastReason(), reason)
}

const whoIs = (visitor: ReturnType<typeof createVisitor>) => visitor.page('/dcc/whoami')

describe('a call from a record system', () => {
  it('opens the record of the patient in a session of the user, with what was verified and nothing else', async () => {
    const { visitor } = inUse
    const answer = await open(visitor, callOf(chu, now()))
    assert.equal(answer.status, 303, answer.body)
    const { pathname, searchParams } = new URL(answer.location ?? '', inUse.gate.origin)
    const { ref, ...told } = Object.fromEntries(searchParams)
    assert.equal(pathname, '/dcc/patient')
    assert.deepEqual(told, {
      mode: 'contextuel',
      ins: JEANNE.ins.matricule,
      oid: JEANNE.ins.oid,
      nom: JEANNE.birth_name,
    })
    assert.equal(ref, events('call.opened').at(-1)?.['reference'])
    await whoIs(visitor)
    assert.equal(inUse.upstream.requests.at(-1)?.headers['x-remote-user'], PERSON.login)
  })

  it('leaves who, whose call, and a keyed digest of the patient in the trail, and no trait of the patient anywhere', async () => {
    await open(inUse.visitor, callOf(chu, now()))
    const [accepted = {}, opened = {}] = [events('call.accepted').at(-1), events('call.opened').at(-1)]
    assert.match(String(accepted['detail']), /^chu patient:[\w-]{22}$/)
    assert.equal(opened['detail'], accepted['detail'])
    assert.equal(opened['login'], PERSON.login)
    assert.equal(opened['reference'], accepted['reference'])
    const log = JSON.stringify(inUse.gate.log)
    for (const secret of [JEANNE.ins.matricule, JEANNE.birth_name, JEANNE.birth_date, JEANNE.local_id])
      assert.equal(log.includes(secret), false, secret)
  })

  it('X-01: opens one session, used again and 50 times at once', async () => {
    const token = callOf(chu, now())
    const answers = await Promise.all(Array.from({ length: 50 }, () => open(createVisitor(inUse.gate), token)))
    assert.equal(answers.filter(({ status }) => status === 303).length, 1)
    assert.equal(answers.filter(isRefused).length, 49)
    await refusedFor(token, 'used')
  })

  it('X-01: an address on the way opens nothing a second time, and nothing in another browser', async () => {
    const first = createVisitor(inUse.gate)
    const away = await click(first, callOf(chu, now()))
    const stranger = await createVisitor(inUse.gate).page(away.location ?? '')
    assert.equal(stranger.status, 403)
    assert.match(stranger.body, /refuse les cookies/)
    assert.equal((await follow(first, away)).location?.startsWith('/dcc/patient'), true)
    assert.equal((await first.page(away.location ?? '')).status, 410)
  })

  it('X-02: HEAD, prefetch and a scanner use nothing up; the real click works', async () => {
    const token = callOf(clinic, now(), { sub: '899900000099' })
    const address = `${CALL}?token=${token}`
    const scanner = createVisitor(inUse.gate)
    assert.equal((await scanner.ask(address, { method: 'HEAD' })).status, 200)
    for (const headers of [
      { 'sec-purpose': 'prefetch' },
      { 'sec-purpose': 'prefetch;prerender' },
      { purpose: 'prefetch' },
    ])
      assert.equal((await scanner.page(address, headers)).status, 403)
    const looked = await scanner.ask(address, { headers: { accept: 'text/html', 'user-agent': 'link scanner' } })
    assert.equal(looked.status, 200)
    assert.match(looked.body, /Appuyez sur le bouton/)
    assert.equal(events('call.accepted').length + events('call.refused').length > 0, true)
    const before = events('call.accepted').length
    const clicked = await follow(inUse.visitor, await inUse.visitor.page(address, { 'sec-fetch-site': 'cross-site' }))
    assert.equal(events('call.accepted').length, before + 1)
    // Nobody has this number: it was judged, and for the first time.
    assert.ok(isRefused(clicked))
    assert.equal(lastReason(), 'user-unknown')
  })

  it('X-02: a browser that says nothing of itself gets a button, and the button works', async () => {
    const { visitor } = inUse
    const token = callOf(chu, now())
    const page = await visitor.ask(CALL, { body: `token=${token}`, headers: OLD })
    assert.equal(page.status, 200)
    const form = hiddenFields(page.body, `${CALL}/press`)
    assert.deepEqual([form['token'], form['via']], [token, 'POST'])
    const pressed = await follow(visitor, await visitor.ask(`${CALL}/press`, { form }))
    assert.equal(pressed.location?.startsWith('/dcc/patient'), true, pressed.body)
  })

  it('X-03: is refused without an end, ending in ten years, from the future, expired or old, and the trail names the clock', async () => {
    const second = Math.floor(now() / 1_000)
    await refusedFor(callOf(chu, now(), { exp: undefined }), 'expiry-missing')
    await refusedFor(callOf(chu, now(), { exp: second + 315_360_000 }), 'lives-too-long')
    await refusedFor(callOf(chu, now(), { iat: second + 300, exp: second + 360 }), 'issued-in-future')
    await refusedFor(callOf(chu, now(), { iat: second - 60, exp: second - 6 }), 'expired')
    await refusedFor(callOf(chu, now(), { iat: second - 300, exp: second - 200 }), 'expired')
    await refusedFor(callOf(chu, now(), { iat: second - 300, exp: second - 180 }), 'expired')
    assert.equal((await open(inUse.visitor, callOf(chu, now(), { iat: second - 60, exp: second - 4 }))).status, 303)
  })

  it('X-05: is refused under the key of another establishment, by its own name or the other one, and without one', async () => {
    await refusedFor(signToken(clinic.key, claimsOf(chu, now())), 'algorithm-refused')
    const other = makeIssuerKey('ES256', 'chu-2026')
    await refusedFor(signToken(other, claimsOf(chu, now())), 'signature-wrong')
    await refusedFor(signToken({ ...chu.key, kid: 'clinic-2026' }, claimsOf(chu, now())), 'key-unknown')
    await refusedFor(callOf({ ...chu, finess: '990000090' }, now()), 'partner-unknown')
    await refusedFor(callOf(stopped, now()), 'partner-suspended')
  })

  it('X-05, J-09: an establishment exchanges its key without a restart of the gate', async () => {
    const next = makeIssuerKey('ES256', 'chu-2027')
    writeFileSync(chu.file, jwksOf(next))
    inUse.clock.advance('6s')
    await refusedFor(callOf(chu, now()), 'key-unknown')
    assert.equal((await open(inUse.visitor, signToken(next, claimsOf(chu, now())))).status, 303)
    writeFileSync(chu.file, jwksOf(chu.key))
    inUse.clock.advance('6s')
    assert.equal((await open(createVisitor(inUse.gate), callOf(chu, now()))).status, 303)
  })

  it('J-05: none, HMAC under the public key, keys of the token itself and unknown crit are refused', async () => {
    const claims = claimsOf(chu, now())
    const none = `${encode('{"alg":"none"}')}.${encode(JSON.stringify(claims))}.`
    await refusedFor(none, 'not-compact')
    await refusedFor(`${none}${encode('x')}`, 'algorithm-refused')
    await refusedFor(signHmac(jwksOf(chu.key), claims, { kid: chu.key.kid }), 'algorithm-refused')
    const stranger = makeIssuerKey('ES256', chu.key.kid)
    for (const header of [
      { jwk: stranger.publicJwk },
      { jku: 'https://evil.example.test' },
      { crit: ['x'], x: 1 },
      { b64: false },
    ])
      await refusedFor(signToken(stranger, claims, header), 'header-refused')
  })

  it('J-06: audience, issuer, subject, id and names that stand twice are refused unless exactly right', async () => {
    await refusedFor(callOf(chu, now(), { aud: 'https://dcc.example.test/' }), 'audience-wrong')
    await refusedFor(
      callOf(chu, now(), { aud: ['https://dcc.example.test', 'https://other.example.test'] }),
      'audience-wrong',
    )
    await refusedFor(callOf(chu, now(), { sub: '' }), 'subject-missing')
    await refusedFor(callOf(chu, now(), { sub: 7 }), 'subject-missing')
    await refusedFor(callOf(chu, now(), { jti: undefined }), 'id-missing')
    await refusedFor(callOf(chu, now(), { jti: 'short' }), 'claims-invalid jti')
    const text = JSON.stringify(claimsOf(chu, now()))
    const twice = `${text.slice(0, -1)},"sub":"899900000011"}`
    const header = JSON.stringify({ alg: 'ES256', kid: chu.key.kid })
    // A token whose claims cannot be read has no issuer that could be asked.
    await refusedFor(signTexts(chu.key, header, twice), 'duplicate-name')
  })

  it('refuses every claim that the schema does not know, and says which in the trail', async () => {
    await refusedFor(callOf(chu, now(), { role: 'admin' }), 'claims-invalid role')
    await refusedFor(callOf(chu, now(), { patient: { ...JEANNE, nir: '1' } }), 'claims-invalid patient.nir')
    await refusedFor(
      callOf(chu, now(), { patient: { ...JEANNE, birth_date: '01/02/1950' } }),
      'claims-invalid patient.birth_date',
    )
    await refusedFor(callOf(chu, now(), { '<b>\u0000': 1 }), 'claims-invalid ?b??')
  })

  it('takes an INS for a qualified identity alone, with a right key, and one of tests from nobody who is past them', async () => {
    const wrongKey = { ...JEANNE, ins: { ...JEANNE.ins, matricule: '250029912345671' } }
    await refusedFor(callOf(chu, now(), { patient: { ...JEANNE, status: 'PROV' } }), 'ins-without-qualification')
    await refusedFor(callOf(chu, now(), { patient: wrongKey }), 'claims-invalid patient.ins.matricule')
    const ofTests = { ...JEANNE, ins: { ...JEANNE.ins, oid: '1.2.250.1.213.1.4.10' } }
    await refusedFor(callOf(chu, now(), { patient: ofTests }), 'ins-of-tests')
    assert.equal((await open(inUse.visitor, callOf(trying, now(), { patient: ofTests }))).status, 303)
    await refusedFor(callOf(chu, now(), { patient: undefined }), 'patient-missing')
  })

  it('asks of the establishment what it has committed itself to: how and when its user signed in', async () => {
    await refusedFor(callOf(chu, now(), { amr: ['pwd'] }), 'caller-too-weak')
    const second = Math.floor(now() / 1_000)
    await refusedFor(callOf(chu, now(), { auth_time: second - 13 * 3_600 }), 'caller-too-long-ago')
    await refusedFor(callOf(chu, now(), { auth_time: second + 600 }), 'caller-too-long-ago')
    await refusedFor(callOf(chu, now(), { sub_kind: 'local-id' }), 'user-kind-refused')
  })

  it('opens pages that were agreed upon, and no others', async () => {
    const agreed = await open(inUse.visitor, callOf(weak, now(), { target: '/dcc/rcp/new' }))
    assert.equal(agreed.location?.startsWith('/dcc/rcp/new?'), true)
    for (const target of [
      '/dcc/admin',
      '/dcc/rcp/../admin',
      '/dcc/rcp/%2e%2e/admin',
      '/_portillon/sign-out',
      '/dcc/rcp//x',
    ])
      await refusedFor(callOf(weak, now(), { target }), 'target-refused')
    for (const target of ['//evil.example.test/x', 'https://evil.example.test', '/dcc/rcp/\u0000'])
      await refusedFor(callOf(weak, now(), { target }), 'claims-invalid target')
    await refusedFor(callOf(chu, now(), { target: '/dcc/rcp/new' }), 'target-refused')
  })

  it('X-07: opens nothing for a picture, a frame, a script or a form in a frame of a page of another site', async () => {
    const token = callOf(clinic, now())
    const embedded = [
      { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
      { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
      { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
      { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'object' },
    ]
    for (const headers of embedded) {
      const visitor = createVisitor(inUse.gate)
      assert.equal((await click(visitor, token, headers)).status, 403)
      assert.equal((await visitor.page(`${CALL}?token=${token}`, headers)).status, 403)
      assert.equal(visitor.cookies.size, 0)
    }
  })

  it('X-09: unknown user, closed account, user of another establishment and unknown establishment read one page', async () => {
    const tokens = [
      callOf(chu, now(), { sub: '899900000099' }),
      callOf(chu, now(), { sub: '899900000029' }),
      callOf(clinic, now()),
      callOf({ ...chu, finess: '990000090' }, now()),
      callOf(stopped, now()),
      'x.y.z',
    ]
    await inUse.gate.app.database.db
      .updateTable('accounts')
      .set({ disabled_at: 1 })
      .where('login', '=', 'f.ferme')
      .execute()
    const bodies: string[] = []
    const reasons: string[] = []
    for (const token of tokens) {
      const answer = await open(createVisitor(inUse.gate), token)
      assert.ok(isRefused(answer), String(answer.status))
      bodies.push(answer.body.replaceAll(/[A-Z0-9]{6}-[A-Z0-9]{5}/g, 'REFERENCE'))
      reasons.push(lastReason())
    }
    assert.equal(new Set(bodies).size, 1)
    assert.deepEqual(reasons, [
      ...[
        'user-unknown',
        'user-disabled',
        'user-not-of-partner',
        'partner-unknown',
        'partner-suspended',
        'not-compact',
      ],
    ])
  })

  it('tells a partner under integration what is wrong, and nobody else', async () => {
    const told = await open(
      createVisitor(inUse.gate),
      callOf(trying, now(), { amr: ['pwd'], patient: { ...JEANNE, nir: '1' } }),
    )
    assert.match(told.body, /claims-invalid/)
    assert.match(told.body, /patient\.nir/)
    const stranger = await open(createVisitor(inUse.gate), callOf(chu, now(), { role: 'admin' }))
    assert.doesNotMatch(stranger.body, /claims-invalid|admin/)
    const forged = await open(
      createVisitor(inUse.gate),
      signToken(makeIssuerKey('EdDSA', 'trying-2026'), claimsOf(trying, now())),
    )
    assert.match(forged.body, /signature-wrong/)
  })

  it('X-10: the token is in no address that the browser goes on to, in no log and in no cookie', async () => {
    const { visitor } = inUse
    const token = callOf(clinic, now())
    const [, , signature = ''] = token.split('.')
    const away = await visitor.page(`${CALL}?token=${token}`, { 'sec-fetch-site': 'cross-site' })
    assert.equal(away.status, 303)
    assert.match(away.location ?? '', /^\/_portillon\/contextual-call\/open\?call=[a-p]{32}$/)
    assert.equal(away.headers['referrer-policy'], 'same-origin')
    assert.equal(away.headers['cache-control'], 'no-store')
    const opened = await follow(visitor, away)
    assert.equal(JSON.stringify([opened.location, opened.headers, away.headers]).includes(signature), false)
    assert.equal(JSON.stringify(inUse.gate.log).includes(signature), false)
  })

  it('X-11: hostile values arrive encoded for their place or not at all', async () => {
    const hostile = { ...JEANNE, birth_name: `D'ÉPÉE "&x=1;../%0d%0a#?+ é` }
    const { location = '' } = await open(inUse.visitor, callOf(chu, now(), { patient: hostile }))
    assert.match(location, /^\/dcc\/patient\?mode=contextuel&ins=\d+&oid=[\d.]+&nom=[A-Za-z0-9%._~-]+&ref=[A-Z0-9-]+$/)
    assert.equal(new URL(location, 'https://x.test').searchParams.get('nom'), hostile.birth_name)
    for (const birth_name of ['<script>', 'A\r\nSet-Cookie: x=1', 'A\u202eB', '', 'x'.repeat(5_000), 'x'.repeat(101)])
      await refusedFor(callOf(chu, now(), { patient: { ...JEANNE, birth_name } }), 'claims-invalid patient.birth_name')
  })

  it('J-11: gives a session no more level than the establishment is worth', async () => {
    await open(inUse.visitor, callOf(weak, now()))
    await whoIs(inUse.visitor)
    assert.equal(events('session.started').at(-1)?.['detail'], 'level 1')
    await open(createVisitor(inUse.gate), callOf(chu, now()))
    assert.equal(events('session.started').at(-1)?.['detail'], 'level 2')
  })
})
