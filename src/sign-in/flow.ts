import type { ReturnTarget } from '../lib/return-target.ts'
import { accept, refuse, type Result } from '../lib/result.ts'
import type { MethodId, Way } from '../policy/schema.ts'
import { answerQuestion, type ContinueRefusal } from './answer.ts'
import { ask, askFirst, choicesOf, methodOf, progress, put, questionOf, recordRefused, refuseUsed } from './asking.ts'
import type { Account } from '../accounts/directory.ts'
import type { Attempt } from './attempt.ts'
import type { Evidence } from './evidence.ts'
import type { FlowSite } from './flow-site.ts'
import { identify, type NotIdentified } from './identify.ts'
import { presentEvidence, type Presented, type PresentRefusal } from './present.ts'
import { recognisePerson, type RecognitionRefusal } from './recognise.ts'
import { whoIs } from './trace.ts'
import type { BeginRefusal, ConfirmingMethod, OfferedMethod } from './method.ts'
import type { Stage } from './stage.ts'
import { provenOnDevice, rememberTime, type BroughtDevice } from './remembered.ts'
import { standing, type FlowParts, type GoesOn, type Progress, type Proven, type UnderWay } from './under-way.ts'
import type { Visitor } from './visitor.ts'

export interface Credentials {
  readonly login: string
  readonly password: string
  /** The button that was pressed; the first open way when none was named. */
  readonly way: string | undefined
  /** What may spare the person their second factor; without it nothing does. */
  readonly device?: BroughtDevice
}

/** A sign-in that has begun; `proven` when nothing else is asked, because this browser is remembered. */
export interface Started extends GoesOn {
  readonly handle: string
  readonly proven: Proven | null
}

export type StartRefusal =
  | NotIdentified
  /** The way named is not open today. */
  | { readonly reason: 'way-closed' }
  /** The password is right, but the account has nothing else that could be asked for. */
  | { readonly reason: 'not-enrolled' }

export interface Choice {
  readonly method: string
  readonly choice: string
  /** Ask for this one first from now on. */
  readonly remember: boolean
  /** What to enrol as soon as the person is signed in. */
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
  /** Finds out who somebody is by a passkey alone, where a way allows it, and begins and ends the attempt with it. */
  recognise(
    at: FlowSite,
    visitor: Visitor,
    given: string,
    target: ReturnTarget,
  ): Promise<Result<Progress & { readonly handle: string }, RecognitionRefusal>>
  /**
   * Goes on with a proof that was made outside of the pages and names its person: begins the attempt, or completes the one
   * under way when it is the same person's.
   */
  present(
    at: FlowSite,
    visitor: Visitor,
    evidence: Evidence,
    to: Presented,
  ): Promise<Result<Progress & { readonly handle: string }, PresentRefusal>>
  /** The attempt of a handle for this browser; null when it is over, or nothing can be asked for any more. */
  find(at: FlowSite, visitor: Visitor, handle: string): Promise<UnderWay | null>
  /** What could be asked for, whatever is asked for now; null when there is nothing to choose. */
  choices(at: FlowSite, underWay: UnderWay): Promise<Extract<Stage, { kind: 'choose' }> | null>
  /** Asks for one of the offers. `unknown-choice`: it is not among them (any more). */
  choose(at: FlowSite, visitor: Visitor, underWay: UnderWay, choice: Choice): Promise<Result<GoesOn, 'unknown-choice'>>
  /** Puts the current question again. */
  again(at: FlowSite, visitor: Visitor, underWay: UnderWay): Promise<Result<undefined, BeginRefusal>>
  /**
   * Judges an answer; accepted once, on all nodes.
   * @param remember the person wants not to be asked in this browser for a while, where the policy allows it
   */
  answer(
    at: FlowSite,
    visitor: Visitor,
    underWay: UnderWay,
    given: string,
    remember?: boolean,
  ): Promise<Result<Progress, ContinueRefusal>>
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

/** Where no way begins with a password, none is judged: a form that tells right from wrong ones would serve guessing alone. */
const asksPassword = ({ methods }: Way): boolean => methods[0] === 'password'

/** Names the account and begins the attempt. */
const start =
  (parts: FlowParts): SignInFlow['start'] =>
  async (at, visitor, given, target) => {
    const open = at.ways.open.filter(asksPassword)
    const inGrace = at.ways.inGrace.filter(asksPassword)
    const isOpen = given.way === undefined ? open.length > 0 : open.some(({ id }) => id === given.way)
    if (!isOpen && inGrace.length === 0) {
      recordRefused(parts, at, visitor, 'way-closed')
      return refuse({ reason: 'way-closed' })
    }
    const identified = await identify(parts, at, visitor, given)
    if (!identified.ok) return identified
    const account = identified.value
    const { handle, attempt } = await parts.attempts.begin({
      browser: visitor.browser,
      site: at.site.site,
      realm: at.realm,
      account: account.id,
      proved: ['password'],
      asking: null,
      then: null,
      passwordSetAt: await parts.passwordSetAt(account),
      target,
    })
    const underWay = await standing(parts, at, attempt, account)
    const { device } = given
    const proven = device === undefined ? null : await provenOnDevice(parts, at, attempt, account, device)
    if (proven !== null && (await parts.attempts.finish(attempt))) {
      await parts.throttle.clear(whoIs(at, visitor, account.login))
      return accept({ handle, underWay, delayed: null, proven })
    }
    if (underWay.stage.kind !== 'stuck')
      return accept({ handle, ...(await askFirst(parts, at, visitor, underWay)), proven: null })
    await parts.attempts.finish(attempt)
    recordRefused(parts, at, visitor, 'not-enrolled', account)
    return refuse({ reason: 'not-enrolled' })
  }

/** Half a sign-in does not outlive the password that began it (T-23). */
const isOutdated = async (parts: FlowParts, { passwordSetAt }: Attempt, account: Account): Promise<boolean> =>
  passwordSetAt !== undefined && passwordSetAt !== (await parts.passwordSetAt(account))

const find =
  (parts: FlowParts): SignInFlow['find'] =>
  async (at, visitor, handle) => {
    const attempt = await parts.attempts.find(handle, visitor.browser, at.site.site)
    if (attempt === null) return null
    const account = await parts.directory.findById(attempt.realm, attempt.account)
    if (account === null || account.disabled || (await isOutdated(parts, attempt, account))) return null
    const underWay = await standing(parts, at, attempt, account)
    return underWay.stage.kind === 'stuck' ? null : underWay
  }

const isConfirming = (method: OfferedMethod): method is ConfirmingMethod => 'answer' in method

const answer =
  (parts: FlowParts): SignInFlow['answer'] =>
  async (at, visitor, underWay, given, remember = false) => {
    const { attempt, account, stage } = underWay
    if (stage.kind !== 'answer') return refuse({ reason: 'used' })
    const method = methodOf(parts.confirming, stage.offer)
    if (!isConfirming(method)) throw new Error(`${method.id} is not answered on a page`)
    const question = questionOf(at, visitor, underWay, stage.offer)
    const answered = await answerQuestion(parts, method, question, at, given)
    if (!answered.ok) return answered
    const isRemembered = remember && rememberTime(at, account, attempt, method.id) !== null
    const changed = await parts.attempts.change(attempt, {
      proved: [...attempt.proved, method.id],
      asking: null,
      ...(isRemembered ? { remember: true as const } : {}),
    })
    return changed === null ? refuseUsed(parts, at, visitor, account) : progress(parts, at, visitor, changed, account)
  }

const settle =
  (parts: FlowParts): SignInFlow['settle'] =>
  async (at, visitor, { attempt, account, stage }, enrolled) => {
    if (enrolled === undefined) return progress(parts, at, visitor, attempt, account)
    const isCalledFor =
      stage.kind === 'obliged' && stage.obligation.kind === 'new-method' && stage.obligation.methods.includes(enrolled)
    if (!isCalledFor) throw new Error(`${enrolled} was enrolled although the attempt did not ask for it`)
    const changed = await parts.attempts.change(attempt, { proved: [...attempt.proved, enrolled] })
    return changed === null ? refuseUsed(parts, at, visitor, account) : progress(parts, at, visitor, changed, account)
  }

/** The steps of a sign-in, without a word of HTTP: what comes next is decided here, pages only show it. */
export const createSignInFlow = (parts: FlowParts): SignInFlow => ({
  start: start(parts),
  recognise: (at, visitor, given, target) => recognisePerson(parts, at, visitor, given, target),
  present: (at, visitor, evidence, to) => presentEvidence(parts, at, visitor, evidence, to),
  find: find(parts),
  choices: (at, underWay) => choicesOf(parts, at, underWay),
  choose: async (at, visitor, underWay, { method, choice, remember, then }) => {
    const offers = (await choicesOf(parts, at, underWay))?.offers
    const offer = offers?.find((one) => one.method === method && one.choice === choice)
    if (offer === undefined) return refuse('unknown-choice')
    if (remember) await parts.factors.prefer(underWay.account.id, { method: offer.method, choice: offer.choice })
    return accept(await ask(parts, at, visitor, underWay, offer, then))
  },
  again: async (at, visitor, underWay) => {
    const { stage } = underWay
    if (stage.kind !== 'answer') return refuse({ reason: 'not-enrolled' })
    return put(parts, at, visitor, underWay, stage.offer)
  },
  answer: answer(parts),
  settle: settle(parts),
})
