import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SiteFile } from '../../src/policy/schema.ts'
import type { Evidence } from '../../src/sign-in/evidence.ts'
import { account, createSignInKit, PASSWORD, type SignInKit } from '../kit/sign-in.ts'

const TARGET = { path: '/dcc/ui/patient.jsp?id=1024', restarts: 0 }
const card = (nationalId = '899900000003', fields: Partial<Evidence> = {}): Evidence => ({
  method: 'cps',
  identity: { kind: 'national-id', nationalId },
  trace: 'serial 0A1B, TEST AC IGC-SANTE FORT PERSONNES',
  ...fields,
})
const ways = (...list: SiteFile['ways']): { site: Partial<SiteFile> } => ({ site: { ways: list } })
const ALONE = ways({ id: 'card', methods: ['cps'], level: 3 })
const AFTER = ways({ id: 'password-card', methods: ['password', 'cps'], level: 3 })

const present = (kit: SignInKit, evidence: Evidence) =>
  kit.flow.present(kit.at, kit.visitor(), evidence, { target: TARGET })

const afterPassword = async (kit: SignInKit, login = 'c.exemple') => {
  const started = await kit.flow.start(kit.at, kit.visitor(), { login, password: PASSWORD, way: undefined }, TARGET)
  assert.ok(started.ok, JSON.stringify(started))
  const { handle } = started.value
  const underWay = (await kit.flow.find(kit.at, kit.visitor(), handle)) ?? assert.fail('the attempt is over')
  return { ...underWay, handle }
}
const lastEvent = (kit: SignInKit) => kit.events.at(-1) ?? assert.fail('nothing was recorded')

describe('a proof from outside that names its person', () => {
  it('opens a way that is made of it alone, with the target kept', async () => {
    const kit = createSignInKit(ALONE)
    const presented = await present(kit, card())
    assert.ok(presented.ok && presented.value.kind === 'proven', JSON.stringify(presented))
    const { proven } = presented.value
    assert.equal(proven.account.login, 'c.exemple')
    assert.deepEqual([proven.way.id, proven.level, proven.methods, proven.target], ['card', 3, ['cps'], TARGET])
    const { event, detail, login, method } = lastEvent(kit)
    assert.deepEqual(
      { event, detail, login, method },
      { event: 'sign-in.evidence-accepted', detail: card().trace, login: 'c.exemple', method: 'cps' },
    )
  })

  it('J-11: makes no session of a higher level than it is worth', async () => {
    const kit = createSignInKit(ALONE)
    const presented = await present(kit, card(undefined, { maxLevel: 1 }))
    assert.ok(presented.ok && presented.value.kind === 'proven')
    assert.equal(presented.value.proven.level, 1)
  })

  it('hands back what its method keeps for the session', async () => {
    const kit = createSignInKit(ALONE)
    const presented = await present(kit, card(undefined, { attached: 'reference-1' }))
    assert.ok(presented.ok && presented.value.kind === 'proven')
    assert.deepEqual(presented.value.proven.attached, [{ method: 'cps', reference: 'reference-1' }])
  })

  const people = {
    unknown: [account({ nationalId: null })],
    ambiguous: [account(), account({ id: 'account-2', login: 'a.modele' })],
    disabled: [account({ disabled: true })],
  }
  for (const [cause, accounts] of Object.entries(people)) {
    it(`K-13: lets nobody in when the account is ${cause}, and says so in the trail alone`, async () => {
      const kit = createSignInKit({ ...ALONE, accounts })
      const presented = await present(kit, card())
      assert.deepEqual(presented, { ok: false, reason: { reason: 'no-account' } })
      assert.equal(lastEvent(kit).event, 'sign-in.evidence-refused')
      assert.equal(lastEvent(kit).detail, `${cause} ${card().trace}`)
    })
  }

  it('takes the open one of an open and a closed account', async () => {
    const accounts = [account({ id: 'account-0', login: 'c.former', disabled: true }), account()]
    const presented = await present(createSignInKit({ ...ALONE, accounts }), card())
    assert.ok(presented.ok && presented.value.kind === 'proven')
    assert.equal(presented.value.proven.account.login, 'c.exemple')
  })

  it('opens nothing where no way begins with it, or none that is for this person', async () => {
    const closed = createSignInKit(AFTER)
    assert.deepEqual(await present(closed, card()), { ok: false, reason: { reason: 'way-closed' } })
    const other = createSignInKit(ways({ id: 'card', methods: ['cps'], roles: ['referent'] }))
    assert.deepEqual(await present(other, card()), { ok: false, reason: { reason: 'not-enrolled' } })
  })

  it('is asked for after the password, of whoever it could name', async () => {
    const { stage } = await afterPassword(createSignInKit(AFTER))
    assert.ok(stage.kind === 'answer' && stage.offer.method === 'cps', JSON.stringify(stage))
    const nobody = createSignInKit({ ...AFTER, accounts: [account({ nationalId: null })] })
    const given = { login: 'c.exemple', password: PASSWORD, way: undefined }
    assert.deepEqual(await nobody.flow.start(nobody.at, nobody.visitor(), given, TARGET), {
      ok: false,
      reason: { reason: 'not-enrolled' },
    })
  })

  it('is not asked for after a password that begins another way', async () => {
    const kit = createSignInKit(
      ways(
        { id: 'card', methods: ['cps'] },
        { id: 'mailed-code', methods: ['password', 'email-code'], homologation: 'test' },
      ),
    )
    const { stage } = await afterPassword(kit)
    assert.ok(stage.kind === 'answer' && stage.offer.method === 'email-code' && !stage.hasOthers, JSON.stringify(stage))
  })

  it('completes the sign-in of the same person, once', async () => {
    const kit = createSignInKit(AFTER)
    const underWay = await afterPassword(kit)
    const at = { target: TARGET, underWay }
    const both = await Promise.all([card(), card()].map((one) => kit.flow.present(kit.at, kit.visitor(), one, at)))
    const [right, ...others] = both.filter(({ ok }) => ok)
    assert.ok(right?.ok && right.value.kind === 'proven')
    assert.deepEqual(right.value.proven.methods, ['password', 'cps'])
    assert.equal(others.length, 0)
    assert.equal(await kit.flow.find(kit.at, kit.visitor(), underWay.handle), null)
  })

  it('does not complete the sign-in of somebody else', async () => {
    const other = account({ id: 'account-2', login: 'a.modele', nationalId: '899900000011' })
    const kit = createSignInKit({ ...AFTER, accounts: [account(), other] })
    const underWay = await afterPassword(kit)
    const presented = await kit.flow.present(kit.at, kit.visitor(), card('899900000011'), { target: TARGET, underWay })
    assert.deepEqual(presented, { ok: false, reason: { reason: 'another-person' } })
    assert.equal(lastEvent(kit).detail, `another-person ${card().trace}`)
    assert.notEqual(await kit.flow.find(kit.at, kit.visitor(), underWay.handle), null)
  })

  it('cannot be answered by typing', async () => {
    const kit = createSignInKit(AFTER)
    const underWay = await afterPassword(kit)
    await assert.rejects(kit.flow.answer(kit.at, kit.visitor(), underWay, '123456'), /not answered on a page/)
  })

  it('goes before a second factor where the way asks for one', async () => {
    const kit = createSignInKit(ways({ id: 'card-code', methods: ['cps', 'email-code'], homologation: 'test' }))
    const presented = await present(kit, card())
    assert.ok(presented.ok && presented.value.kind === 'goes-on')
    const { stage } = presented.value.underWay
    assert.ok(stage.kind === 'answer' && stage.offer.method === 'email-code')
    assert.equal(kit.mails.length, 1)
  })
})
