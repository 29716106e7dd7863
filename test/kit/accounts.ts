import { hash as argon2Hash, verify as argon2Verify } from '@node-rs/argon2'
import { createAccountAdmin, type AccountAdmin } from '../../src/accounts/admin.ts'
import type { AccountAdminParts } from '../../src/accounts/desk.ts'
import type { Account, AccountDirectory } from '../../src/accounts/directory.ts'
import type { AccountEntry } from '../../src/accounts/entry.ts'
import type { NewPassword } from '../../src/accounts/outcomes.ts'
import { createPasswordHasher } from '../../src/accounts/password-hash.ts'
import { createSqlDirectory } from '../../src/accounts/sql.ts'
import type { AuditEvent } from '../../src/audit/events.ts'
import type { Database } from '../../src/database/open.ts'
import type { Db } from '../../src/database/tables.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { siteSchema } from '../../src/policy/schema.ts'
import { createManualClock, type ManualClock } from './clock.ts'
import { siteFile } from './sign-in.ts'

/** An invented person with everything that an account can have, and letters that get lost on bad ways. */
export const zoe: AccountEntry = {
  login: 'Zoé.Œuvrard',
  givenName: 'Zoé',
  familyName: 'Œuvrard',
  email: 'zoe.oeuvrard@hopital.example.test',
  nationalId: '899900000011',
  roles: ['medecin', 'rcp', 'medecin'],
}

/** A site with the rules of seed 003. */
const seed003 = siteSchema.parse(siteFile({ password: { classes: ['upper', 'lower', 'digit-or-special'] } }))

/** A password to set under the rules of seed 003. */
export const newPassword = (password: string, fields: Partial<NewPassword> = {}): NewPassword => ({
  password,
  site: seed003,
  mustChange: false,
  ...fields,
})

export const hasher = createPasswordHasher()

const COSTS = /m=65536,t=3,p=1/
const QUICK = { memoryCost: 64, timeCost: 1, parallelism: 1 }

/** The gate's hasher with next to no costs, for suites that prove hundreds of passwords; what it hashes only it verifies. */
export const quickHasher = createPasswordHasher({
  concurrency: 8,
  waiting: 1_000,
  engine: {
    hash: async (password) => (await argon2Hash(password, QUICK)).replace('m=64,t=1,p=1', 'm=65536,t=3,p=1'),
    verify: (hash, password) => argon2Verify(hash.replace(COSTS, 'm=64,t=1,p=1'), password),
  },
})

/** Who has a login, whatever the password: what the audit trail learns of a refused sign-in. */
export const whoHas = async (
  directory: Pick<AccountDirectory, 'provePassword'>,
  realm: string,
  login: string,
): Promise<Account | null> => {
  const proven = await directory.provePassword(realm, login, 'no-such-password')
  return proven.ok ? proven.value : proven.reason.account
}

export interface AccountBench {
  readonly db: Db
  readonly directory: AccountDirectory
  readonly admin: AccountAdmin
  readonly clock: ManualClock
  /** What the trail was given. */
  readonly events: readonly AuditEvent[]
  /** The accounts whose sessions were ended, as `realm/id`. */
  readonly ended: readonly string[]
}

/** Directory and administration over a real database; clock, trail and sessions are the test's. */
export const createAccountBench = (database: Database, parts: Partial<AccountAdminParts> = {}): AccountBench => {
  const clock = createManualClock()
  const events: AuditEvent[] = []
  const ended: string[] = []
  const admin = createAccountAdmin(database, {
    clock,
    random: systemRandom,
    hasher,
    trail: { record: (event) => events.push(event) },
    endSessions: (realm, account) => Promise.resolve(ended.push(`${realm}/${account}`)),
    actor: 'test',
    ...parts,
  })
  return { db: database.db, directory: createSqlDirectory(database, hasher), admin, clock, events, ended }
}
