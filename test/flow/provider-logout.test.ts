import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { PERSON, startGate, type Gate } from '../kit/gate.ts'
import { startPostgres, type PostgresServer } from '../kit/postgres.ts'
import { eventsOf, goToProvider, pscSite, SECRET } from '../kit/provider-gate.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'
import { CAMILLE, CLIENT_ID, startScriptedProvider, type ScriptedProvider } from '../kit/scripted-provider.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { createVisitor, hiddenFields, PREFIX, type Answer, type Visitor } from '../kit/visitor.ts'

const EVENT = { 'http://schemas.openid.net/event/backchannel-logout': {} }
const BACK_CHANNEL = `${PREFIX}/pro-sante-connect/back-channel-logout`

let redis: RedisServer
let postgres: PostgresServer
let upstream: HttpUpstream
let provider: ScriptedProvider
let one: Gate
let two: Gate
let sessions = 0
const keys = createTempFolder('keys')

const startNode = (people: readonly (typeof PERSON)[]): Promise<Gate> =>
  startGate({
    upstream: upstream.url,
    people,
    site: pscSite(provider.issuer),
    providers: { 'pro-sante-connect': SECRET },
    settings: { databaseUrl: postgres.url },
    config: { store: { redis: redis.url, prefix: 'test:' }, keys: `${keys.path}/keys` },
  })

before(async () => {
  ;[redis, postgres, upstream, provider] = await Promise.all([
    startRedis(),
    startPostgres(),
    startHttpUpstream(),
    startScriptedProvider(),
  ])
  one = await startNode([PERSON])
  two = await startNode([])
})
after(async () => {
  await Promise.all([one.stop(), two.stop()])
  await Promise.all([redis.stop(), postgres.stop(), upstream.stop(), provider.stop()])
  keys[Symbol.dispose]()
})
beforeEach(() => provider.says({}))

/** Somebody signed in at one node, by a session of their own at the provider. */
const signedIn = async (): Promise<{ visitor: Visitor; sid: string }> => {
  sessions += 1
  const sid = `session-${sessions}`
  provider.says({ claims: { sid } })
  const visitor = createVisitor(one)
  const back = provider.answerTo((await goToProvider(visitor)).location ?? '')
  assert.equal((await visitor.page(back)).location, '/dcc/')
  return { visitor, sid }
}

const isIn = async (visitor: Visitor, gate = one): Promise<boolean> => {
  const at = createVisitor(gate)
  for (const [name, value] of visitor.cookies) at.cookies.set(name, value)
  return (await at.page('/dcc/')).status === 200
}

const claims = (fields: Readonly<Record<string, unknown>>) => ({
  iss: provider.issuer,
  aud: CLIENT_ID,
  iat: Math.floor(Date.now() / 1_000),
  exp: Math.floor(Date.now() / 1_000) + 120,
  jti: `jti-${(sessions += 1)}`,
  events: EVENT,
  ...fields,
})

/** The provider tells a node, as it does: a POST of a server, without cookies, without an Origin. */
const send = (gate: Gate, token: string): Promise<Answer> =>
  createVisitor(gate).ask(BACK_CHANNEL, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ logout_token: token }).toString(),
  })

const tell = async (gate: Gate, fields: Readonly<Record<string, unknown>>, header: object = {}): Promise<Answer> =>
  send(gate, await provider.sign(claims(fields), header as Record<string, unknown>))

describe('J-14: the provider says that a session of its own has ended', () => {
  it('J-14: by its `sid`, told to one node: that session ends on all nodes, and no other', async () => {
    const [left, stays] = [await signedIn(), await signedIn()]
    assert.deepEqual([await isIn(left.visitor), await isIn(left.visitor, two)], [true, true])
    const answer = await tell(two, { sid: left.sid, sub: CAMILLE.sub }, { typ: 'logout+jwt' })
    assert.deepEqual([answer.status, answer.headers['cache-control']], [200, 'no-store'])
    assert.deepEqual([await isIn(left.visitor), await isIn(left.visitor, two)], [false, false])
    assert.equal(await isIn(stays.visitor), true)
    const event = eventsOf(two).at(-1)
    assert.deepEqual(
      [event?.event, event?.login, event?.detail],
      ['session.ended-at-provider', PERSON.login, provider.issuer],
    )
    const page = await left.visitor.page((await left.visitor.page('/dcc/')).location ?? '')
    assert.match(page.body, /fermée chez votre fournisseur/)
  })

  it('J-14: by its `sub` alone: every session of that person ends', async () => {
    const both = [await signedIn(), await signedIn()]
    assert.equal((await tell(one, { sub: CAMILLE.sub })).status, 200)
    for (const { visitor } of both) assert.equal(await isIn(visitor, two), false)
  })

  it('J-14: an unknown session has ended already: nothing happens, and that is said to be right', async () => {
    const { visitor } = await signedIn()
    assert.equal((await tell(one, { sid: 'nobody-knows' })).status, 200)
    assert.equal(await isIn(visitor), true)
  })

  it('J-14: what is no logout token ends nothing: no event, a nonce, the wrong type, too old, for another, of nobody', async () => {
    const { visitor, sid } = await signedIn()
    const past = Math.floor(Date.now() / 1_000) - 400
    const wrong: readonly (readonly [Readonly<Record<string, unknown>>, object])[] = [
      [{ sid, events: undefined }, {}],
      [{ sid, events: {} }, {}],
      [{ sid, events: ['http://schemas.openid.net/event/backchannel-logout'] }, {}],
      [{ sid, events: { 'http://schemas.openid.net/event/backchannel-logout': true } }, {}],
      [{ sid, nonce: 'n' }, {}],
      [{ sid, iat: past }, {}],
      [{ sid, iat: past, exp: undefined }, {}],
      [{ sid, iat: past, exp: past + 60 }, {}],
      [{ sid, jti: undefined }, {}],
      [{ sid, jti: '' }, {}],
      [{ sid, aud: 'another' }, {}],
      [{ sid, iss: 'https://evil.example.test' }, {}],
      [{ sid: undefined, sub: undefined }, {}],
      [{ sid: 7 }, {}],
      [{ sid }, { typ: 'at+jwt' }],
      [{ sid }, { alg: 'RS256', crit: ['exp'], exp: 1 }],
    ]
    for (const [fields, header] of wrong) {
      const status = await tell(one, fields, header).then(
        ({ status }) => status,
        // What no honest signer signs.
        () => 400,
      )
      assert.equal(status, 400, JSON.stringify([fields, header]))
    }
    for (const token of ['', 'a.b.c', 'x'.repeat(20_000)]) assert.equal((await send(one, token)).status, 400)
    assert.equal(await isIn(visitor), true)
    assert.match(eventsOf(one).findLast(({ event }) => event === 'provider.logout-refused')?.detail ?? '', / http/)
  })

  it('J-14: the ID token of a sign-in is no logout token', async () => {
    let idToken = ''
    const visitor = createVisitor(one)
    provider.says({ idToken: (made) => (idToken = made) })
    await visitor.page(provider.answerTo((await goToProvider(visitor)).location ?? ''))
    assert.equal((await send(one, idToken)).status, 400)
    assert.equal(await isIn(visitor), true)
  })

  it('J-14: the same token twice serves once, on all nodes', async () => {
    const { sid } = await signedIn()
    const token = await provider.sign(claims({ sid }))
    const statuses = await Promise.all([one, two, one, two].map(async (gate) => (await send(gate, token)).status))
    assert.deepEqual(statuses.sort(), [200, 400, 400, 400])
  })

  it('J-14: of a flood only so many are looked at', async () => {
    const token = await provider.sign(claims({ sid: 'x', events: {} }))
    const statuses = await Promise.all(Array.from({ length: 300 }, async () => (await send(one, token)).status))
    assert.ok(statuses.includes(429))
    assert.ok(statuses.every((status) => status === 429 || status === 400))
  })

  it('J-14: is a POST of a form and nothing else', async () => {
    const visitor = createVisitor(one)
    assert.equal((await visitor.page(`${BACK_CHANNEL}?logout_token=a.b.c`)).status, 405)
  })
})

const signOut = async (visitor: Visitor): Promise<{ page: Answer; left: Answer }> => {
  const page = await visitor.page(`${PREFIX}/sign-out`)
  const form = hiddenFields(page.body, `${PREFIX}/sign-out`)
  return { page, left: await visitor.ask(`${PREFIX}/sign-out`, { form }) }
}

describe('J-15: signing out at the provider too', () => {
  it('J-15: ends here first, then leads there with a hint, and back to a fixed address', async () => {
    let idToken = ''
    const visitor = createVisitor(one)
    provider.says({ idToken: (made) => (idToken = made) })
    await visitor.page(provider.answerTo((await goToProvider(visitor)).location ?? ''))
    const before = new Map(visitor.cookies)
    const { page, left } = await signOut(visitor)
    const origin = new URL(provider.issuer).origin
    assert.match(String(page.headers['content-security-policy']), new RegExp(`form-action 'self' ${origin};`))
    const there = new URL(left.location ?? '')
    assert.equal(`${there.origin}${there.pathname}`, `${provider.issuer}/protocol/openid-connect/logout`)
    assert.equal(there.searchParams.get('id_token_hint'), idToken)
    assert.equal(
      there.searchParams.get('post_logout_redirect_uri'),
      `${one.origin}${PREFIX}/pro-sante-connect/signed-out`,
    )
    const thief = createVisitor(two)
    for (const [name, value] of before) thief.cookies.set(name, value)
    assert.equal((await thief.page('/dcc/')).status, 302)
    const state = there.searchParams.get('state') ?? ''
    const back = await visitor.page(`${PREFIX}/pro-sante-connect/signed-out?state=${state}`)
    assert.match(back.body, /Votre session Pro Santé Connect est fermée, elle aussi/)
  })

  it('J-15: without the state, with another, or in another browser, nothing is claimed of the provider', async () => {
    const { visitor } = await signedIn()
    const { left } = await signOut(visitor)
    const state = new URL(left.location ?? '').searchParams.get('state') ?? ''
    const address = `${PREFIX}/pro-sante-connect/signed-out`
    for (const by of [address, `${address}?state=`, `${address}?state=${'A'.repeat(32)}`])
      assert.doesNotMatch((await visitor.page(by)).body, /est fermée, elle aussi/)
    assert.doesNotMatch((await createVisitor(one).page(`${address}?state=${state}`)).body, /est fermée, elle aussi/)
  })

  it('J-15: while the provider is down the session here ends all the same, and the page says what may be left', async () => {
    const { visitor } = await signedIn()
    await provider.stop()
    try {
      for (let round = 0; round < 3; round += 1) {
        const other = createVisitor(one)
        const sent = await goToProvider(other)
        await other.page(provider.answerTo(sent.location ?? ''))
      }
      const { left } = await signOut(visitor)
      assert.equal(left.location, `${PREFIX}/signed-out`)
      assert.equal(await isIn(visitor), false)
      const page = await visitor.page(left.location)
      assert.match(page.body, /Pro Santé Connect ne répond pas/)
      assert.match(page.body, /peut-être encore ouverte/)
    } finally {
      await provider.start()
    }
  })

  it('J-15: a link of a stranger signs nobody out, here or there', async () => {
    const gate = await startNode([])
    try {
      const visitor = createVisitor(gate)
      await visitor.page(provider.answerTo((await goToProvider(visitor)).location ?? ''))
      const answer = await visitor.page(`${PREFIX}/pro-sante-connect/sign-out`)
      assert.equal(answer.location, `${PREFIX}/sign-out`)
      assert.equal((await visitor.page('/dcc/')).status, 200)
    } finally {
      await gate.stop()
    }
  })
})
