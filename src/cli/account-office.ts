import { createAccountAdmin, type AccountAdmin } from '../accounts/admin.ts'
import type { AccountAdminParts, WhySessionsEnd } from '../accounts/desk.ts'
import { createPasswordHasher } from '../accounts/password-hash.ts'
import type { AuditTrail } from '../audit/events.ts'
import type { Instance } from '../config/instance.ts'
import { systemClock } from '../lib/clock.ts'
import { Fault } from '../lib/errors.ts'
import { silentLog } from '../lib/log.ts'
import { systemRandom } from '../lib/random.ts'
import type { LoadedSite } from '../policy/load.ts'
import { createLifecycle, type Lifecycle, type ListedSession } from '../session/lifecycle.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { actor } from './actor.ts'
import { fail } from './failure.ts'
import { withTrail, type OpenTrail } from './open-trail.ts'
import { readInstance } from './read-instance.ts'
import { createSourceDoor, type SourceDoor } from './source-door.ts'

/** Options that every command on accounts and sessions has. */
export interface OfficeOptions {
  readonly config: string
  readonly site?: string
  readonly json: boolean
}

/** What commands on accounts and sessions work with: the parts of the gate that last, without the gate. */
export interface Office {
  readonly config: Instance
  readonly sites: readonly LoadedSite[]
  readonly admin: AccountAdmin
  /** Where accounts live outside the gate. */
  readonly elsewhere: Pick<SourceDoor, 'sourceOf' | 'rowsFrom'>
  /** Connects at the first call. `null`: sessions live in the memory of the running gate, out of reach. */
  sessions(): Lifecycle | null
  /** The store, connected at the first call. `null`: it is the memory of the running gate. */
  store(): Store | null
  /** The trail itself, and the database that holds it. */
  readonly audit: OpenTrail
  /** Writes down who ended these sessions. */
  recordEnded(ended: readonly ListedSession[], why: string): void
}

/** The store of the instance, and one lifecycle over it, made when they are asked for. */
const createStoreDoor = (settings: Instance['store']) => {
  let open: { readonly store: Store; readonly lifecycle: Lifecycle } | undefined
  const opened = () => {
    if (settings === 'embedded') return null
    if (open === undefined) {
      // A store that is away is told once, by the operation that failed.
      const store = openStore(settings, { clock: systemClock, log: silentLog })
      // Nodes hear of an ended session from the store; this process serves nobody and remembers none.
      open = { store, lifecycle: createLifecycle({ store, cache: { evict: () => {} }, clock: systemClock }) }
    }
    return open
  }
  return {
    sessions: (): Lifecycle | null => opened()?.lifecycle ?? null,
    store: (): Store | null => opened()?.store ?? null,
    close: () => open?.store.close() ?? Promise.resolve(),
  }
}

/** How the trail says it. */
const SAID = {
  closed: 'account closed',
  'password-changed': 'password changed',
  'factors-reset': 'means of signing in reset',
} as const satisfies Record<WhySessionsEnd, string>

const createRecordEnded =
  (trail: AuditTrail) =>
  (ended: readonly ListedSession[], why: string): void => {
    for (const { digest, record } of ended) {
      const { site, account, login } = record
      trail.record({ event: 'session.revoked', site, account, login, session: digest, detail: why, actor: actor() })
    }
  }

/**
 * Opens the office for one command and closes it after. The tables are made when there are none: accounts are often added
 * before the gate first starts. Faults are said with what to look at, and end the command with status 1.
 */
export const inOffice = async (options: OfficeOptions, act: (office: Office) => Promise<void>): Promise<void> => {
  const instance = readInstance(options.config)
  if (instance === null) return
  const { config, sites } = instance
  await withTrail(config, async (audit) => {
    const { database, trail } = audit
    const door = createStoreDoor(config.store)
    const elsewhere = createSourceDoor(config, database, trail)
    const recordEnded = createRecordEnded(trail)
    const endSessions: AccountAdminParts['endSessions'] = async (realm, account, why) => {
      const lifecycle = door.sessions()
      if (lifecycle === null) throw new Fault('store-unavailable', 'sessions are in the memory of the gate')
      const ended = await lifecycle.endAll(realm, account, why === 'password-changed' ? why : 'revoked')
      recordEnded(ended, SAID[why])
      return ended.length
    }
    const hasher = createPasswordHasher()
    const parts = { clock: systemClock, random: systemRandom, hasher, trail, endSessions, actor: actor() }
    try {
      const admin = createAccountAdmin(database, parts)
      await act({ config, sites, admin, elsewhere, sessions: door.sessions, store: door.store, audit, recordEnded })
    } finally {
      await elsewhere.close()
      await door.close()
    }
  })
}

/** The site that a command is about: the one that is named, or the only one. Says so when that is not clear. */
export const chooseSite = ({ sites }: Pick<Office, 'sites'>, name: string | undefined): LoadedSite | null => {
  const names = sites.map(({ site }) => site.site)
  const chosen = name === undefined && sites.length === 1 ? sites[0] : sites.find(({ site }) => site.site === name)
  if (chosen !== undefined) return chosen
  const what = name === undefined ? `this instance has ${sites.length} sites` : `this instance has no site ${name}`
  fail(what, `say which one: ${names.map((known) => `--site ${known}`).join(' or ')}`)
  return null
}

/** Opens the office for a command on the people of one site. */
export const atSite = (
  options: OfficeOptions,
  act: (office: Office, site: LoadedSite) => Promise<void>,
): Promise<void> =>
  inOffice(options, async (office) => {
    const site = chooseSite(office, options.site)
    if (site !== null) await act(office, site)
  })
