import type { Target } from '../lib/target.ts'
import { compileAccess, type Context, type Decision, type Judge, type WayStanding } from './access.ts'
import { compilePatterns, type PathMatcher } from './match.ts'
import type { AccessCondition, Rule, Site, Way } from './schema.ts'
import { createSharing, type Sharing } from './sharing.ts'
import type { Subject } from './subject.ts'
import { createWays, isOpen, openingTimes, type WaysNow } from './ways.ts'

export type { Context, Decision, Reason, Verdict } from './access.ts'
export type { Sharing } from './sharing.ts'

/** Id of the rule that stands behind all others: signed in by any way. */
export const DEFAULT_RULE = 'default'
/** Id of the rule that stands before all others: what belongs to the servlet container is nobody's (P-14). */
export const CONTAINER_RULE = 'container'

/** A rule ready to be asked. */
export interface CompiledRule {
  readonly id: string
  readonly allow: AccessCondition
  readonly paths: readonly string[]
  /** Undefined: every method. */
  readonly methods: ReadonlySet<string> | undefined
  readonly origins: readonly string[]
  readonly matchesPath: PathMatcher
  readonly judge: Judge
}

/** A site's policy as the data path and the sign-in ask it. Pure: no clock, no network, no memory of earlier questions. */
export interface Policy {
  readonly site: Site
  /** In order; the last one is the default and matches everything. */
  readonly rules: readonly CompiledRule[]
  decide(target: Target, subject: Subject, context: Context): Decision
  /** A path that the page polls by itself: it does not count as activity (R29). */
  isBackground(path: string): boolean
  isUpstreamSignOut(path: string): boolean
  /** Whether a form sent there may be kept when its session has ended (R7). */
  keepsForms(path: string): boolean
  /** The ways by which one may sign in at that moment and from that place, and the others. */
  waysAt(now: number, address: string | undefined): WaysNow
  /** Foreign origins whose pages may speak here as the person who is signed in. */
  originsFor(method: string, path: string): readonly string[]
  /** What browsers may do with the answer to a request that was allowed. */
  sharing(decision: Decision): Sharing
}

/** An `anyone` rule that names no method opens reading only (P-09). */
const READING: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/** The methods of a rule, undefined for every method. */
export const methodsOf = (rule: Pick<Rule, 'allow'> & { match: Pick<Rule['match'], 'methods'> }) =>
  rule.match.methods !== undefined ? new Set(rule.match.methods) : rule.allow === 'anyone' ? READING : undefined

const createStanding = (ways: readonly Way[]): WayStanding => {
  const times = new Map(ways.map((way) => [way.id, openingTimes(way)]))
  return (way, now) => {
    const known = times.get(way)
    return known === undefined ? 'way-not-accepted' : isOpen(known, now) ? 'open' : 'way-closed'
  }
}

const compileRule = (rule: Rule, standing: WayStanding, isOpenToCalls?: PathMatcher): CompiledRule => ({
  id: rule.id,
  allow: rule.allow,
  paths: rule.match.path,
  methods: methodsOf(rule),
  origins: rule.origins ?? [],
  matchesPath: compilePatterns(rule.match.path),
  judge: compileAccess(rule.id, rule.allow, standing, isOpenToCalls),
})

/** Servers on file systems that know no case serve `/web-inf` too. */
const compileContainer = ({ upstream }: Site, standing: WayStanding): CompiledRule => {
  const path = upstream.closed.map((pattern) => pattern.toLowerCase())
  const rule = compileRule({ id: CONTAINER_RULE, match: { path }, allow: 'no-one' }, standing)
  return { ...rule, matchesPath: (asked) => rule.matchesPath(asked.toLowerCase()) }
}

export const createPolicy = (site: Site): Policy => {
  const standing = createStanding(site.ways)
  const container = compileContainer(site, standing)
  const confined = site['contextual-call']?.confined
  const isOpenToCalls = confined === undefined ? undefined : compilePatterns(confined)
  const fallback = compileRule(
    { id: DEFAULT_RULE, match: { path: ['/**'] }, allow: 'signed-in' },
    standing,
    isOpenToCalls,
  )
  const rules = [...site.rules.map((rule) => compileRule(rule, standing, isOpenToCalls)), fallback]
  const ruleFor = (method: string, path: string): CompiledRule => {
    if (container.matchesPath(path)) return container
    for (const rule of rules) {
      if ((rule.methods === undefined || rule.methods.has(method)) && rule.matchesPath(path)) return rule
    }
    return fallback
  }

  return {
    site,
    rules,
    decide: (target, subject, context) => ruleFor(target.method, target.path).judge(target, subject, context),
    isBackground: compilePatterns(site.session.background),
    keepsForms: compilePatterns(site.forms.paths),
    isUpstreamSignOut: compilePatterns(site['sign-out']['upstream-paths']),
    waysAt: createWays(site.ways),
    originsFor: (method, path) => ruleFor(method, path).origins,
    sharing: createSharing(site.rules),
  }
}
