import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseTarget } from '../../src/lib/path.ts'
import { createPolicy } from '../../src/policy/decide.ts'
import type { SiteFile } from '../../src/policy/schema.ts'
import { ANONYMOUS } from '../../src/policy/subject.ts'
import { makeSite, person } from './site.ts'

type RuleFile = NonNullable<SiteFile['rules']>[number]

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

const pattern = fc
  .array(fc.constantFrom('a', 'b', 'public', '*', '**', 'p*'), { minLength: 1, maxLength: 4 })
  .map((segments) => `/${segments.join('/')}`)

const allow = fc.constantFrom<RuleFile['allow'][]>(
  'anyone',
  'anyone',
  'signed-in',
  'no-one',
  { roles: ['r'] },
  { level: 2 },
  { ways: ['mailed-code'] },
  { networks: ['0.0.0.0/0', '::/0'] },
)

const rules = fc
  .array(
    fc.record({
      path: fc.array(pattern, { minLength: 1, maxLength: 2 }),
      methods: fc.option(fc.subarray([...METHODS], { minLength: 1 }), { nil: undefined }),
      allow,
    }),
    { maxLength: 5 },
  )
  .map((made) =>
    made.map(({ path, methods, allow: access }, at): RuleFile => ({
      id: `r${at}`,
      match: { path, ...(methods !== undefined && { methods }) },
      allow: access,
    })),
  )

/** Plain paths, and the spellings with which gates have been walked round. */
const plain = fc.array(fc.constantFrom('a', 'b', 'public', 'px'), { minLength: 1, maxLength: 3 })
const strange = fc.array(
  fc.constantFrom('a', 'public', '', '%61', 'a;x=1', 'public;', '..;', '..', '.', '%2e%2e', '%2f', 'é'),
  { minLength: 1, maxLength: 5 },
)
const url = fc
  .tuple(fc.oneof(plain, strange), fc.constantFrom('', '?x=/public/', ';y'))
  .map(([segments, tail]) => `/${segments.join('/')}${tail}`)

const address = fc.constantFrom(undefined, '192.0.2.1', '2001:db8::1', 'nonsense')

/** Says again, without the product's code, whether an `anyone` rule speaks of this very path and method. */
const isOpenedByRule = (rule: RuleFile | undefined, method: string, path: string): boolean => {
  if (rule?.allow !== 'anyone') return false
  const methods: readonly string[] = rule.match.methods ?? ['GET', 'HEAD']
  const source = (text: string) =>
    text
      .slice(1)
      .split('/')
      .map((segment) =>
        segment === '**' ? '(?:/[^/]*)*' : segment === '*' ? '/[^/]+' : `/${segment.replaceAll('*', '[^/]*')}`,
      )
      .join('')
  return methods.includes(method) && [rule.match.path].flat().some((text) => new RegExp(`^${source(text)}$`).test(path))
}

describe('whatever the rules and however the request is spelt', () => {
  it('a visitor without a session passes only where an `anyone` rule names the plain path and the method', () => {
    let allowed = 0
    fc.assert(
      fc.property(rules, fc.constantFrom(...METHODS), url, address, (made, method, raw, from) => {
        const target = parseTarget(method, raw)
        fc.pre(target.ok)
        const policy = createPolicy(makeSite({ rules: made }))
        const decision = policy.decide(target.value, ANONYMOUS, { address: from, now: 0 })
        if (decision.verdict !== 'allow') return
        allowed += 1
        assert.equal(raw.split('?')[0], target.value.path, 'only the plain spelling is open')
        assert.ok(
          isOpenedByRule(
            made.find(({ id }) => id === decision.rule),
            method,
            target.value.path,
          ),
        )
      }),
      { numRuns: 3_000 },
    )
    assert.ok(allowed > 30, `the property was hardly tried: ${allowed} times`)
  })

  it('signing in never closes what was open without, and a `no-one` rule is open to nobody', () => {
    fc.assert(
      fc.property(rules, fc.constantFrom(...METHODS), url, (made, method, raw) => {
        const target = parseTarget(method, raw)
        fc.pre(target.ok)
        const policy = createPolicy(makeSite({ rules: made }))
        const before = policy.decide(target.value, ANONYMOUS, { address: undefined, now: 0 })
        const after = policy.decide(target.value, person({ roles: ['r'], level: 3 }), { address: undefined, now: 0 })
        assert.equal(after.rule, before.rule)
        if (before.verdict === 'allow') assert.equal(after.verdict, 'allow')
        if (made.find(({ id }) => id === after.rule)?.allow === 'no-one') assert.equal(after.verdict, 'deny')
      }),
      { numRuns: 2_000 },
    )
  })
})
