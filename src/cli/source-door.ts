import { MARK_PURPOSE } from '../accounts/legacy/mark.ts'
import { openSource, type OpenedSource } from '../accounts/open-source.ts'
import { createPasswordHasher } from '../accounts/password-hash.ts'
import { createSqlDirectory } from '../accounts/sql.ts'
import type { AuditTrail } from '../audit/events.ts'
import type { Instance } from '../config/instance.ts'
import type { Database } from '../database/open.ts'
import type { AccountsTable } from '../database/tables.ts'
import { openKeyring } from '../identity/keyring.ts'
import { purposeKey } from '../identity/purpose-key.ts'
import { systemClock } from '../lib/clock.ts'
import { Fault } from '../lib/errors.ts'
import { createLog } from '../lib/log.ts'
import { systemRandom } from '../lib/random.ts'
import type { LoadedSite } from '../policy/load.ts'

/** Where accounts live outside the gate, for commands; each source is opened when it is first asked. */
export interface SourceDoor {
  /** Null for a site whose accounts live in the gate's own database. */
  sourceOf(site: LoadedSite): Promise<OpenedSource | null>
  /** The gate's rows of people from the source of a site. */
  rowsFrom(site: LoadedSite): Promise<readonly AccountsTable[]>
  close(): Promise<void>
}

export const createSourceDoor = (config: Instance, { db }: Pick<Database, 'db'>, trail: AuditTrail): SourceDoor => {
  const open = new Map<string, OpenedSource>()
  const openOne = async (name: string): Promise<OpenedSource> => {
    const settings = config.accountSources[name]
    if (settings === undefined) throw new Fault('fault', `there is no source of accounts ${name}`)
    const keyring = await openKeyring(config.keys, { clock: systemClock, create: false })
    const hasher = createPasswordHasher()
    const own = createSqlDirectory({ db }, hasher)
    return openSource(name, settings, {
      db,
      findById: (realm, id) => own.findById(realm, id),
      hasher,
      key: purposeKey(keyring, MARK_PURPOSE),
      trail,
      clock: systemClock,
      random: systemRandom,
      // Standard output belongs to the command.
      log: createLog('error', 2),
    })
  }
  return {
    sourceOf: async ({ site: { accounts: name } }) => {
      if (name === undefined) return null
      const opened = open.get(name) ?? (await openOne(name))
      open.set(name, opened)
      return opened
    },
    rowsFrom: ({ realm, site: { accounts = '' } }) =>
      db.selectFrom('accounts').selectAll().where('realm', '=', realm).where('source', '=', accounts).execute(),
    close: async () => {
      await Promise.all([...open.values()].map(({ source }) => source.close()))
    },
  }
}
