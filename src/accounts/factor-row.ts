import type { FactorsTable } from '../database/tables.ts'
import type { FactorSecrets } from './factor-secret.ts'

/** `identity`: a card, or an account at a provider, that the person linked by presenting it (G19). */
export type FactorKind = 'email' | 'totp' | 'passkey' | 'recovery-codes' | 'identity'

/** Something that a person enrolled to prove who they are. Times in milliseconds since the epoch. */
export interface Factor {
  readonly id: string
  readonly account: string
  readonly kind: FactorKind
  /** An e-mail address, or the name that the person gave: « Téléphone ». */
  readonly label: string
  /** In clear, for the method that uses it alone; null for factors without one. */
  readonly secret: string | null
  readonly createdAt: number
  readonly usedAt: number | null
}

/** What a secret is bound to. */
export const rowKeyOf = ({ account, id, kind }: Pick<FactorsTable, 'account' | 'id' | 'kind'>) => ({
  account,
  id,
  kind,
})

/** @throws {Fault} when its secret does not open: see accounts/factor-secret */
export const readFactor = (secrets: FactorSecrets, row: FactorsTable): Factor => ({
  id: row.id,
  account: row.account,
  kind: row.kind as FactorKind,
  label: row.label,
  secret: row.secret === null ? null : secrets.open(rowKeyOf(row), row.secret),
  createdAt: row.created_at,
  usedAt: row.used_at,
})
