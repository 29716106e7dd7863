import type { AccountsTable } from '../../database/tables.ts'
import type { Result } from '../../lib/result.ts'
import type { AccountDirectory, PasswordRefusalCause } from '../directory.ts'
import type { Person } from './person.ts'

/** What a source says now of a person whom it let in before. */
export type Standing = 'open' | 'closed' | 'gone' | 'password-changed'

/** What an operator is told of a login: `hash` is the form of its hash, where the source shows one. */
export interface LookedUp {
  readonly person: Person
  readonly isOpen: boolean
  readonly hash: string | null
}

/** Accounts that live elsewhere. Its own folder knows how it is asked; nobody else does. */
export interface AccountSource {
  readonly directory: AccountDirectory
  /** What it says of people, by their external id. @throws {Fault} `accounts-unavailable` when it does not answer */
  standings(rows: readonly AccountsTable[]): Promise<ReadonlyMap<string, Standing>>
  /** For operators: what stands there for a login, without a password. */
  lookUp(login: string): Promise<Result<LookedUp, PasswordRefusalCause>>
  close(): Promise<void>
}
