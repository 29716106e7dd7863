import type { AuditTrail } from '../audit/events.ts'
import { purge } from '../audit/purge.ts'
import { AUDIT_PURPOSE } from '../audit/seal.ts'
import { createAuditTrail } from '../audit/trail.ts'
import { openDatabase } from '../database/open.ts'
import { openKeyring } from '../identity/keyring.ts'
import { purposeKey } from '../identity/purpose-key.ts'
import { refreshKeyring } from '../identity/refresh.ts'
import type { Clock } from '../lib/clock.ts'
import { codeOf } from '../lib/errors.ts'
import type { Log } from '../lib/log.ts'
import type { Random } from '../lib/random.ts'

export interface TrailKeeperParts {
  readonly keys: string
  readonly databaseUrl: string
  /** `audit.retention` as it is in force. */
  readonly months: () => number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** The day on which events become too old may begin while the process runs, and the database may be away then. */
const EVERY = 3_600_000

const PATIENCE = { connections: 2, statement: 60_000 }

/**
 * The trail of the main process: what happens to the gate itself, and the removal of what is too old. One of the main
 * processes of all nodes does that each day.
 * @throws {KeyFolderError}
 */
export const openTrailKeeper = async (parts: TrailKeeperParts): Promise<AuditTrail> => {
  const { clock, random, log } = parts
  const keyring = await openKeyring(parts.keys, { clock, random })
  const stopRefreshing = refreshKeyring(keyring, log)
  const database = openDatabase(parts.databaseUrl, log, PATIENCE)
  const shared = { database, key: purposeKey(keyring, AUDIT_PURPOSE), clock, random, log }
  const trail = createAuditTrail(shared)
  let purging: Promise<void> = Promise.resolve()
  const purgeNow = (): void => {
    purging = purge(shared, parts.months()).catch((thrown: unknown) => {
      const cause = thrown instanceof Error ? thrown.message : 'unknown'
      log.error({ code: codeOf(thrown), cause }, 'audit trail: old events are not removed; trying again in an hour')
    })
  }
  purgeNow()
  const timer = setInterval(purgeNow, EVERY).unref()
  return {
    record: (event) => trail.record(event),
    close: async () => {
      clearInterval(timer)
      stopRefreshing()
      await trail.close()
      await purging
      await database.close()
    },
  }
}
