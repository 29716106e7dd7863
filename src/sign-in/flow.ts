import type { Account, AccountDirectory } from '../accounts/directory.ts'
import type { ReturnTarget } from '../lib/return-target.ts'
import { accept, refuse, type Result } from '../lib/result.ts'
import type { MethodId, Way } from '../policy/schema.ts'
import type { Attempt, Attempts } from './attempt.ts'
import type { FlowSite } from './flow-site.ts'
import { identify, type IdentifyParts, type NotIdentified } from './identify.ts'
import type { AnswerRefusal, BeginRefusal, ConfirmingMethod, Question } from './method.ts'
import { personOf, traceOf, whoIs } from './trace.ts'
import type { Visitor } from './visitor.ts'
import { nextMethod } from './way.ts'

export interface Credentials {
  readonly login: string
  readonly password: string
  /** The button that was pressed; the first open way when none was named. */
  readonly way: string | undefined
}

export type StartRefusal =
  | NotIdentified
  /** The way named is not open today. */
  | { readonly reason: 'way-closed' }
  /** The password is right, but there is nothing to send a code to. */
  | { readonly reason: 'not-enrolled' }

export interface Started {
  readonly handle: string
  /** Why the first question could not be put, when it could not; the next page says it. */
  readonly delayed: BeginRefusal | null
}

/** Everything of a way is proved: what a session is made of. */
export interface Proven {
  readonly account: Account
  readonly way: Way
  readonly methods: readonly MethodId[]
  readonly target: ReturnTarget
}

/** A sign-in under way and the person it belongs to. */
export interface UnderWay {
  readonly attempt: Attempt
  readonly account: Account
  readonly way: Way
}

export type ContinueRefusal =
  | AnswerRefusal
  /** Not an answer at all (letters, too short): costs no try. */
  | { readonly reason: 'malformed' }
  | { readonly reason: 'throttled'; readonly wait: number }

export interface SignInFlow {
  /** Identifies by password, records the attempt and puts the way's next question. */
  start(
    at: FlowSite,
    visitor: Visitor,
    given: Credentials,
    target: ReturnTarget,
  ): Promise<Result<Started, StartRefusal>>
  /** The attempt of a handle for this browser; null when it is over, or its account or way is no longer there. */
  find(at: FlowSite, visitor: Visitor, handle: string): Promise<UnderWay | null>
  /** Puts the current question again. */
  again(at: FlowSite, visitor: Visitor, underWay: UnderWay): Promise<Result<undefined, BeginRefusal>>
  /** Judges an answer; accepted once, on all nodes, with everything a session needs. */
  answer(at: FlowSite, visitor: Visitor, underWay: UnderWay, given: string): Promise<Result<Proven, ContinueRefusal>>
}

export interface FlowParts extends IdentifyParts {
  readonly attempts: Attempts
  readonly directory: AccountDirectory
  readonly confirming: Readonly<Partial<Record<MethodId, ConfirmingMethod>>>
}

/** The steps of a sign-in, without a word of HTTP: what comes next is decided here, pages only show it. */
export const createSignInFlow = (parts: FlowParts): SignInFlow => {
  const { attempts, throttle, directory, trail } = parts

  const questionOf = (at: FlowSite, visitor: Visitor, { attempt, account }: UnderWay): Question => ({
    site: at.site,
    origin: at.origin,
    attempt,
    account,
    visitor,
  })

  const methodOf = (way: Way, attempt: Attempt): ConfirmingMethod => {
    const next = nextMethod(way, attempt.proved)
    const method = next === null ? undefined : parts.confirming[next]
    if (method === undefined) throw new Error(`way ${way.id} has no method to go on with`)
    return method
  }

  const find: SignInFlow['find'] = async (at, visitor, handle) => {
    const attempt = await attempts.find(handle, visitor.browser, at.site.site)
    if (attempt === null) return null
    const way = at.openWays.find(({ id }) => id === attempt.way)
    const account = await directory.findById(attempt.realm, attempt.account)
    return way === undefined || account === null || account.disabled ? null : { attempt, account, way }
  }

  return {
    start: async (at, visitor, given, target) => {
      const way = given.way === undefined ? at.openWays[0] : at.openWays.find(({ id }) => id === given.way)
      if (way === undefined) return refuse({ reason: 'way-closed' })
      const identified = await identify(parts, at, visitor, given)
      if (!identified.ok) return identified
      const account = identified.value
      const { handle, attempt } = await attempts.begin({
        browser: visitor.browser,
        site: at.site.site,
        realm: at.realm,
        way: way.id,
        account: account.id,
        proved: ['password'],
        target,
      })
      const begun = await methodOf(way, attempt).begin(questionOf(at, visitor, { attempt, account, way }))
      if (begun.ok) return accept({ handle, delayed: null })
      return begun.reason.reason === 'not-enrolled'
        ? refuse({ reason: 'not-enrolled' })
        : accept({ handle, delayed: begun.reason })
    },

    find,

    again: (at, visitor, underWay) => methodOf(underWay.way, underWay.attempt).begin(questionOf(at, visitor, underWay)),

    answer: async (at, visitor, underWay, given) => {
      const { attempt, account, way } = underWay
      const method = methodOf(way, attempt)
      if (!method.isAnswer(at.site, given)) return refuse({ reason: 'malformed' })
      const trace = { way: way.id, method: method.id, ...personOf(account), ...traceOf(at, visitor) }
      const who = whoIs(at, visitor, account.login)
      const admitted = await throttle.admit('code', who)
      if (!admitted.ok) {
        trail.record({ event: 'sign-in.throttled', ...trace })
        return refuse({ reason: 'throttled', wait: admitted.reason.wait })
      }
      const answered = await method.answer(questionOf(at, visitor, underWay), given)
      if (!answered.ok) {
        await throttle.failed('code', who)
        trail.record({ event: 'sign-in.code-refused', detail: answered.reason.reason, ...trace })
        return answered
      }
      const methods = [...attempt.proved, method.id]
      if (nextMethod(way, methods) !== null) throw new Error(`way ${way.id} has more steps than this version knows`)
      if (!(await attempts.finish(attempt))) return refuse({ reason: 'used' })
      await throttle.clear('code', who)
      return accept({ account, way, methods, target: attempt.target })
    },
  }
}
