import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ContinueRefusal } from '../../src/sign-in/answer.ts'
import { account, createSignInKit, PASSWORD, type SignInKit } from '../kit/sign-in.ts'

const TARGET = { path: '/dcc/ui/patient.jsp?id=1024', restarts: 0 }
const right = { login: 'c.exemple', password: PASSWORD, way: 'mailed-code' }

const start = async (kit: SignInKit, given = right, visitor = kit.visitor()) => {
  const started = await kit.flow.start(kit.at, visitor, given, TARGET)
  assert.ok(started.ok, JSON.stringify(started))
  return started.value.handle
}
const answer = async (kit: SignInKit, handle: string, code: string, visitor = kit.visitor()) => {
  const underWay = await kit.flow.find(kit.at, visitor, handle)
  assert.ok(underWay !== null, 'the attempt is over')
  return kit.flow.answer(kit.at, visitor, underWay, code)
}
const lastCode = (kit: SignInKit): string => kit.mails.at(-1)?.code ?? assert.fail('no mail was sent')
const wrongCode = (kit: SignInKit): string => (lastCode(kit) === '000000' ? '000001' : '000000')
const reasonOf = (result: { ok: boolean; reason?: ContinueRefusal }): string => result.reason?.reason ?? 'accepted'

describe('signing in by password and mailed code', () => {
  it('proves who it is and keeps the page that was asked for', async () => {
    const kit = createSignInKit()
    const handle = await start(kit)
    assert.deepEqual(
      kit.mails.map(({ to }) => to),
      ['camille.exemple@hopital.example.test'],
    )
    assert.match(lastCode(kit), /^\d{6}$/)
    const proven = await answer(kit, handle, ` ${lastCode(kit).slice(0, 3)} ${lastCode(kit).slice(3)} `)
    assert.ok(proven.ok && proven.value.kind === 'proven')
    const { account: person, methods, target } = proven.value.proven
    assert.equal(person.login, 'c.exemple')
    assert.deepEqual(methods, ['password', 'email-code'])
    assert.deepEqual(target, TARGET)
    assert.equal(await kit.flow.find(kit.at, kit.visitor(), handle), null)
  })

  it('T-02: of fifty right answers at the same time exactly one is accepted', async () => {
    const kit = createSignInKit({ site: { 'email-code': { from: 'WebDCR@example.test', tries: 10 } } })
    const handle = await start(kit)
    const underWay = (await kit.flow.find(kit.at, kit.visitor(), handle)) ?? assert.fail()
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => kit.flow.answer(kit.at, kit.visitor(), underWay, lastCode(kit))),
    )
    assert.equal(answers.filter(({ ok }) => ok).length, 1)
  })

  it('T-03: guesses are capped per account, not per sign-in', async () => {
    const kit = createSignInKit()
    let accepted = 0
    let throttled = 0
    for (let round = 0; round < 12; round += 1) {
      const handle = await start(
        kit,
        right,
        kit.visitor({ browser: `browser-${round}`, address: `198.51.100.${round}` }),
      )
      for (let guess = 0; guess < 4; guess += 1) {
        const visitor = kit.visitor({ browser: `browser-${round}`, address: `198.51.100.${round}` })
        const result = await answer(kit, handle, wrongCode(kit), visitor)
        if (reasonOf(result) === 'throttled') throttled += 1
        else accepted += 1
      }
      kit.clock.advance('31s')
    }
    assert.ok(accepted <= 25, `${accepted} guesses were judged`)
    assert.ok(throttled >= 20)
  })

  it('T-05, G12: a code serves only the sign-in, the browser and the person that it was sent for', async () => {
    const other = account({ id: 'account-2', login: 'a.modele', email: 'alix.modele@example.test' })
    const kit = createSignInKit({ accounts: [account(), other] })
    const first = await start(kit)
    const firstCode = lastCode(kit)
    const second = await start(kit, right, kit.visitor({ browser: 'browser-2' }))
    const third = await start(kit, { ...right, login: 'a.modele' })
    assert.equal(reasonOf(await answer(kit, second, firstCode, kit.visitor({ browser: 'browser-2' }))), 'wrong')
    assert.equal(reasonOf(await answer(kit, third, firstCode)), 'wrong')
    assert.equal(await kit.flow.find(kit.at, kit.visitor({ browser: 'browser-2' }), first), null)
    assert.ok((await answer(kit, first, firstCode)).ok)
  })

  it('T-06: a code lives ten minutes, to the second', async () => {
    const early = createSignInKit()
    const handle = await start(early)
    early.clock.advance('599s')
    assert.ok((await answer(early, handle, lastCode(early))).ok)
    const late = createSignInKit()
    const other = await start(late)
    late.clock.advance('600s')
    assert.equal(reasonOf(await answer(late, other, lastCode(late))), 'expired')
  })

  it('T-06, R23: a newer code kills the older one, and the older one is recognised', async () => {
    const kit = createSignInKit()
    const handle = await start(kit)
    const older = lastCode(kit)
    kit.clock.advance('31s')
    const underWay = (await kit.flow.find(kit.at, kit.visitor(), handle)) ?? assert.fail()
    assert.ok((await kit.flow.again(kit.at, kit.visitor(), underWay)).ok)
    assert.equal(kit.mails.length, 2)
    if (older !== lastCode(kit)) assert.equal(reasonOf(await answer(kit, handle, older)), 'replaced')
    assert.ok((await answer(kit, handle, lastCode(kit))).ok)
  })

  it('T-06: five wrong tries kill the code, and the right one no longer serves', async () => {
    const kit = createSignInKit()
    const handle = await start(kit)
    const wrong = wrongCode(kit)
    const seen: string[] = []
    for (let round = 0; round < 5; round += 1) seen.push(reasonOf(await answer(kit, handle, wrong)))
    assert.deepEqual(seen, ['wrong', 'wrong', 'wrong', 'wrong', 'dead'])
    assert.equal(reasonOf(await answer(kit, handle, lastCode(kit))), 'dead')
  })

  it('does not count as a try what cannot be a code', async () => {
    const kit = createSignInKit()
    const handle = await start(kit)
    for (const text of ['', '12345', '1234567', 'abcdef', '12345a', '１２３４５６']) {
      assert.equal(reasonOf(await answer(kit, handle, text)), 'malformed', text)
    }
    assert.deepEqual(await answer(kit, handle, wrongCode(kit)), { ok: false, reason: { reason: 'wrong', left: 4 } })
  })

  it('R23: another code can be asked for after thirty seconds, not before', async () => {
    const kit = createSignInKit()
    const handle = await start(kit)
    const underWay = (await kit.flow.find(kit.at, kit.visitor(), handle)) ?? assert.fail()
    kit.clock.advance('29s')
    const tooSoon = await kit.flow.again(kit.at, kit.visitor(), underWay)
    assert.deepEqual(tooSoon, { ok: false, reason: { reason: 'too-soon', wait: 1_000 } })
    kit.clock.advance('1s')
    assert.ok((await kit.flow.again(kit.at, kit.visitor(), underWay)).ok)
  })

  it('T-09: one account receives ten codes an hour at most, whatever browser asks', async () => {
    const kit = createSignInKit()
    for (let round = 0; round < 14; round += 1) {
      await start(kit, right, kit.visitor({ browser: `browser-${round}`, address: `203.0.113.${round}` }))
      kit.clock.advance('10s')
    }
    assert.equal(kit.mails.length, 10)
    kit.clock.advance('1h')
    await start(kit)
    assert.equal(kit.mails.length, 11)
  })

  it('T-09: one place causes three hundred mails an hour at most, for however many accounts', async () => {
    const accounts = Array.from({ length: 310 }, (_, at) => account({ id: `id-${at}`, login: `login-${at}` }))
    const kit = createSignInKit({ accounts })
    for (const { login } of accounts) await start(kit, { ...right, login }, kit.visitor({ browser: login }))
    assert.equal(kit.mails.length, 300)
  })

  it('C-01: unknown, wrong, disabled and empty are one refusal, and each costs one hash (C-02)', async () => {
    const kit = createSignInKit({
      accounts: [account(), account({ id: 'account-3', login: 'f.parti', disabled: true })],
    })
    const cases = [
      { ...right, login: 'n.existe' },
      { ...right, password: 'autre' },
      { ...right, login: 'f.parti' },
      { ...right, login: 'f.parti', password: 'autre' },
      { ...right, password: 'x'.repeat(1_025) },
      { ...right, login: 'x'.repeat(200) },
    ]
    for (const [at, given] of cases.entries()) {
      const result = await kit.flow.start(kit.at, kit.visitor({ address: `192.0.2.${at}` }), given, TARGET)
      assert.deepEqual(result, { ok: false, reason: { reason: 'refused' } })
      assert.equal(kit.hashes(), at + 1)
    }
    assert.equal(kit.mails.length, 0)
  })

  it('C-01: a name that does not exist is slowed down exactly like one that does', async () => {
    const outcomes = await Promise.all(
      ['c.exemple', 'n.existe'].map(async (login) => {
        const kit = createSignInKit()
        const seen: string[] = []
        for (let round = 0; round < 9; round += 1) {
          const result = await kit.flow.start(kit.at, kit.visitor(), { ...right, login, password: 'autre' }, TARGET)
          seen.push(result.ok ? 'accepted' : JSON.stringify(result.reason))
        }
        return seen
      }),
    )
    assert.deepEqual(outcomes[0], outcomes[1])
    assert.match(outcomes[0]?.at(-1) ?? '', /throttled/)
  })

  it('never writes into the trail what was typed for a name that does not exist', async () => {
    const kit = createSignInKit()
    await kit.flow.start(kit.at, kit.visitor(), { ...right, login: 'Mon-mot-de-passe' }, TARGET)
    assert.doesNotMatch(JSON.stringify(kit.events), /Mon-mot-de-passe/i)
    assert.match(JSON.stringify(kit.events), /sign-in.password-refused/)
  })

  it('C-09: a parallel burst of wrong passwords gets no more judgements than the budget', async () => {
    const kit = createSignInKit()
    const burst = Array.from({ length: 60 }, () =>
      kit.flow.start(kit.at, kit.visitor(), { ...right, password: 'autre' }, TARGET),
    )
    await Promise.all(burst)
    assert.ok(kit.hashes() <= 6, `${kit.hashes()} passwords were judged`)
  })

  it('lets the owner in from elsewhere while a stranger keeps failing on the name', async () => {
    const kit = createSignInKit()
    for (let round = 0; round < 10; round += 1) {
      const stranger = kit.visitor({ address: '203.0.113.66', browser: 'stranger' })
      await kit.flow.start(kit.at, stranger, { ...right, password: `essai-${round}` }, TARGET)
    }
    await start(kit)
  })

  it('C-10: one place that tries many names is slowed down; other places, and a busy hospital, are not', async () => {
    const colleagues = Array.from({ length: 200 }, (_, at) => account({ id: `id-${at}`, login: `login-${at}` }))
    const kit = createSignInKit({ accounts: colleagues })
    for (const { login } of colleagues) await start(kit, { ...right, login }, kit.visitor({ browser: login }))
    let judged = 0
    for (let at = 0; at < 150; at += 1) {
      const stuffing = { login: `inconnu-${at}`, password: 'autre', way: 'mailed-code' }
      const result = await kit.flow.start(kit.at, kit.visitor({ address: '203.0.113.66' }), stuffing, TARGET)
      if (!result.ok && result.reason.reason === 'refused') judged += 1
    }
    assert.equal(judged, 101)
    await start(kit, { ...right, login: 'login-7' })
  })

  it('R3: a browser has eight sign-ins under way at most, the oldest goes', async () => {
    const kit = createSignInKit({ site: { 'email-code': { from: 'WebDCR@example.test', 'per-hour': 60 } } })
    const handles: string[] = []
    for (let round = 0; round < 10; round += 1) {
      handles.push(await start(kit))
      kit.clock.advance('1s')
    }
    const found = await Promise.all(handles.map((handle) => kit.flow.find(kit.at, kit.visitor(), handle)))
    assert.deepEqual(
      found.map((underWay) => underWay !== null),
      [false, false, ...Array<boolean>(8).fill(true)],
    )
  })

  it('says so when the account has no address, only to somebody who proved the password', async () => {
    const kit = createSignInKit({ accounts: [account({ email: null })] })
    const result = await kit.flow.start(kit.at, kit.visitor(), right, TARGET)
    assert.deepEqual(result, { ok: false, reason: { reason: 'not-enrolled' } })
  })

  it('ends an attempt whose account was disabled in the meantime', async () => {
    const person = { ...account() }
    const kit = createSignInKit({ accounts: [person] })
    const handle = await start(kit)
    person.disabled = true
    assert.equal(await kit.flow.find(kit.at, kit.visitor(), handle), null)
  })

  it('S-21: the store holds neither code, nor password, nor login, nor handle', async () => {
    const kit = createSignInKit()
    const written: string[] = []
    const set = kit.store.set.bind(kit.store)
    Object.assign(kit.store, {
      set: (key: string, value: string, ttl: number, condition?: 'if-absent' | 'if-present') => {
        written.push(`${key}=${value}`)
        return set(key, value, ttl, condition)
      },
    })
    const handle = await start(kit)
    await answer(kit, handle, wrongCode(kit))
    const dump = written.join('\n')
    assert.ok(dump.includes('attempt:'))
    for (const secret of [lastCode(kit), PASSWORD, 'c.exemple', handle, 'camille.exemple@']) {
      assert.ok(!dump.includes(secret), `the store holds ${secret}`)
    }
  })
})
