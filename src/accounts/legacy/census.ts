import type { AccountsTable } from '../../database/tables.ts'
import type { Marks } from './mark.ts'
import { movedHash } from './prove-password.ts'
import type { ReadHash } from './read-hash.ts'
import type { LegacyRows } from './rows.ts'

/** How far the passwords of a table have moved. */
export interface Census {
  /** By form, the most frequent first. */
  readonly forms: readonly FormCount[]
  /** Open accounts of the table. */
  readonly open: number
  /** Closed ones: nobody waits for them. */
  readonly closed: number
  /** Open ones whose password the gate has a hash of its own for. */
  readonly moved: number
}

export interface FormCount {
  readonly form: string
  readonly accounts: number
  readonly moved: number
  /** Whether somebody who has such a hash can sign in. */
  readonly isVerifiable: boolean
}

export interface CensusParts {
  readonly rows: Pick<LegacyRows, 'all'>
  readonly readHash: ReadHash
  readonly marks: Marks
}

/** Goes through the whole table. @param known the gate's rows of people from it */
export const takeCensus = async (
  { rows, readHash, marks }: CensusParts,
  known: readonly AccountsTable[],
): Promise<Census> => {
  const byId = new Map(known.map((row) => [row.external_id, row]))
  const forms = new Map<string, { accounts: number; moved: number; isVerifiable: boolean }>()
  let closed = 0
  for await (const page of rows.all()) {
    for (const person of page) {
      if (!person.isOpen) {
        closed += 1
        continue
      }
      const { form, verify } = readHash(person.password, person.salt)
      const isMoved = movedHash(byId.get(person.told.externalId) ?? null, person, marks) !== null
      const count = forms.get(form) ?? { accounts: 0, moved: 0, isVerifiable: verify !== undefined }
      count.accounts += 1
      count.moved += isMoved ? 1 : 0
      forms.set(form, count)
    }
  }
  const counts = [...forms].map(([form, count]) => ({ form, ...count }))
  const sum = (of: (count: FormCount) => number) => counts.reduce((total, count) => total + of(count), 0)
  return {
    forms: counts.sort((one, other) => other.accounts - one.accounts || (one.form < other.form ? -1 : 1)),
    open: sum(({ accounts }) => accounts),
    closed,
    moved: sum(({ moved }) => moved),
  }
}
