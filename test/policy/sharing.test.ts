import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Decision, Reason } from '../../src/policy/access.ts'
import { siteSchema, type SiteFile } from '../../src/policy/schema.ts'
import { createSharing, type Sharing } from '../../src/policy/sharing.ts'
import { siteFile } from '../kit/sign-in.ts'

const ORIGINS = ['https://portail.example.test']

const sharingOf = (rules: NonNullable<SiteFile['rules']>) => createSharing(siteSchema.parse(siteFile({ rules })).rules)

const decision = (rule: string, ...reasons: readonly Reason[]): Decision => ({ verdict: 'allow', rule, reasons })

const CLOSED: Sharing = { keep: 'never', shownIn: 'own-pages', origins: [] }
const OPEN: Sharing = { keep: 'as-said', shownIn: 'anywhere', origins: [] }

const sharing = sharingOf([
  { id: 'open', match: { path: '/public/**' }, allow: 'anyone' },
  { id: 'open-careful', match: { path: '/news/**' }, allow: 'anyone', cache: 'never', embed: 'own-pages' },
  { id: 'open-fonts', match: { path: '/fonts/**' }, allow: 'anyone', origins: ORIGINS },
  { id: 'person', match: { path: '/dcc/**' }, allow: 'signed-in' },
  { id: 'code', match: { path: '/gwt/**' }, allow: 'signed-in', cache: 'browser', embed: 'same-site' },
  { id: 'api', match: { path: '/api/**' }, allow: { roles: ['medecin'] }, origins: ORIGINS, embed: 'anywhere' },
])

describe('what browsers may do with an answer', () => {
  it('R27, W-12, W-13: what needed a session is kept nowhere and shown in pages of the site alone', () => {
    assert.deepEqual(sharing(decision('person', 'signed-in')), CLOSED)
    assert.deepEqual(sharing(decision('default', 'signed-in')), CLOSED, 'the rule behind all others')
  })

  it('what is open to anyone is kept as the application says, and shown anywhere', () => {
    assert.deepEqual(sharing(decision('open', 'public')), OPEN)
  })

  it('W-12: a public path in an odd spelling needed a session: no cache may take it for the plain one', () => {
    assert.deepEqual(sharing(decision('open', 'signed-in')), CLOSED)
  })

  it('a rule says otherwise, for better and for worse', () => {
    assert.deepEqual(sharing(decision('open-careful', 'public')), { ...OPEN, keep: 'never', shownIn: 'own-pages' })
    assert.deepEqual(sharing(decision('code', 'signed-in')), { keep: 'browser', shownIn: 'same-site', origins: [] })
    assert.deepEqual(sharing(decision('api', 'conditions-met')), { ...CLOSED, shownIn: 'anywhere', origins: ORIGINS })
  })

  it('R9: its origins count for whoever comes, with a session and without', () => {
    for (const reasons of [['public'], ['signed-in'], ['preflight']] as const)
      assert.deepEqual(sharing(decision('open-fonts', ...reasons)).origins, ORIGINS)
  })

  it('R9: a preflight that passed as nobody’s opens nothing', () => {
    assert.deepEqual(sharing(decision('api', 'preflight')), { ...CLOSED, shownIn: 'anywhere', origins: ORIGINS })
    assert.equal(sharing(decision('open-fonts', 'preflight')).keep, 'never')
  })

  it('a rule that is not of this site, or has the name of something else, opens nothing', () => {
    for (const rule of ['', 'container', 'default', 'nothing', '__proto__', 'constructor', 'OPEN', 'open '])
      for (const reason of ['public', 'signed-in'] as const)
        assert.deepEqual(sharing(decision(rule, reason)), CLOSED, rule)
  })

  it('W-12: only `public` as the first reason opens, whatever rule and whatever other reasons there are', () => {
    const reason = fc.constantFrom<Reason>('public', 'preflight', 'signed-in', 'conditions-met', 'not-canonical')
    fc.assert(
      fc.property(
        fc.record({ rule: fc.constantFrom('open', 'person', 'default'), reasons: fc.array(reason, { maxLength: 3 }) }),
        ({ rule, reasons }) => {
          const isOpen = rule === 'open' && reasons[0] === 'public'
          assert.deepEqual(sharing(decision(rule, ...reasons)), isOpen ? OPEN : CLOSED)
        },
      ),
    )
  })
})
