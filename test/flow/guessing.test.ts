import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Fault } from '../../src/lib/errors.ts'
import { createWaits } from '../../src/sign-in/waits.ts'
import type { Visitor } from '../../src/sign-in/visitor.ts'
import { account, createSignInKit, PASSWORD, type SignInKit } from '../kit/sign-in.ts'

const TARGET = { path: '/dcc/', restarts: 0 }
const LOGIN = 'c.exemple'

/** What became of one try at the first page. */
const tryIn = async (
  kit: SignInKit,
  { password = 'faux', login = LOGIN, ...who }: Partial<Visitor> & { password?: string; login?: string },
): Promise<string> => {
  const given = { login, password, way: 'mailed-code' }
  const started = await kit.flow.start(kit.at, kit.visitor(who), given, TARGET)
  if (started.ok) return 'accepted'
  return started.reason.reason === 'throttled' ? started.reason.because : started.reason.reason
}

/** A browser in which that person has signed in before. */
const knownBrowser = (kit: SignInKit, login = LOGIN): Partial<Visitor> => ({
  address: '198.51.100.7',
  browser: `known-${login}`,
  shown: kit.knownBrowsers.remember(undefined, { realm: kit.at.realm, login }),
})

const right = { password: PASSWORD }
/** Somebody whose address is another one each time. */
const stranger = (round: number): Partial<Visitor> => ({
  address: `203.0.${round % 250}.${Math.floor(round / 250) + 1}`,
  browser: `stranger-${round}`,
})

/** Signs in to the end. */
const signIn = async (kit: SignInKit, who: Partial<Visitor> & { login?: string } = {}): Promise<void> => {
  const { login = LOGIN, ...visitor } = who
  const at = kit.visitor(visitor)
  const started = await kit.flow.start(kit.at, at, { login, password: PASSWORD, way: 'mailed-code' }, TARGET)
  assert.ok(started.ok, JSON.stringify(started))
  const underWay = (await kit.flow.find(kit.at, at, started.value.handle)) ?? assert.fail()
  const answered = await kit.flow.answer(kit.at, at, underWay, kit.mails.at(-1)?.code ?? '')
  assert.ok(answered.ok, JSON.stringify(answered))
}

/** Fails so often from everywhere that the account is closed to strangers, as slowly as its waits want it. */
const closeToStrangers = async (kit: SignInKit, login = LOGIN): Promise<number> => {
  let judged = 0
  for (let round = 0; round < 300; round += 1) {
    const outcome = await tryIn(kit, { login, ...stranger(round) })
    if (outcome === 'run') return judged
    if (outcome === 'refused') judged += 1
    kit.clock.advance('16m')
  }
  return assert.fail('it was never closed')
}

describe('guessing one account', () => {
  it('C-04: waits grow with every try, from one place and from many', async () => {
    for (const [free, who] of [
      [6, () => stranger(1)],
      [21, stranger],
    ] as const) {
      const kit = createSignInKit()
      const waits: number[] = []
      for (let round = 0; round < free + 6; round += 1) {
        const given = { login: LOGIN, password: 'faux', way: 'mailed-code' }
        let started = await kit.flow.start(kit.at, kit.visitor(who(round)), given, TARGET)
        if (!started.ok && started.reason.reason === 'throttled') {
          waits.push(started.reason.wait)
          kit.clock.advance(started.reason.wait)
          started = await kit.flow.start(kit.at, kit.visitor(who(round)), given, TARGET)
        }
        assert.deepEqual(started, { ok: false, reason: { reason: 'refused' } })
      }
      assert.equal(waits.length, 6)
      for (const [at, wait] of waits.slice(1).entries()) {
        assert.ok(wait === 2 * (waits[at] ?? 0) || wait === 15 * 60_000, waits.join(' '))
      }
    }
  })

  it('C-04: of a name that exists or not, a hundred wrong passwords in a row are judged and no more, however slowly they come', async () => {
    for (const login of [LOGIN, 'n.existe']) {
      const kit = createSignInKit()
      assert.equal(await closeToStrangers(kit, login), 100)
      assert.equal(kit.hashes(), 100)
      kit.clock.advance('6d')
      assert.equal(await tryIn(kit, { login, ...stranger(900), ...right }), 'run')
    }
  })

  it('C-04: a sign-in that succeeds begins the count anew', async () => {
    const kit = createSignInKit()
    for (let round = 0; round < 300; round += 1) {
      if (round % 40 === 39) await signIn(kit, knownBrowser(kit))
      assert.notEqual(await tryIn(kit, stranger(round)), 'run')
      kit.clock.advance('16m')
    }
  })

  it('C-05: whatever strangers do, the owner comes in by a browser that has signed in before', async () => {
    const kit = createSignInKit()
    await closeToStrangers(kit)
    assert.equal(await tryIn(kit, { ...stranger(901), ...right }), 'run')
    assert.equal(await tryIn(kit, { ...knownBrowser(kit), shown: 'x'.repeat(60), ...right }), 'run')
    assert.equal(await tryIn(kit, { ...knownBrowser(kit, 'somebody.else'), ...right }), 'run')
    await signIn(kit, knownBrowser(kit))
  })

  it('C-05: a known browser that is stolen has a small budget of its own, and then counts like any other', async () => {
    const kit = createSignInKit()
    const stolen = knownBrowser(kit)
    const seen: string[] = []
    for (let round = 0; round < 60; round += 1) {
      seen.push(await tryIn(kit, { ...stolen, address: stranger(round).address }))
      kit.clock.advance('16m')
    }
    assert.equal(seen.slice(0, 20).filter((outcome) => outcome === 'refused').length, 20)
    await closeToStrangers(kit)
    assert.equal(await tryIn(kit, { ...stolen, ...right }), 'run')
    await signIn(kit, { ...knownBrowser(kit), browser: 'the-owners-other-one' })
  })

  it('C-08: walking through a block of addresses, of IPv4 or IPv6, is one place', async () => {
    for (const address of [
      (at: number) => `203.0.113.${at % 250}`,
      (at: number) => `2001:db8:7:${at.toString(16)}::1`,
    ]) {
      const kit = createSignInKit()
      let judged = 0
      for (let at = 0; at < 500; at += 1) {
        const outcome = await tryIn(kit, { login: `inconnu-${at}`, address: address(at), browser: `b-${at}` })
        if (outcome === 'refused') judged += 1
      }
      assert.equal(judged, 301)
    }
  })

  it('C-11: signing in with another account between tries changes nothing', async () => {
    const kit = createSignInKit({ accounts: [account(), account({ id: 'own', login: 'attaquant' })] })
    const place = { address: '203.0.113.66', browser: 'stranger' }
    const seen: string[] = []
    for (let round = 0; round < 8; round += 1) {
      seen.push(await tryIn(kit, place))
      await signIn(kit, { ...place, login: 'attaquant' })
    }
    assert.deepEqual(seen, [...Array<string>(6).fill('refused'), 'tries', 'tries'])
  })
})

describe('guessing at all accounts', () => {
  it('C-10: a wave from everywhere waits, is told to the trail once, and known browsers never notice', async () => {
    const colleagues = Array.from({ length: 40 }, (_, at) => account({ id: `id-${at}`, login: `login-${at}` }))
    const kit = createSignInKit({ accounts: colleagues })
    const seen: string[] = []
    for (let round = 0; round < 700; round += 1)
      seen.push(await tryIn(kit, { login: `inconnu-${round}`, ...stranger(round) }))
    assert.equal(seen.filter((outcome) => outcome === 'refused').length, 501)
    assert.equal(seen.at(-1), 'site')
    assert.deepEqual(
      kit.events.filter(({ event }) => event === 'sign-in.wave').map(({ detail }) => detail),
      ['site'],
    )
    for (const { login } of colleagues) {
      const who = { ...knownBrowser(kit, login), login }
      assert.equal(await tryIn(kit, { ...who, ...right }), 'accepted')
    }
    kit.clock.advance('11s')
    assert.equal(await tryIn(kit, { login: 'login-1', address: '192.0.2.99', browser: 'new', ...right }), 'accepted')
  })

  it('C-10: an operator lets one person in meanwhile, whatever fails around them', async () => {
    const kit = createSignInKit()
    for (let round = 0; round < 520; round += 1) await tryIn(kit, { login: `inconnu-${round}`, ...stranger(round) })
    await closeToStrangers(kit)
    assert.equal(await tryIn(kit, right), 'run')
    const waits = createWaits({ store: kit.store, key: kit.key })
    const person = { realm: kit.at.realm, login: LOGIN }
    assert.ok((await waits.of(person)).some(({ what, isClosed }) => what === 'run' && isClosed))
    assert.ok((await waits.end(person)) >= 2)
    assert.deepEqual(await waits.of(person), [])
    for (let round = 0; round < 520; round += 1) await tryIn(kit, { login: `autre-${round}`, ...stranger(round) })
    assert.equal(await tryIn(kit, { login: 'n.existe', address: '192.0.2.98' }), 'site')
    await signIn(kit)
  })
})

describe('C-06: one budget for every door', () => {
  const answer = async (kit: SignInKit, handle: string, code: string): Promise<string> => {
    const underWay = (await kit.flow.find(kit.at, kit.visitor(), handle)) ?? assert.fail()
    const answered = await kit.flow.answer(kit.at, kit.visitor(), underWay, code)
    return answered.ok ? 'accepted' : answered.reason.reason
  }
  const start = async (kit: SignInKit): Promise<string> => {
    const started = await kit.flow.start(
      kit.at,
      kit.visitor(),
      { login: LOGIN, password: PASSWORD, way: undefined },
      TARGET,
    )
    return started.ok ? started.value.handle : assert.fail(JSON.stringify(started.reason))
  }

  it('wrong passwords and wrong codes count together, and a right password makes nothing whole', async () => {
    const kit = createSignInKit()
    for (let round = 0; round < 3; round += 1) assert.equal(await tryIn(kit, {}), 'refused')
    const handle = await start(kit)
    const wrong = kit.mails.at(-1)?.code === '000000' ? '000001' : '000000'
    const seen: string[] = []
    for (let round = 0; round < 4; round += 1) seen.push(await answer(kit, handle, wrong))
    assert.deepEqual(seen, ['wrong', 'wrong', 'wrong', 'throttled'])
    assert.equal(await tryIn(kit, right), 'tries', 'the first page is shut as well')
    kit.clock.advance('31s')
    assert.equal(await answer(kit, handle, kit.mails.at(-1)?.code ?? ''), 'accepted')
    assert.equal(await tryIn(kit, {}), 'refused', 'after a whole sign-in all tries are there again')
  })

  it('T-03: a new password by mail buys no tries at the code', async () => {
    const kit = createSignInKit()
    let judged = 0
    for (let round = 0; round < 40; round += 1) {
      const visitor = kit.visitor({ browser: `browser-${round}` })
      const started = await kit.flow.start(
        kit.at,
        visitor,
        { login: LOGIN, password: PASSWORD, way: undefined },
        TARGET,
      )
      if (!started.ok) continue
      const underWay = (await kit.flow.find(kit.at, visitor, started.value.handle)) ?? assert.fail()
      const answered = await kit.flow.answer(kit.at, visitor, underWay, '000000')
      if (!answered.ok && answered.reason.reason !== 'throttled') judged += 1
      // What a reset does to the budgets.
      await kit.throttle.clear({ realm: kit.at.realm, login: LOGIN, address: visitor.address, shown: undefined })
    }
    assert.ok(judged <= 16, `${judged} codes were judged`)
  })

  it('what nobody could judge costs no try: an account store that is away, too many at once', async () => {
    const kit = createSignInKit()
    for (const code of ['accounts-unavailable', 'sign-in-busy'] as const) {
      kit.directoryFault = new Fault(code, 'test')
      for (let round = 0; round < 9; round += 1) await assert.rejects(tryIn(kit, {}), { code })
    }
    kit.directoryFault = null
    assert.equal(await tryIn(kit, right), 'accepted')
  })
})
