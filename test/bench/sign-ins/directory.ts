import { createFactorSecrets } from '../../../src/accounts/factor-secret.ts'
import { newId } from '../../../src/accounts/new-id.ts'
import { createPasswordHasher } from '../../../src/accounts/password-hash.ts'
import { openDatabase } from '../../../src/database/open.ts'
import type { AccountsTable, FactorsTable } from '../../../src/database/tables.ts'
import { openKeyring } from '../../../src/identity/keyring.ts'
import { purposeKey } from '../../../src/identity/purpose-key.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { silentLog } from '../../../src/lib/log.ts'
import { systemRandom } from '../../../src/lib/random.ts'
import { newSecret } from '../../../src/methods/totp/code.ts'
import { REALM } from '../installed-gate.ts'
import { IDENTITY } from '../upstream.ts'

export const PASSWORD = 'Une-phrase-de-passe-2026'

/** Somebody who can sign in: by password, and by the codes of an application. */
export interface Person {
  readonly login: string
  readonly secret: string
}

/** Rows of one INSERT: their parameters stay below what both databases take. */
const BATCH = 1_000

const loginOf = (at: number): string => (at === 0 ? IDENTITY.login : `person.${at}`)

/**
 * Fills a database with accounts that all have one password, and an application each. They are inserted as rows: to hash a
 * hundred thousand passwords would take longer than everything else.
 */
export const fillDirectory = async (url: string, keys: string, count: number): Promise<readonly Person[]> => {
  const database = openDatabase(url, silentLog)
  await database.migrate()
  const key = purposeKey(await openKeyring(keys, { clock: systemClock }), 'factor')
  const secrets = createFactorSecrets({ key, random: systemRandom })
  const passwordHash = await createPasswordHasher().hash(PASSWORD)
  const now = systemClock.now()
  const accountOf = (login: string): AccountsTable => ({
    ...{ id: newId(systemRandom), realm: REALM, login, login_key: login, name: login, given_name: 'Camille' },
    ...{ family_name: 'Exemple', email: `${login}@example.test`, national_id: null, roles: '[]' },
    ...{ password_hash: passwordHash, password_set_at: now, password_must_change: 0, disabled_at: null },
    ...{ disabled_by: null, created_at: now, updated_at: now, source: null, external_id: null },
    ...{ source_mark: null, proved_at: null },
  })
  const factorOf = (account: string, secret: string): FactorsTable => {
    const row = { account, id: newId(systemRandom), kind: 'totp' }
    const use = { counter: -1, created_at: now, used_at: null, credential: null }
    return { ...row, label: '', secret: secrets.close(row, secret), ...use }
  }
  const people: Person[] = []
  while (people.length < count) {
    const batch = Array.from({ length: Math.min(BATCH, count - people.length) }, (_, at) => {
      const account = accountOf(loginOf(people.length + at))
      const secret = newSecret(systemRandom)
      return { account, factor: factorOf(account.id, secret), person: { login: account.login, secret } }
    })
    await database.db
      .insertInto('accounts')
      .values(batch.map(({ account }) => account))
      .execute()
    await database.db
      .insertInto('factors')
      .values(batch.map(({ factor }) => factor))
      .execute()
    people.push(...batch.map(({ person }) => person))
  }
  await database.close()
  return people
}
