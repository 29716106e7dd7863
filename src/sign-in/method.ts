import type { Account, PasswordRefusal } from '../accounts/directory.ts'
import type { Result } from '../lib/result.ts'
import type { MethodId, Site } from '../policy/schema.ts'
import type { Attempt } from './attempt.ts'
import type { FlowSite } from './flow-site.ts'
import type { Visitor } from './visitor.ts'

/**
 * Why nobody was identified, for the audit trail only: the visitor meets one text for every cause, in the same time (C-01,
 * C-02). The account is named only when the login is a real one: people type passwords into the wrong field.
 */
export interface IdentifyRefusal {
  readonly cause: PasswordRefusal['cause'] | 'malformed'
  readonly account: Account | null
}

/** A method that finds out who somebody is: it comes first on a way. */
export interface IdentifyingMethod<Given> {
  readonly id: MethodId
  identify(realm: string, given: Given): Promise<Result<Account, IdentifyRefusal>>
}

/** One thing that an account can be asked for: an address, an application, a passkey. */
export interface Offer {
  readonly method: MethodId
  /** Names it within its method and account. */
  readonly choice: string
  /** What the person recognises it by: a masked address, the name that they gave. */
  readonly label: string
}

/** What a method that confirms an identified person is handed. */
export interface Question {
  readonly site: Site
  readonly origin: string
  readonly attempt: Attempt
  readonly account: Account
  readonly visitor: Visitor
  /** Which of the method's offers is asked for. */
  readonly choice: string
}

/** Why a question could not be put. */
export type BeginRefusal =
  /** The person does not have it, or no longer: no address, another application. */
  | { readonly reason: 'not-enrolled' }
  /** Asked for again too soon, or too often; milliseconds until it may be asked again. */
  | { readonly reason: 'too-soon' | 'too-often'; readonly wait: number }

/** Why an answer was not accepted. */
export type AnswerRefusal =
  /** `left`: tries that remain, null where nothing counts but the throttle. */
  | { readonly reason: 'wrong'; readonly left: number | null }
  /** `dead`: too many wrong answers; `replaced`: an older one, a newer was sent; `used`: it has served already. */
  | { readonly reason: 'expired' | 'dead' | 'replaced' | 'used' }
  /** The right code of another moment: the clock of the telephone is so many milliseconds ahead (behind: negative) (R24). */
  | { readonly reason: 'clock-apart'; readonly ahead: number }
  /** A statement of a passkey that proves nothing; why is for the trail alone. */
  | { readonly reason: 'unproven'; readonly cause: StatementFault }

/**
 * Why a statement of a passkey proves nothing. `challenge`: it answers another one; `origin`: it was made for another page,
 * `site`: for another site; `unverified`: nobody proved to the authenticator who they are; `cloned`: its counter goes
 * backwards, so there are two of it; `unknown`: no passkey of anybody's, `foreign`: of somebody else.
 */
export type StatementFault =
  | 'malformed'
  | 'challenge'
  | 'origin'
  | 'site'
  | 'unverified'
  | 'signature'
  | 'cloned'
  | 'unknown'
  | 'foreign'
  | 'disabled'

/** Why a passkey alone let nobody in. The visitor meets one text for every cause but that of a page left too long (C-01). */
export type RecogniseRefusal =
  | { readonly reason: 'expired' }
  | { readonly reason: 'unproven'; readonly cause: StatementFault; readonly account: Account | null }

/** A method that finds out by itself who somebody is, without a login: it is a way alone. */
export interface RecognisingMethod {
  readonly id: MethodId
  /** Whose budget an answer spends: the same whether anybody has it or not; null for what is no answer. */
  claimOf(given: string): string | null
  /** @param browser as attempts name it: the challenge was drawn for it */
  recognise(
    at: Pick<FlowSite, 'site' | 'realm'>,
    browser: string,
    given: string,
  ): Promise<Result<Account, RecogniseRefusal>>
}

/** A method that an identified person can be asked for. */
export interface OfferedMethod {
  readonly id: MethodId
  /** What of it this account can be asked for; empty when nothing is enrolled. */
  offers(site: Site, account: Account): Promise<readonly Offer[]>
  /** Puts the question (sends the code); for a question put again, the answer to the former one is dead (R23). */
  begin(question: Question): Promise<Result<undefined, BeginRefusal>>
}

/** A method that confirms a person whom a way has already identified, by what they type or their browser signs. */
export interface ConfirmingMethod extends OfferedMethod {
  /** Whether what was typed can be an answer at all; what cannot costs no try. */
  isAnswer(site: Site, given: string): boolean
  answer(question: Question, given: string): Promise<Result<undefined, AnswerRefusal>>
}
