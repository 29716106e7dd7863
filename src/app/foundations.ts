import { forgetRemembered } from '../accounts/devices-forgotten.ts'
import type { HashEngine } from '../accounts/hash-engine.ts'
import { createHashThreads, hashesAtOnce } from '../accounts/hash-threads.ts'
import { createPasswordHasher, type PasswordHasher } from '../accounts/password-hash.ts'
import { watchDisabled } from '../accounts/watch-disabled.ts'
import type { AuditTrail } from '../audit/events.ts'
import { createAuditTrail, type RunningTrail } from '../audit/trail.ts'
import { servingAmong } from '../database/limits.ts'
import { openDatabase, type Database } from '../database/open.ts'
import { AUDIT_PURPOSE } from '../audit/seal.ts'
import { openKeyring, type Keyring } from '../identity/keyring.ts'
import { purposeKey } from '../identity/purpose-key.ts'
import { refreshKeyring } from '../identity/refresh.ts'
import { createHeldLists, type HeldLists } from '../methods/cps/lists/held-lists.ts'
import { createReturnTargets, type ReturnTargets } from '../lib/return-target.ts'
import { withoutTurns } from '../server/machine-turns.ts'
import { createMetrics, type Metrics } from '../server/metrics.ts'
import { createActivity, type Activity } from '../session/activity.ts'
import { createSessionCache, type SessionCache } from '../session/cache.ts'
import { createLifecycle, type Lifecycle } from '../session/lifecycle.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { openEnds, type OpenEnds } from './open-ends.ts'
import type { AppSettings } from './settings.ts'

/** What everything else stands on, for as long as the process runs: keys, store, database, sessions, trail, figures. */
export interface Foundations {
  readonly keyring: Keyring
  readonly store: Store
  readonly database: Database
  readonly metrics: Metrics
  /** The one place where passwords are checked: whatever else happens, so many at a time. */
  readonly hasher: PasswordHasher
  readonly trail: AuditTrail
  readonly cache: SessionCache
  readonly lifecycle: Lifecycle
  readonly activity: Activity
  readonly targets: ReturnTargets
  /** Of revoked cards, as the main process hands them over. */
  readonly cardLists: HeldLists
  readonly openEnds: Omit<OpenEnds, 'close'>
  close(): Promise<void>
}

/**
 * Ends the sessions of an account that was disabled while they were open, and writes that down; when it is opened again, no
 * device remembers (R25).
 */
const createEndSessions =
  ({ db }: Pick<Database, 'db'>, lifecycle: Lifecycle, trail: Pick<AuditTrail, 'record'>) =>
  async (realm: string, account: string): Promise<void> => {
    await forgetRemembered(db, account)
    for (const { digest, record } of await lifecycle.endAll(realm, account, 'revoked')) {
      const { site, login } = record
      trail.record({ event: 'session.revoked', site, account, login, session: digest, detail: 'account disabled' })
    }
  }

/** The trail, whose events are figures as well. */
const counted = (trail: RunningTrail, metrics: Metrics): AuditTrail => {
  metrics.watchTrail(() => trail.figures())
  return {
    ...trail,
    record: (event) => {
      metrics.countEvent(event.event, event.site ?? '')
      trail.record(event)
    },
  }
}

/** Password checks that may wait, for each that is computed: the last of them has its answer within five seconds. */
const WAITING = 50

const openHashing = (
  { config: { workers = 1 }, inMachineTurn = withoutTurns }: Pick<AppSettings, 'config' | 'inMachineTurn'>,
  metrics: Metrics,
) => {
  const threads = createHashThreads()
  const engine: HashEngine = {
    hash: (password, costs) => inMachineTurn(() => threads.hash(password, costs)),
    verify: (hash, password) => inMachineTurn(() => threads.verify(hash, password)),
  }
  const concurrency = hashesAtOnce(workers)
  const hasher = createPasswordHasher({ concurrency, waiting: WAITING * concurrency, engine })
  metrics.watchHashing(() => hasher.figures())
  return { hasher, close: () => threads.close() }
}

/**
 * Opens what lasts; `prepare` has been there before.
 * @throws when keys must stop the start; a store that is away does not (O-09)
 */
export const openFoundations = async (settings: AppSettings): Promise<Foundations> => {
  const { config, clock, random, log } = settings
  const keyring = await openKeyring(config.keys, { clock, random })
  const database = openDatabase(settings.databaseUrl, log, servingAmong(config.workers ?? 1))
  const stopRefreshing = refreshKeyring(keyring, log)
  const store = openStore(config.store, { clock, log })
  const metrics = createMetrics()
  const table = createAuditTrail({ database, key: purposeKey(keyring, AUDIT_PURPOSE), log, clock })
  const trail = counted(table, metrics)
  const cache = await createSessionCache({ store, clock, log })
  const activity = createActivity({ store, clock, log })
  const lifecycle = createLifecycle({ store, cache, clock })
  const open = await openEnds({ store, clock, log })
  const hashing = openHashing(settings, metrics)
  const watch = watchDisabled(database, { clock, log, endSessions: createEndSessions(database, lifecycle, trail) })
  return {
    keyring,
    store,
    database,
    metrics,
    hasher: hashing.hasher,
    trail,
    cache,
    lifecycle,
    activity,
    targets: createReturnTargets(() => keyring.deriveAll('return-target')),
    cardLists: createHeldLists(),
    openEnds: open,
    close: async () => {
      stopRefreshing()
      watch.close()
      await activity.close()
      await open.close()
      await cache.close()
      await trail.close()
      await Promise.all([store.close(), database.close(), hashing.close()])
    },
  }
}
