import { nearest } from '../../lib/settings/nearest.ts'
import { entriesOf, type Draft } from '../../lib/settings/draft.ts'
import { error, warning, type Finding } from '../../lib/settings/problem.ts'
import { CONTAINER_RULE, DEFAULT_RULE, methodsOf } from '../decide.ts'
import { covers } from '../match.ts'
import type { Rule, Site } from '../schema.ts'
import type { Check } from './context.ts'

type RuleDraft = Draft<Rule>

function* checkIds(rules: readonly [number, RuleDraft][]): Generator<Finding> {
  const seen = new Map<string, number>()
  for (const [at, { id }] of rules) {
    if (id === undefined) continue
    const path = ['rules', at, 'id']
    const first = seen.get(id)
    if (id === DEFAULT_RULE) {
      yield error(path, 'any name but `default`', 'rename it: `default` is what stands behind all rules')
    } else if (id === CONTAINER_RULE) {
      yield error(path, 'any name but `container`', 'rename it: `container` is what stands before all rules')
    } else if (first !== undefined) {
      yield error(path, 'a name that no other rule has', `rename it: rules[${first}] has this name`)
    } else seen.set(id, at)
  }
}

function* checkConditions(rule: RuleDraft, at: number, wayIds: readonly string[]): Generator<Finding> {
  const { allow } = rule
  if (typeof allow !== 'object') return
  if (Object.values(allow).every((condition) => condition === undefined)) {
    yield error(
      ['rules', at, 'allow'],
      'at least one of roles, ways, level, networks',
      'write `allow: signed-in` if a session is enough',
    )
  }
  for (const [index, way] of entriesOf(allow.ways)) {
    if (wayIds.includes(way)) continue
    const meant = nearest(way, wayIds)
    yield error(
      ['rules', at, 'allow', 'ways', index],
      `a way of this site: ${wayIds.join(', ')}`,
      meant === undefined ? 'correct it, or add the way' : `did you mean \`${meant}\`?`,
    )
  }
}

/** What a rule speaks of, when all of it could be read. */
interface Reach {
  readonly at: number
  readonly id: string
  readonly paths: readonly string[]
  readonly methods: ReadonlySet<string> | undefined
}

const reachOf = (at: number, { id, match, allow }: RuleDraft): Reach | undefined => {
  if (id === undefined || match?.path === undefined || allow === undefined) return undefined
  const paths = entriesOf(match.path).map(([, pattern]) => pattern)
  const methods = match.methods && entriesOf(match.methods).map(([, method]) => method)
  const isWhole = paths.length === match.path.length && methods?.length === match.methods?.length
  // Only whether it is `anyone` counts here, and that is a text.
  const access = typeof allow === 'string' ? allow : 'signed-in'
  return isWhole ? { at, id, paths, methods: methodsOf({ match: { methods }, allow: access }) } : undefined
}

const includesMethods = (wide: Reach['methods'], narrow: Reach['methods']): boolean =>
  wide === undefined || (narrow !== undefined && [...narrow].every((method) => wide.has(method)))

/** The rule that takes everything of `rule` before it is asked; a path may be taken by one rule, the next by another. */
const shadowOf = (rule: Reach, earlier: readonly Reach[]): Reach | undefined => {
  const takers = rule.paths.map((path) =>
    earlier.find(
      (other) => includesMethods(other.methods, rule.methods) && other.paths.some((wide) => covers(wide, path)),
    ),
  )
  return takers.every((taker) => taker !== undefined) ? takers[0] : undefined
}

function* checkReach(rules: readonly [number, RuleDraft][], prefix: string): Generator<Finding> {
  const reaches = rules.flatMap(([at, rule]) => reachOf(at, rule) ?? [])
  for (const [index, rule] of reaches.entries()) {
    const shadow = shadowOf(rule, reaches.slice(0, index))
    if (shadow !== undefined) {
      yield warning(
        ['rules', rule.at],
        'a rule that some request can reach',
        `move it above \`${shadow.id}\`, which takes its requests, or remove it`,
      )
    }
    if (rule.paths.every((path) => covers(`${prefix}/**`, path))) {
      yield warning(
        ['rules', rule.at],
        `a path outside ${prefix}`,
        'remove it: the gate itself answers there, and no rule is asked',
      )
    }
  }
}

function* checkPublic(rule: RuleDraft, at: number): Generator<Finding> {
  if (rule.allow !== 'anyone') return
  const patterns = entriesOf(rule.match?.path)
  if (patterns.some(([, pattern]) => covers(pattern, '/**'))) {
    yield error(
      ['rules', at, 'match', 'path'],
      'a part of the site',
      'name the public folder: this rule opens the whole application to everybody',
    )
  }
}

export const checkRules: Check = function* (site: Draft<Site>) {
  const rules = entriesOf(site.rules)
  const wayIds = [...new Set(entriesOf(site.ways).flatMap(([, { id }]) => id ?? []))]
  yield* checkIds(rules)
  for (const [at, rule] of rules) {
    yield* checkConditions(rule, at, wayIds)
    yield* checkPublic(rule, at)
  }
  yield* checkReach(rules, site.prefix ?? '/_portillon')
}
