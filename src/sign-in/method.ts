import type { Account, PasswordRefusal } from '../accounts/directory.ts'
import type { Result } from '../lib/result.ts'
import type { MethodId, Site } from '../policy/schema.ts'
import type { Attempt } from './attempt.ts'
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

/** What a method that confirms an identified person is handed. */
export interface Question {
  readonly site: Site
  readonly origin: string
  readonly attempt: Attempt
  readonly account: Account
  readonly visitor: Visitor
}

/** Why a question could not be put. */
export type BeginRefusal =
  /** The person has nothing to prove it with (no address). */
  | { readonly reason: 'not-enrolled' }
  /** Asked for again too soon, or too often; milliseconds until it may be asked again. */
  | { readonly reason: 'too-soon' | 'too-often'; readonly wait: number }

/** Why an answer was not accepted. */
export type AnswerRefusal =
  | { readonly reason: 'wrong'; readonly left: number }
  /** `dead`: too many wrong answers; `replaced`: an older one, a newer was sent; `used`: it has served already. */
  | { readonly reason: 'expired' | 'dead' | 'replaced' | 'used' }

/** A method that confirms a person whom a way has already identified. */
export interface ConfirmingMethod {
  readonly id: MethodId
  /** Puts the question (sends the code); for a question put again, the answer to the former one is dead (R23). */
  begin(question: Question): Promise<Result<undefined, BeginRefusal>>
  /** Whether what was typed can be an answer at all; what cannot costs no try. */
  isAnswer(site: Site, given: string): boolean
  answer(question: Question, given: string): Promise<Result<undefined, AnswerRefusal>>
}
