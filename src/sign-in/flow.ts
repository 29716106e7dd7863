import type { Account, AccountDirectory } from '../accounts/directory.ts'
import type { Factors } from '../accounts/factors.ts'
import type { ReturnTarget } from '../lib/return-target.ts'
import { accept, refuse, type Result } from '../lib/result.ts'
import type { MethodId, Way } from '../policy/schema.ts'
import { answerQuestion, type ContinueRefusal } from './answer.ts'
import type { Attempt, Attempts } from './attempt.ts'
import type { FlowSite } from './flow-site.ts'
import { identify, type IdentifyParts, type NotIdentified } from './identify.ts'
import type { BeginRefusal, ConfirmingMethod, Offer, Question } from './method.ts'
import { firstOffer, stageOf, type Stage, type StageParts } from './stage.ts'
import type { Visitor } from './visitor.ts'

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
  /** The password is right, but the account has nothing else that could be asked for. */
  | { readonly reason: 'not-enrolled' }

/** A sign-in under way, the person it belongs to, and where it stands. */
export interface UnderWay {
  readonly attempt: Attempt
  readonly account: Account
  readonly stage: Stage
}

export interface Started {
  readonly handle: string
  readonly underWay: UnderWay
  /** Why the first question could not be put, when it could not; the next page says it. */
  readonly delayed: BeginRefusal | null
}

/** Everything of a way is proved: what a session is made of. */
export interface Proven {
  readonly account: Account
  readonly way: Way
  readonly methods: readonly MethodId[]
  readonly target: ReturnTarget
  /** What the person wanted to enrol as soon as they are signed in. */
  readonly then: MethodId | null
}

/** What a right answer leads to: a session, or the next page of the same attempt. */
export type Progress =
  | { readonly kind: 'proven'; readonly proven: Proven }
  | { readonly kind: 'goes-on'; readonly underWay: UnderWay; readonly delayed: BeginRefusal | null }

export interface Choice {
  readonly method: string
  readonly choice: string
  /** Ask for this one first from now on. */
  readonly remember: boolean
  readonly then: MethodId | null
}

export interface SignInFlow {
  /** Identifies by password, records the attempt and puts the first question, unless there is something to choose. */
  start(
    at: FlowSite,
    visitor: Visitor,
    given: Credentials,
    target: ReturnTarget,
  ): Promise<Result<Started, StartRefusal>>
  /** The attempt of a handle for this browser; null when it is over, or nothing can be asked for any more. */
  find(at: FlowSite, visitor: Visitor, handle: string): Promise<UnderWay | null>
  /** Asks for one of the offers. `unknown-choice`: it is not among them (any more). */
  choose(
    at: FlowSite,
    visitor: Visitor,
    underWay: UnderWay,
    choice: Choice,
  ): Promise<Result<{ readonly underWay: UnderWay; readonly delayed: BeginRefusal | null }, 'unknown-choice'>>
  /** Back to the choice: another of the offers is to be asked for. */
  reconsider(at: FlowSite, underWay: UnderWay): Promise<UnderWay | null>
  /** Puts the current question again. */
  again(at: FlowSite, visitor: Visitor, underWay: UnderWay): Promise<Result<undefined, BeginRefusal>>
  /** Judges an answer; accepted once, on all nodes. */
  answer(at: FlowSite, visitor: Visitor, underWay: UnderWay, given: string): Promise<Result<Progress, ContinueRefusal>>
  /**
   * Goes on after an obligation was met.
   * @param enrolled the method that was put in the place of one that is over, and proved with its first code
   */
  settle(
    at: FlowSite,
    visitor: Visitor,
    underWay: UnderWay,
    enrolled?: MethodId,
  ): Promise<Result<Progress, { readonly reason: 'used' }>>
}

export interface FlowParts extends IdentifyParts, StageParts {
  readonly attempts: Attempts
  readonly directory: AccountDirectory
  readonly factors: Pick<Factors, 'preference' | 'prefer'>
}

/** The steps of a sign-in, without a word of HTTP: what comes next is decided here, pages only show it. */
export const createSignInFlow = (parts: FlowParts): SignInFlow => {
  const { attempts, directory, factors } = parts

  const questionOf = (at: FlowSite, visitor: Visitor, { attempt, account }: UnderWay, offer: Offer): Question => ({
    site: at.site,
    origin: at.origin,
    attempt,
    account,
    visitor,
    choice: offer.choice,
  })

  const methodOf = (offer: Offer): ConfirmingMethod => {
    const method = parts.confirming[offer.method]
    if (method === undefined) throw new Error(`nothing can ask for ${offer.method}`)
    return method
  }

  const standing = async (at: FlowSite, attempt: Attempt, account: Account): Promise<UnderWay> => ({
    attempt,
    account,
    stage: await stageOf(parts, at, attempt, account),
  })

  /** Puts the question that needs no choice; otherwise everything stays as it is. */
  const goOn = async (at: FlowSite, visitor: Visitor, underWay: UnderWay) => {
    if (underWay.stage.kind !== 'choose') return { underWay, delayed: null }
    const offer = firstOffer(underWay.stage, await factors.preference(underWay.account.id))
    return offer === undefined ? { underWay, delayed: null } : ask(at, visitor, underWay, offer)
  }

  const ask = async (at: FlowSite, visitor: Visitor, { attempt, account }: UnderWay, offer: Offer, then = attempt.then) => {
    const asking = { method: offer.method, choice: offer.choice }
    // Somebody else changed it in the same instant: what they asked for stands.
    const changed = (await attempts.change(attempt, { asking, then })) ?? attempt
    const underWay = await standing(at, changed, account)
    if (underWay.stage.kind !== 'answer') return { underWay, delayed: null }
    const begun = await methodOf(offer).begin(questionOf(at, visitor, underWay, offer))
    return { underWay, delayed: begun.ok ? null : begun.reason }
  }

  const find: SignInFlow['find'] = async (at, visitor, handle) => {
    const attempt = await attempts.find(handle, visitor.browser, at.site.site)
    if (attempt === null) return null
    const account = await directory.findById(attempt.realm, attempt.account)
    if (account === null || account.disabled) return null
    const underWay = await standing(at, attempt, account)
    return underWay.stage.kind === 'stuck' ? null : underWay
  }

  const progress = async (
    at: FlowSite,
    visitor: Visitor,
    attempt: Attempt,
    account: Account,
  ): Promise<Result<Progress, { readonly reason: 'used' }>> => {
    const underWay = await standing(at, attempt, account)
    if (underWay.stage.kind !== 'proven') return accept({ kind: 'goes-on', ...(await goOn(at, visitor, underWay)) })
    if (!(await attempts.finish(attempt))) return refuse({ reason: 'used' })
    const { proved, target, then } = attempt
    return accept({ kind: 'proven', proven: { account, way: underWay.stage.way, methods: proved, target, then } })
  }

  return {
    start: async (at, visitor, given, target) => {
      const isOpen = given.way === undefined ? at.ways.open.length > 0 : at.ways.open.some(({ id }) => id === given.way)
      if (!isOpen && at.ways.inGrace.length === 0) return refuse({ reason: 'way-closed' })
      const identified = await identify(parts, at, visitor, given)
      if (!identified.ok) return identified
      const account = identified.value
      const { handle, attempt } = await attempts.begin({
        browser: visitor.browser,
        site: at.site.site,
        realm: at.realm,
        account: account.id,
        proved: ['password'],
        asking: null,
        then: null,
        target,
      })
      const underWay = await standing(at, attempt, account)
      if (underWay.stage.kind === 'stuck') {
        await attempts.finish(attempt)
        return refuse({ reason: 'not-enrolled' })
      }
      return accept({ handle, ...(await goOn(at, visitor, underWay)) })
    },

    find,

    choose: async (at, visitor, underWay, { method, choice, remember, then }) => {
      const reconsidered = await standing(at, { ...underWay.attempt, asking: null }, underWay.account)
      const offers = reconsidered.stage.kind === 'choose' ? reconsidered.stage.offers : []
      const offer = offers.find((one) => one.method === method && one.choice === choice)
      if (offer === undefined) return refuse('unknown-choice')
      if (remember) await factors.prefer(underWay.account.id, { method: offer.method, choice: offer.choice })
      return accept(await ask(at, visitor, underWay, offer, then))
    },

    reconsider: async (at, underWay) => {
      const changed = await attempts.change(underWay.attempt, { asking: null })
      return changed === null ? null : standing(at, changed, underWay.account)
    },

    again: async (at, visitor, underWay) => {
      const { stage } = underWay
      if (stage.kind !== 'answer') return refuse({ reason: 'not-enrolled' })
      return methodOf(stage.offer).begin(questionOf(at, visitor, underWay, stage.offer))
    },

    answer: async (at, visitor, underWay, given) => {
      const { attempt, account, stage } = underWay
      if (stage.kind !== 'answer') return refuse({ reason: 'used' })
      const method = methodOf(stage.offer)
      const question = questionOf(at, visitor, underWay, stage.offer)
      const answered = await answerQuestion(parts, method, question, at, given)
      if (!answered.ok) return answered
      const changed = await attempts.change(attempt, { proved: [...attempt.proved, method.id], asking: null })
      return changed === null ? refuse({ reason: 'used' }) : progress(at, visitor, changed, account)
    },

    settle: async (at, visitor, { attempt, account, stage }, enrolled) => {
      if (enrolled === undefined) return progress(at, visitor, attempt, account)
      const isCalledFor =
        stage.kind === 'obliged' &&
        stage.obligation.kind === 'new-method' &&
        stage.obligation.methods.includes(enrolled)
      if (!isCalledFor) throw new Error(`${enrolled} was enrolled although the attempt did not ask for it`)
      const changed = await attempts.change(attempt, { proved: [...attempt.proved, enrolled] })
      return changed === null ? refuse({ reason: 'used' }) : progress(at, visitor, changed, account)
    },
  }
}
