import { AUDIT_PURPOSE } from '../audit/seal.ts'
import { hasEvents } from '../audit/read.ts'
import type { AuditTrail } from '../audit/events.ts'
import { createAuditTrail } from '../audit/trail.ts'
import type { Instance } from '../config/instance.ts'
import { openDatabase, type Database } from '../database/open.ts'
import { KeyFolderError } from '../identity/key-folder.ts'
import { openKeyring, type Keyring } from '../identity/keyring.ts'
import { purposeKey } from '../identity/purpose-key.ts'
import { systemClock } from '../lib/clock.ts'
import type { PurposeKey } from '../lib/digest.ts'
import { Fault } from '../lib/errors.ts'
import { createLog } from '../lib/log.ts'
import { fail } from './failure.ts'

/** The database and the audit trail of an instance, for one command. */
export interface OpenTrail {
  readonly database: Database
  readonly trail: AuditTrail
  readonly key: PurposeKey
}

const SEE_CONFIG: Readonly<Partial<Record<Fault['code'], string>>> = {
  'accounts-unavailable': 'see `database` in the instance file; nothing was changed',
  'store-unavailable': 'see `store` in the instance file, then run the command again',
}

/** What to look at: a source of accounts names itself, so that nobody looks at the gate's own database. */
const nextFor = ({ code, message }: Fault): string =>
  /^(?:directory|table) /.test(message)
    ? 'see `directories` and `legacy-tables` in the instance file; nothing was changed'
    : (SEE_CONFIG[code] ?? 'nothing was changed')

/**
 * Accounts are often added before the gate first starts: then the keys are made now. Where the trail has events, they were
 * sealed with keys that are somewhere: others made here would look like a stranger's.
 */
const openKeys = async (folder: string, database: Database): Promise<Keyring> => {
  const keyring = await openKeyring(folder, { clock: systemClock, create: false })
  if (keyring.list().some(({ kind }) => kind === 'general')) return keyring
  if (!(await hasEvents(database.db))) return openKeyring(folder, { clock: systemClock })
  throw new KeyFolderError(
    `there is no key in ${folder}, and the audit trail was sealed with one: run this where the gate has its keys`,
  )
}

const act = async (config: Instance, database: Database, run: (open: OpenTrail) => Promise<void>): Promise<void> => {
  await database.migrate()
  const key = purposeKey(await openKeys(config.keys, database), AUDIT_PURPOSE)
  // Events go to the table: standard output belongs to the command.
  const trail = createAuditTrail({ database, key, log: createLog('error', 2), clock: systemClock })
  try {
    await run({ database, trail, key })
  } finally {
    await trail.close()
  }
}

/**
 * Opens both for one command, and closes them when everything is written. The tables are made when there are none. Faults
 * are said with what to look at, and end the command with status 1.
 */
export const withTrail = async (config: Instance, run: (open: OpenTrail) => Promise<void>): Promise<void> => {
  const database = openDatabase(config.database.url, createLog('error', 2))
  try {
    await act(config, database, run)
  } catch (thrown) {
    if (thrown instanceof KeyFolderError) fail(thrown.message, 'nothing was changed')
    else if (thrown instanceof Fault) fail(thrown.message, nextFor(thrown))
    else throw thrown
  } finally {
    await database.close()
  }
}
