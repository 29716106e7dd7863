import type { Migration } from 'kysely/migration'
import * as accounts from './0001-accounts.ts'
import * as audit from './0002-audit.ts'
import * as factors from './0003-factors.ts'
import * as linkedAccounts from './0004-linked-accounts.ts'
import * as auditChain from './0005-audit-chain.ts'
import * as passwords from './0006-passwords.ts'
import * as devices from './0007-devices.ts'
import * as passkeys from './0008-passkeys.ts'
import * as practices from './0009-practices.ts'

/**
 * Every migration, by the name that the database remembers. The order is that of the names. A migration that was released
 * is never edited, renamed or removed: a change is one more file. None has a `down`: a database never goes back.
 */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-accounts': accounts,
  '0002-audit': audit,
  '0003-factors': factors,
  '0004-linked-accounts': linkedAccounts,
  '0005-audit-chain': auditChain,
  '0006-passwords': passwords,
  '0007-devices': devices,
  '0008-passkeys': passkeys,
  '0009-practices': practices,
}
