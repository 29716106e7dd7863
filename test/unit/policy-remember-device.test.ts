import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPolicy } from '../../src/policy/decide.ts'
import { explain } from '../../src/policy/explain.ts'
import { rememberFor, rememberedProofs } from '../../src/policy/remember-device.ts'
import { siteSchema, type SiteFile } from '../../src/policy/schema.ts'
import { supposeSubject } from '../../src/policy/supposed-subject.ts'
import { siteFile } from '../kit/sign-in.ts'
import { problemsOf, siteText } from '../policy/site-text.ts'
import { tells } from '../policy/tells.ts'

const DAY = 86_400_000
const APPLICATION: SiteFile['ways'][number] = { id: 'application', methods: ['password', 'totp'], level: 2 }
const siteOf = (fields: Partial<SiteFile>) => siteSchema.parse(siteFile(fields))
const times = (fields: Partial<SiteFile>) => {
  const site = siteOf(fields)
  return site.ways.map((way) => rememberFor(site, way))
}

describe('R25: for how long a device may be remembered', () => {
  it('is not at all, unless the policy says it', () => {
    assert.deepEqual(times({}), [null])
  })

  it('is what the site says, or what a way says in its place', () => {
    const ways = [
      { id: 'mailed-code', methods: ['password', 'email-code'] },
      { ...APPLICATION, 'remember-device': { for: '7d' } },
      { ...APPLICATION, id: 'never', 'remember-device': 'never' },
    ] as SiteFile['ways']
    assert.deepEqual(times({ 'remember-device': { for: '30d' }, ways }), [30 * DAY, 7 * DAY, null])
    assert.deepEqual(times({ ways }), [null, 7 * DAY, null])
  })

  it('is nothing where no second factor could be left out', () => {
    const ways = [
      { id: 'recovery', methods: ['password', 'recovery-code'] },
      { id: 'passkey', methods: ['password', 'passkey'] },
      { id: 'three', methods: ['password', 'totp', 'email-code'] },
    ] as SiteFile['ways']
    assert.deepEqual(times({ 'remember-device': { for: '30d' }, ways }), [null, null, null])
  })

  it('says of a session what it is: the password, at level 1', () => {
    const site = siteOf({ ways: [APPLICATION], 'remember-device': { for: '30d' } })
    assert.deepEqual(rememberedProofs(APPLICATION), ['password', 'remembered-device'])
    const subject = supposeSubject(site, { way: 'application', remembered: true })
    assert.equal(subject?.level, 1)
    assert.deepEqual(subject.methods, ['password', 'remembered-device'])
  })

  it('is not enough where a rule asks for level 2: explain says why', () => {
    const rules: SiteFile['rules'] = [{ id: 'strong', match: { path: '/admin/**' }, allow: { level: 2 } }]
    const site = siteOf({ ways: [APPLICATION], 'remember-device': { for: '30d' }, rules })
    const subject = supposeSubject(site, { remembered: true }) ?? assert.fail()
    const question = { method: 'GET', url: '/admin/x', subject, address: undefined, now: 0 }
    const explained = explain(createPolicy(site), question)
    assert.ok(explained.kind === 'judged')
    assert.equal(explained.decision.verdict, 'sign-in')
    assert.deepEqual(explained.decision.reasons, ['level-too-low'])
  })
})

describe('`remember-device`', () => {
  tells('for longer than a month is warned of', {
    in: { more: 'remember-device: { for: 90d } # here' },
    path: 'remember-device.for',
    severity: 'warning',
    expected: /at most 30d/,
    remedy: /shorten/,
  })
  tells('of a way that has no second factor to leave out is told', {
    in: {
      ways: 'ways:\n  - { id: recovery, methods: [password, recovery-code], remember-device: { for: 30d } } # here',
    },
    path: 'ways[0].remember-device',
    expected: /`email-code` or `totp`/,
    remedy: /leave `remember-device` out/,
  })
  tells('that is no setting is told the form', {
    in: { more: 'remember-device: { for: a month } # here' },
    path: 'remember-device.for',
    value: 'a month',
    expected: /from 1h to 3650d/,
    remedy: /./,
  })

  it('beside a way of level 2 and no rule that asks for it is warned of, and with such a rule it is not', () => {
    const ways = `ways: [{ id: a, methods: [password, totp], level: 2, homologation: x }]`
    const remember = 'remember-device: { for: 30d }'
    const warned = problemsOf(siteText({ ways, more: remember }))
    assert.deepEqual(
      warned.map(({ path, severity }) => [path, severity]),
      [['remember-device', 'warning']],
    )
    const more = `${remember}\nrules: [{ id: a, match: { path: /x }, allow: { level: 2 } }]`
    assert.deepEqual(problemsOf(siteText({ ways, more })), [])
  })
})

describe('people are told by mail what happens to their account', () => {
  tells('R31: a site that names no sender is warned', {
    in: {
      ways: 'ways: [{ id: a, methods: [password, totp], level: 2, homologation: x }]',
      'email-code': '',
      site: 'site: test # here',
    },
    path: 'mail',
    severity: 'warning',
    expected: /a sender/,
    remedy: /mail: \{ from/,
  })
})
