import type { Db, FactorsTable } from '../database/tables.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import { forgetRemembered } from './devices-forgotten.ts'
import type { FactorSecrets } from './factor-secret.ts'
import { readFactor, rowKeyOf, type Factor, type FactorKind } from './factor-row.ts'
import { newId } from './new-id.ts'

export type { Factor, FactorKind } from './factor-row.ts'

export interface NewFactor {
  readonly kind: FactorKind
  readonly label: string
  readonly secret: string | null
}

/** What somebody asked to be asked for first: a method, and which of its choices (an address, an application). */
export interface Preference {
  readonly method: string
  readonly choice: string
}

/**
 * The enrolled factors of all accounts, whatever source those come from. A change of them ends what devices remember (R25). A database that is away throws
 * `Fault('accounts-unavailable')`; it never looks like a person without factors.
 */
export interface Factors {
  /** Oldest first. */
  of(account: string, kind?: FactorKind): Promise<readonly Factor[]>
  find(account: string, id: string): Promise<Factor | null>
  add(account: string, factor: NewFactor): Promise<Factor>
  /** Writes a new secret over the one that was read; false when somebody else was faster, or the factor is gone. */
  replaceSecret(factor: Factor, secret: string): Promise<boolean>
  /**
   * Takes a counter value and all below it, once on all nodes: false when it, or a higher one, was taken before (T-17).
   * @param value whole number, 0 or more
   */
  claim(id: string, value: number): Promise<boolean>
  /** False when it was gone already. A preference for it goes with it. */
  remove(account: string, id: string): Promise<boolean>
  /** @returns how many there were */
  removeAll(account: string): Promise<number>
  preference(account: string): Promise<Preference | null>
  /** Null: to be asked each time. */
  prefer(account: string, preference: Preference | null): Promise<void>
}

export interface FactorParts {
  readonly db: Db
  readonly clock: Clock
  readonly random: Random
  readonly secrets: FactorSecrets
}

const createPreferences = (db: Db): Pick<Factors, 'preference' | 'prefer'> => ({
  preference: async (account) =>
    (await db
      .selectFrom('factor_preferences')
      .select(['method', 'choice'])
      .where('account', '=', account)
      .executeTakeFirst()) ?? null,
  prefer: async (account, preference) => {
    if (preference === null) {
      await db.deleteFrom('factor_preferences').where('account', '=', account).execute()
      return
    }
    const { method, choice } = preference
    await db
      .insertInto('factor_preferences')
      .values({ account, method, choice })
      .onConflict((conflict) => conflict.column('account').doUpdateSet({ method, choice }))
      .execute()
  },
})

export const createFactors = ({ db, clock, random, secrets }: FactorParts): Factors => {
  const factorOf = (row: FactorsTable): Factor => readFactor(secrets, row)
  const rowOf = (account: string, id: string) =>
    db.selectFrom('factors').selectAll().where('account', '=', account).where('id', '=', id).executeTakeFirst()

  return {
    of: async (account, kind) => {
      let query = db.selectFrom('factors').selectAll().where('account', '=', account)
      if (kind !== undefined) query = query.where('kind', '=', kind)
      return (await query.orderBy('created_at').orderBy('id').execute()).map(factorOf)
    },
    find: async (account, id) => {
      const row = await rowOf(account, id)
      return row === undefined ? null : factorOf(row)
    },
    add: async (account, { kind, label, secret }) => {
      const key = { account, id: newId(random), kind }
      const row: FactorsTable = {
        ...key,
        label,
        secret: secret === null ? null : secrets.close(key, secret),
        counter: -1,
        created_at: clock.now(),
        used_at: null,
        credential: null,
      }
      await forgetRemembered(db, account)
      await db.insertInto('factors').values(row).execute()
      return factorOf(row)
    },
    replaceSecret: async (factor, secret) => {
      const row = await rowOf(factor.account, factor.id)
      if (row?.secret === undefined || row.secret === null) return false
      if (secrets.open(rowKeyOf(row), row.secret) !== factor.secret) return false
      const { numUpdatedRows } = await db
        .updateTable('factors')
        .set({ secret: secrets.close(rowKeyOf(row), secret), used_at: clock.now() })
        .where('id', '=', row.id)
        .where('secret', '=', row.secret)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    claim: async (id, value) => {
      const { numUpdatedRows } = await db
        .updateTable('factors')
        .set({ counter: value, used_at: clock.now() })
        .where('id', '=', id)
        .where('counter', '<', value)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    remove: async (account, id) => {
      await forgetRemembered(db, account)
      await db.deleteFrom('factor_preferences').where('account', '=', account).where('choice', '=', id).execute()
      const { numDeletedRows } = await db
        .deleteFrom('factors')
        .where('account', '=', account)
        .where('id', '=', id)
        .executeTakeFirst()
      return numDeletedRows > 0n
    },
    removeAll: async (account) => {
      await forgetRemembered(db, account)
      await db.deleteFrom('factor_preferences').where('account', '=', account).execute()
      const { numDeletedRows } = await db.deleteFrom('factors').where('account', '=', account).executeTakeFirst()
      return Number(numDeletedRows)
    },
    ...createPreferences(db),
  }
}
