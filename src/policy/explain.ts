import type { TargetRefusal } from '../lib/ambiguous.ts'
import { parseTarget } from '../lib/path.ts'
import type { Target } from '../lib/target.ts'
import type { Context, Decision, Policy } from './decide.ts'
import type { Subject } from './subject.ts'

/** A request that somebody wonders about. */
export interface Question extends Context {
  readonly method: string
  /** Path and query, or a whole address as copied from a browser. */
  readonly url: string
  readonly subject: Subject
}

/** What becomes of a request, and why; the same parts decide here and on the data path. */
export type Explanation =
  /** Answered before any rule is asked. */
  | { readonly kind: 'refused'; readonly status: 400 | 414 | 421; readonly reason: TargetRefusal | 'host-unknown' }
  /** A page of the gate itself: no rule is asked. */
  | { readonly kind: 'own'; readonly target: Target }
  | {
      readonly kind: 'judged'
      readonly target: Target
      readonly decision: Decision
      /** The rules that were asked before the one that decided, and what of them did not fit. */
      readonly skipped: readonly { readonly rule: string; readonly because: 'path' | 'method' }[]
      /** It does not count as activity. */
      readonly isBackground: boolean
      /** It also ends the session. */
      readonly isSignOut: boolean
    }

const WHOLE_ADDRESS = /^https?:\/\/(?<host>[^/?#]*)(?<rest>.*)$/is

const judge = (policy: Policy, target: Target, { subject, address, now }: Question): Explanation => {
  const decision = policy.decide(target, subject, { address, now })
  const decided = policy.rules.findIndex(({ id }) => id === decision.rule)
  return {
    kind: 'judged',
    target,
    decision,
    // The rule of the container stands before the list: nothing was skipped.
    skipped: policy.rules.slice(0, Math.max(0, decided)).map((rule) => ({
      rule: rule.id,
      because: rule.matchesPath(target.path) ? 'method' : 'path',
    })),
    isBackground: policy.isBackground(target.path),
    isSignOut: policy.isUpstreamSignOut(target.path),
  }
}

/** Answers what the gate would do with a request, and by which rule. */
export const explain = (policy: Policy, question: Question): Explanation => {
  const { host, rest = '' } = WHOLE_ADDRESS.exec(question.url)?.groups ?? {}
  if (host !== undefined && !policy.site.hosts.includes(host.toLowerCase())) {
    return { kind: 'refused', status: 421, reason: 'host-unknown' }
  }
  const raw = host === undefined ? question.url : rest.startsWith('/') ? rest : `/${rest}`
  const target = parseTarget(question.method, raw)
  if (!target.ok) return { kind: 'refused', status: target.reason === 'too-long' ? 414 : 400, reason: target.reason }
  const { path } = target.value
  const { prefix } = policy.site
  const isOwn = path.toLowerCase() === prefix.toLowerCase() || path.toLowerCase().startsWith(`${prefix.toLowerCase()}/`)
  return isOwn ? { kind: 'own', target: target.value } : judge(policy, target.value, question)
}
