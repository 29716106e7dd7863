import { forgetRemembered } from '../accounts/devices-forgotten.ts'
import type { AccountDirectory } from '../accounts/directory.ts'
import { MARK_PURPOSE } from '../accounts/legacy/mark.ts'
import { watchLinked } from '../accounts/linked/watch-linked.ts'
import { openSource, type OpenedSource } from '../accounts/open-source.ts'
import { createSqlDirectory } from '../accounts/sql.ts'
import { purposeKey } from '../identity/purpose-key.ts'
import { Fault } from '../lib/errors.ts'
import type { LoadedSite } from '../policy/load.ts'
import type { Foundations } from './foundations.ts'
import type { AppSettings } from './settings.ts'

export interface JoinedAccounts {
  /** Of all sites: each realm has one place where its accounts live. */
  readonly directory: AccountDirectory
  close(): Promise<void>
}

/** Ends the sessions that a password has opened which is no longer the one of its account, and what its devices remember. */
const createEndSessions =
  ({ database, lifecycle, trail }: Foundations) =>
  async (realm: string, account: string): Promise<void> => {
    await forgetRemembered(database.db, account)
    for (const { digest, record } of await lifecycle.endAll(realm, account, 'password-changed')) {
      const { site, login } = record
      trail.record({ event: 'session.revoked', site, account, login, session: digest, detail: 'password changed' })
    }
  }

const startWatch = (
  foundations: Foundations,
  { clock, log, config }: AppSettings,
  [source, opened]: readonly [string, OpenedSource],
  sites: readonly LoadedSite[],
) =>
  watchLinked({
    db: foundations.database.db,
    store: foundations.store,
    source,
    standings: (rows) => opened.source.standings(rows),
    links: opened.links,
    endSessions: createEndSessions(foundations),
    clock,
    log,
    every: config.accountSources?.[source]?.recheck ?? 0,
    reach: Math.max(...sites.map(({ site }) => site.session.absolute)),
  })

/** Where the accounts of each site live. @throws when a site names a source that is not there, or one cannot be opened */
export const joinAccounts = (foundations: Foundations, settings: AppSettings): JoinedAccounts => {
  const { database, keyring, trail, hasher } = foundations
  const { clock, random, log, sites, config } = settings
  const own = createSqlDirectory(database, hasher)
  const key = purposeKey(keyring, MARK_PURPOSE)
  const findById: AccountDirectory['findById'] = (realm, id) => own.findById(realm, id)
  const parts = { db: database.db, findById, hasher, key, trail, clock, random, log }

  const named = Map.groupBy(sites, ({ site }) => site.accounts)
  const opened = [...named].flatMap(([name, users]) => {
    if (name === undefined) return []
    const given = config.accountSources?.[name]
    if (given === undefined) throw new Fault('fault', `there is no source of accounts ${name}`)
    return [{ name, users, opened: openSource(name, given, parts) }]
  })
  const watches = opened.map((each) => startWatch(foundations, settings, [each.name, each.opened], each.users))
  const byRealm = new Map(
    opened.flatMap(({ users, opened: { source } }) => users.map(({ realm }) => [realm, source.directory] as const)),
  )
  const of = (realm: string): AccountDirectory => byRealm.get(realm) ?? own
  return {
    directory: {
      provePassword: (realm, login, password, from) => of(realm).provePassword(realm, login, password, from),
      findById: (realm, id) => of(realm).findById(realm, id),
    },
    close: async () => {
      for (const watch of watches) watch.close()
      await Promise.all(opened.map((each) => each.opened.source.close()))
    },
  }
}
