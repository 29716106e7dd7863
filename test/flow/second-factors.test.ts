import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { generateSync } from 'otplib'
import type { ContinueRefusal } from '../../src/sign-in/answer.ts'
import type { UnderWay } from '../../src/sign-in/under-way.ts'
import { account, createSignInKit, PASSWORD, type SignInKit } from '../kit/sign-in.ts'

const TARGET = { path: '/dcc/patient?id=1024', restarts: 0 }
const PERSON = account()
const APPLICATION = {
  id: 'application',
  methods: ['password' as const, 'totp' as const],
  level: 2,
  homologation: 'test',
}
const MAILED = { id: 'mailed-code', methods: ['password' as const, 'email-code' as const], homologation: 'test' }
const WAYS = [APPLICATION, MAILED]

const start = async (kit: SignInKit) => {
  const given = { login: 'c.exemple', password: PASSWORD, way: undefined }
  const started = await kit.flow.start(kit.at, kit.visitor(), given, TARGET)
  assert.ok(started.ok, JSON.stringify(started))
  return started.value
}
const found = async (kit: SignInKit, handle: string): Promise<UnderWay> =>
  (await kit.flow.find(kit.at, kit.visitor(), handle)) ?? assert.fail('the attempt is over')
const answer = async (kit: SignInKit, handle: string, code: string) =>
  kit.flow.answer(kit.at, kit.visitor(), await found(kit, handle), code)
const choose = async (kit: SignInKit, handle: string, method: string, choice: string, remember = false) =>
  kit.flow.choose(kit.at, kit.visitor(), await found(kit, handle), { method, choice, remember, then: null })
const reasonOf = (result: { ok: boolean; reason?: ContinueRefusal }): string => result.reason?.reason ?? 'accepted'
const codeAt = (kit: SignInKit, secret: string, steps = 0): string =>
  generateSync({ secret, epoch: Math.floor(kit.clock.now() / 1_000) + steps * 30 })

const withApplication = async (kit: SignInKit) => {
  const holder = { digest: 'holder', account: PERSON }
  const secret = await kit.totp.begin(holder)
  const enrolled = await kit.totp.confirm(holder, codeAt(kit, secret), 'Téléphone', 2)
  assert.ok(enrolled.ok, JSON.stringify(enrolled))
  kit.clock.advance('2m')
  return { secret, factor: enrolled.value }
}

describe('what somebody can be asked for', () => {
  it('is asked for at once where there is nothing to choose', async () => {
    const kit = createSignInKit()
    const { underWay } = await start(kit)
    assert.equal(underWay.stage.kind, 'answer')
    assert.equal(kit.mails.length, 1)
  })

  it('is a choice, and nothing is mailed, where an application can be associated', async () => {
    const kit = createSignInKit({ site: { ways: WAYS } })
    const { underWay } = await start(kit)
    assert.ok(underWay.stage.kind === 'choose')
    assert.deepEqual(
      underWay.stage.offers.map(({ method, label }) => [method, label]),
      [['email-code', 'c***.e***@hopital.example.test']],
    )
    assert.deepEqual(underWay.stage.enrolable, ['totp'])
    assert.equal(kit.mails.length, 0)
  })

  it('holds every confirmed address once, and the code goes to the chosen one alone (seed 001, T-10)', async () => {
    const kit = createSignInKit({ site: { ways: WAYS } })
    const cabinet = { kind: 'email' as const, label: 'camille@cabinet.example.test', secret: null }
    const added = await kit.factors.add(PERSON.id, cabinet)
    await kit.factors.add(PERSON.id, { ...cabinet, label: 'Camille.Exemple@hopital.example.test' })
    const { handle, underWay } = await start(kit)
    assert.ok(underWay.stage.kind === 'choose')
    assert.equal(underWay.stage.offers.length, 2)
    assert.ok((await choose(kit, handle, 'email-code', added.id)).ok)
    assert.deepEqual(
      kit.mails.map(({ to }) => to),
      ['camille@cabinet.example.test'],
    )
    const last = kit.mails.at(-1)?.code ?? ''
    assert.equal(reasonOf(await answer(kit, handle, last)), 'accepted')
  })

  it('T-14: is nothing that the account does not have', async () => {
    const kit = createSignInKit({ site: { ways: WAYS } })
    const other = await kit.factors.add('account-2', { kind: 'email', label: 'other@example.test', secret: null })
    const { handle } = await start(kit)
    for (const [method, choice] of [
      ['email-code', other.id],
      ['totp', 'registered'],
      ['password', 'registered'],
      ['', ''],
    ] as const) {
      assert.deepEqual(await choose(kit, handle, method, choice), { ok: false, reason: 'unknown-choice' })
    }
    assert.equal(kit.mails.length, 0)
  })

  it('is what was chosen before, when the person asked for that; the others stay within reach', async () => {
    const kit = createSignInKit({ site: { ways: WAYS } })
    const { factor } = await withApplication(kit)
    const first = await start(kit)
    assert.equal(first.underWay.stage.kind, 'choose')
    await choose(kit, first.handle, 'totp', factor.id, true)
    const second = await start(kit)
    assert.ok(second.underWay.stage.kind === 'answer')
    assert.equal(second.underWay.stage.offer.method, 'totp')
    assert.ok(second.underWay.stage.hasOthers)
    assert.ok((await choose(kit, second.handle, 'email-code', 'registered')).ok)
    assert.equal(kit.mails.length, 1)
    const third = await start(kit)
    assert.ok(third.underWay.stage.kind === 'answer')
    assert.equal(third.underWay.stage.offer.method, 'totp')
  })

  it('depends on the roles that a way is for', async () => {
    const ways = [{ ...MAILED, roles: ['pharmacien'] }, APPLICATION]
    const kit = createSignInKit({ site: { ways } })
    const started = await kit.flow.start(
      kit.at,
      kit.visitor(),
      { login: 'c.exemple', password: PASSWORD, way: undefined },
      TARGET,
    )
    assert.deepEqual(started, { ok: false, reason: { reason: 'not-enrolled' } })
    assert.equal(kit.mails.length, 0)
  })
})

describe('a code of an application', () => {
  const asked = async (kit: SignInKit) => {
    const { secret, factor } = await withApplication(kit)
    const { handle } = await start(kit)
    await choose(kit, handle, 'totp', factor.id)
    return { secret, handle, factor }
  }

  it('opens the session by the better way', async () => {
    const kit = createSignInKit({ site: { ways: WAYS } })
    const { secret, handle } = await asked(kit)
    const answered = await answer(kit, handle, codeAt(kit, secret))
    assert.ok(answered.ok && answered.value.kind === 'proven')
    assert.equal(answered.value.proven.way.id, 'application')
    assert.deepEqual(answered.value.proven.methods, ['password', 'totp'])
  })

  it('T-16: is accepted one step early or late, by the server’s clock', async () => {
    for (const [steps, expected] of [
      [-2, 'clock-apart'],
      [-1, 'accepted'],
      [0, 'accepted'],
      [1, 'accepted'],
      [2, 'clock-apart'],
    ] as const) {
      const kit = createSignInKit({ site: { ways: WAYS } })
      const { secret, handle } = await asked(kit)
      assert.equal(reasonOf(await answer(kit, handle, codeAt(kit, secret, steps))), expected, `${steps} steps`)
    }
  })

  it('T-17: serves once, on whatever sign-in, and no older one after it', async () => {
    const kit = createSignInKit({ site: { ways: WAYS } })
    const { secret, handle, factor } = await asked(kit)
    const older = codeAt(kit, secret, -1)
    const code = codeAt(kit, secret)
    assert.equal(reasonOf(await answer(kit, handle, code)), 'accepted')
    const next = await start(kit)
    await choose(kit, next.handle, 'totp', factor.id)
    assert.equal(reasonOf(await answer(kit, next.handle, code)), 'used')
    assert.equal(reasonOf(await answer(kit, next.handle, older)), 'used')
    kit.clock.advance('30s')
    assert.equal(reasonOf(await answer(kit, next.handle, code)), 'used')
    assert.equal(reasonOf(await answer(kit, next.handle, codeAt(kit, secret))), 'accepted')
  })

  it('T-02, T-17: of nine answers with the same code at once one is accepted', async () => {
    const kit = createSignInKit({ site: { ways: WAYS } })
    const { secret, factor } = await withApplication(kit)
    const code = codeAt(kit, secret)
    const { handle } = await start(kit)
    await choose(kit, handle, 'totp', factor.id)
    const underWay = await found(kit, handle)
    const answers = await Promise.all(
      Array.from({ length: 9 }, () => kit.flow.answer(kit.at, kit.visitor(), underWay, code)),
    )
    assert.equal(answers.filter(({ ok }) => ok).length, 1)
  })

  it('R24, G10: of a wrong clock tells by how much, and is not accepted', async () => {
    const kit = createSignInKit({ site: { ways: WAYS } })
    const { secret, handle } = await asked(kit)
    assert.deepEqual(await answer(kit, handle, codeAt(kit, secret, -6)), {
      ok: false,
      reason: { reason: 'clock-apart', ahead: -180_000 },
    })
    assert.deepEqual(await answer(kit, handle, codeAt(kit, secret, 10)), {
      ok: false,
      reason: { reason: 'clock-apart', ahead: 300_000 },
    })
  })

  it('C-06, T-03: has one budget with all other codes of the account', async () => {
    const kit = createSignInKit({ site: { ways: WAYS } })
    const { secret, handle } = await asked(kit)
    const wrong = codeAt(kit, secret) === '000000' ? '000001' : '000000'
    const seen: string[] = []
    for (let guess = 0; guess < 14; guess += 1) seen.push(reasonOf(await answer(kit, handle, wrong)))
    assert.equal(seen.filter((reason) => reason === 'wrong').length, 6)
    assert.equal(seen.at(-1), 'throttled')
    assert.equal(reasonOf(await answer(kit, handle, codeAt(kit, secret))), 'throttled')
  })

  it('of an application that was taken away proves nothing', async () => {
    const kit = createSignInKit({ site: { ways: WAYS } })
    const { secret, handle, factor } = await asked(kit)
    await kit.factors.remove(PERSON.id, factor.id)
    assert.equal(reasonOf(await answer(kit, handle, codeAt(kit, secret))), 'used')
  })
})

describe('associating an application', () => {
  const holder = { digest: 'session-1', account: PERSON }

  it('T-19: shows one secret to one holder, and enrols it on proof alone', async () => {
    const kit = createSignInKit()
    const secret = await kit.totp.begin(holder)
    assert.match(secret, /^[A-Z2-7]{32}$/)
    assert.equal(await kit.totp.begin(holder), secret)
    const wrong = codeAt(kit, secret) === '000000' ? '000001' : '000000'
    assert.deepEqual(await kit.totp.confirm(holder, wrong, '', 2), { ok: false, reason: { reason: 'wrong' } })
    const stranger = { digest: 'session-2', account: PERSON }
    assert.deepEqual(await kit.totp.confirm(stranger, codeAt(kit, secret), '', 2), {
      ok: false,
      reason: { reason: 'expired' },
    })
    const thief = { digest: 'session-1', account: account({ id: 'account-2' }) }
    assert.notEqual(await kit.totp.begin(thief), secret)
    assert.equal((await kit.factors.of(PERSON.id)).length, 0)
  })

  it('T-19, S-21: keeps the secret encrypted while it waits', async () => {
    const kit = createSignInKit()
    const secret = await kit.totp.begin(holder)
    const [key = ''] = await kit.store.scan('enrolment:', 10)
    assert.ok(!((await kit.store.get(key)) ?? '').includes(secret))
  })

  it('ends after ten wrong codes, or a quarter of an hour', async () => {
    const kit = createSignInKit()
    const secret = await kit.totp.begin(holder)
    const wrong = codeAt(kit, secret) === '000000' ? '000001' : '000000'
    for (let guess = 0; guess < 10; guess += 1) await kit.totp.confirm(holder, wrong, '', 2)
    assert.deepEqual(await kit.totp.confirm(holder, codeAt(kit, secret), '', 2), {
      ok: false,
      reason: { reason: 'expired' },
    })
    const late = { digest: 'session-3', account: PERSON }
    const other = await kit.totp.begin(late)
    kit.clock.advance('15m')
    assert.equal((await kit.totp.confirm(late, codeAt(kit, other), '', 2)).ok, false)
  })

  it('enrols one application, however often the button is pressed, and no more than allowed', async () => {
    const kit = createSignInKit()
    const secret = await kit.totp.begin(holder)
    const code = codeAt(kit, secret)
    const all = await Promise.all(Array.from({ length: 5 }, () => kit.totp.confirm(holder, code, '', 2)))
    assert.equal(all.filter(({ ok }) => ok).length, 1)
    const second = await kit.totp.begin(holder)
    assert.deepEqual(await kit.totp.confirm(holder, codeAt(kit, second), '', 1), {
      ok: false,
      reason: { reason: 'full' },
    })
  })
})

describe('G8: a way that comes to its end', () => {
  const ending = [APPLICATION, { ...MAILED, until: '2026-11-30' }]

  it('still proves who it is afterwards, so that an application takes its place, and opens no session by itself', async () => {
    const kit = createSignInKit({ site: { ways: ending } })
    kit.clock.set('2026-12-10T09:00:00Z')
    const { handle, underWay } = await start(kit)
    assert.equal(underWay.stage.kind, 'answer')
    const answered = await answer(kit, handle, kit.mails.at(-1)?.code ?? '')
    assert.ok(answered.ok && answered.value.kind === 'goes-on')
    assert.deepEqual(answered.value.underWay.stage, {
      kind: 'obliged',
      obligation: { kind: 'new-method', methods: ['totp'] },
    })
    const obliged = await found(kit, handle)
    const holder = { digest: obliged.attempt.digest, account: PERSON }
    const secret = await kit.totp.begin(holder)
    assert.ok((await kit.totp.confirm(holder, codeAt(kit, secret), '', 2)).ok)
    const settled = await kit.flow.settle(kit.at, kit.visitor(), obliged, 'totp')
    assert.ok(settled.ok && settled.value.kind === 'proven')
    assert.equal(settled.value.proven.way.id, 'application')
  })

  it('is over for good when its time of grace is', async () => {
    const kit = createSignInKit({ site: { ways: ending } })
    kit.clock.set('2027-03-15T09:00:00Z')
    const given = { login: 'c.exemple', password: PASSWORD, way: undefined }
    const started = await kit.flow.start(kit.at, kit.visitor(), given, TARGET)
    assert.deepEqual(started, { ok: false, reason: { reason: 'not-enrolled' } })
    assert.equal(kit.mails.length, 0)
  })

  it('T-14: nothing is taken for proved that was not asked for', async () => {
    const kit = createSignInKit({ site: { ways: WAYS } })
    const { underWay } = await start(kit)
    await assert.rejects(kit.flow.settle(kit.at, kit.visitor(), underWay, 'totp'))
    const settled = await kit.flow.settle(kit.at, kit.visitor(), underWay)
    assert.ok(settled.ok && settled.value.kind === 'goes-on')
  })
})

describe('an obligation', () => {
  it('keeps the session closed until it is met', async () => {
    const kit = createSignInKit()
    const { handle } = await start(kit)
    kit.obligation = { kind: 'new-password', because: 'expired' }
    const answered = await answer(kit, handle, kit.mails.at(-1)?.code ?? '')
    assert.ok(answered.ok && answered.value.kind === 'goes-on')
    const unmet = await kit.flow.settle(kit.at, kit.visitor(), await found(kit, handle))
    assert.ok(unmet.ok && unmet.value.kind === 'goes-on')
    kit.obligation = null
    const met = await kit.flow.settle(kit.at, kit.visitor(), await found(kit, handle))
    assert.ok(met.ok && met.value.kind === 'proven')
    assert.equal(await kit.flow.find(kit.at, kit.visitor(), handle), null)
  })
})

describe('a recovery code', () => {
  const PAPER = { id: 'paper', methods: ['password' as const, 'recovery-code' as const], homologation: 'test' }
  const asked = async (kit: SignInKit) => {
    const { handle, underWay } = await start(kit)
    const offers = (await kit.flow.choices(kit.at, underWay))?.offers ?? []
    const paper = offers.find(({ method }) => method === 'recovery-code') ?? assert.fail('it is not offered')
    await choose(kit, handle, 'recovery-code', paper.choice)
    return handle
  }

  it('T-20: works once, typed as people type it, also when used at the same time', async () => {
    const kit = createSignInKit({ site: { ways: [...WAYS, PAPER] } })
    const [first = '', second = ''] = await kit.recoveryCodes.renew(PERSON.id)
    assert.match(first, /^[0-9A-Z]{5}-[0-9A-Z]{5}$/)
    const handle = await asked(kit)
    assert.equal(reasonOf(await answer(kit, handle, ` ${first.toLowerCase().replace('-', ' ')} `)), 'accepted')
    assert.equal(await kit.recoveryCodes.left(PERSON.id), 9)
    assert.equal(reasonOf(await answer(kit, await asked(kit), first)), 'wrong')
    const underWay = await found(kit, await asked(kit))
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => kit.flow.answer(kit.at, kit.visitor(), underWay, second)),
    )
    assert.equal(answers.filter(({ ok }) => ok).length, 1)
  })

  it('T-20: is stored as a digest, dies with a new set, and is guessed at within the budget of all codes', async () => {
    const kit = createSignInKit({ site: { ways: [...WAYS, PAPER] } })
    const codes = await kit.recoveryCodes.renew(PERSON.id)
    const [stored] = await kit.factors.of(PERSON.id, 'recovery-codes')
    for (const code of codes) assert.ok(!(stored?.secret ?? '').includes(code.replace('-', '')))
    await kit.recoveryCodes.renew(PERSON.id)
    const handle = await asked(kit)
    assert.equal(reasonOf(await answer(kit, handle, codes[0] ?? '')), 'wrong')
    const seen: string[] = []
    for (let guess = 0; guess < 14; guess += 1) seen.push(reasonOf(await answer(kit, handle, '00000-00000')))
    assert.ok(seen.includes('throttled'))
  })

  it('is not offered where none were made, or all have served', async () => {
    const kit = createSignInKit({ site: { ways: [...WAYS, PAPER] } })
    const { underWay } = await start(kit)
    const offers = (await kit.flow.choices(kit.at, underWay))?.offers ?? []
    assert.ok(!offers.some(({ method }) => method === 'recovery-code'))
  })
})
