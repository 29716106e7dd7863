import { createAddressList, isInList } from '../lib/address.ts'
import type { Target } from '../lib/target.ts'
import type { PathMatcher } from './match.ts'
import type { AccessCondition } from './schema.ts'
import type { SignedIn, Subject } from './subject.ts'

/** Why a request was judged as it was; the same names stand in the log, in `explain` and in the case files. */
export type Reason =
  /** Anyone may pass here. */
  | 'public'
  /** A browser asks for a script of a listed origin whether it may ask, and never says who it is (R9). */
  | 'preflight'
  /** A session is enough here, and there is one. */
  | 'signed-in'
  /** Every condition of the rule holds. */
  | 'conditions-met'
  | 'no-session'
  /** Another spelling of a public path; a reader that understands it differently must not be reached without a session. */
  | 'not-canonical'
  | 'no-one'
  | 'role-missing'
  /** Opened by a way that the rule, or by now the site, does not list. */
  | 'way-not-accepted'
  /** The last day of the way that opened the session has passed. */
  | 'way-closed'
  | 'level-too-low'
  | 'network-not-accepted'
  /** The session was opened by a call, which opens other paths than this one. */
  | 'confined'

export type Verdict = 'allow' | 'sign-in' | 'deny'

export interface Decision {
  readonly verdict: Verdict
  /** Id of the rule that decided, or `default`. */
  readonly rule: string
  readonly reasons: readonly Reason[]
}

export interface Context {
  /** The visitor's address; undefined satisfies no network condition (H-10). */
  readonly address: string | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

export type Judge = (target: Target, subject: Subject, context: Context) => Decision

/** What the site makes of the way that opened a session. */
export type WayStanding = (way: string, now: number) => 'open' | 'way-closed' | 'way-not-accepted'

/** One bit a failing, so that each combination has one decision, made once: judging a request makes no object. */
const FAILINGS = [
  'no-one',
  'network-not-accepted',
  'role-missing',
  'way-closed',
  'way-not-accepted',
  'level-too-low',
  'confined',
  'not-canonical',
  'no-session',
] as const satisfies readonly Reason[]
type Failing = (typeof FAILINGS)[number]

const bit = Object.fromEntries(FAILINGS.map((failing, at) => [failing, 1 << at])) as Record<Failing, number>

/** Signing in, or signing in again by a better way, does not heal these. */
const FINAL = bit['no-one'] | bit['network-not-accepted'] | bit['role-missing']

const createDecisions = (rule: string, whenAllowed: Reason): ((failings: number) => Decision) => {
  const made: Decision[] = []
  return (failings) =>
    (made[failings] ??= Object.freeze({
      verdict: failings === 0 ? 'allow' : (failings & FINAL) === 0 ? 'sign-in' : 'deny',
      rule,
      reasons: Object.freeze(failings === 0 ? [whenAllowed] : FAILINGS.filter((name) => (failings & bit[name]) !== 0)),
    }))
}

type Conditions = Exclude<AccessCondition, string>

const compileConditions = (conditions: Conditions, standing: WayStanding, isOpenToCalls: PathMatcher) => {
  const { roles, ways, level = 0 } = conditions
  const networks = conditions.networks === undefined ? undefined : createAddressList(conditions.networks)

  const ofPerson = (person: SignedIn, now: number, path: string): number => {
    const way = standing(person.way, now)
    let failings = way === 'open' ? 0 : bit[way]
    if (ways !== undefined && !ways.includes(person.way)) failings |= bit['way-not-accepted']
    if (roles !== undefined && !roles.some((role) => person.roles.includes(role))) failings |= bit['role-missing']
    if (person.level < level) failings |= bit['level-too-low']
    if (person.call?.confined === true && !isOpenToCalls(path)) failings |= bit.confined
    return failings
  }

  return ({ path }: Target, subject: Subject, { address, now }: Context): number => {
    const failings = subject.kind === 'anonymous' ? bit['no-session'] : ofPerson(subject, now, path)
    const isInside = networks === undefined || (address !== undefined && isInList(networks, address))
    return isInside ? failings : failings | bit['network-not-accepted']
  }
}

/**
 * Makes the judge of one rule: pure, and cheap enough for every request.
 * @param isOpenToCalls the paths that a session serves which was opened by a call, and is confined
 */
export const compileAccess = (
  rule: string,
  allow: AccessCondition,
  standing: WayStanding,
  isOpenToCalls: PathMatcher = () => true,
): Judge => {
  const isConditional = typeof allow === 'object'
  const decisions = createDecisions(rule, isConditional ? 'conditions-met' : 'signed-in')
  if (allow === 'no-one') return () => decisions(bit['no-one'])

  const failingsOf = compileConditions(isConditional ? allow : {}, standing, isOpenToCalls)
  if (allow !== 'anyone') return (target, subject, context) => decisions(failingsOf(target, subject, context))

  const open: Decision = Object.freeze({ verdict: 'allow', rule, reasons: Object.freeze<Reason[]>(['public']) })
  return (target, subject, context) => {
    if (target.canonical) return open
    const failings = failingsOf(target, subject, context)
    return decisions(failings === 0 ? 0 : failings | bit['not-canonical'])
  }
}
