import type { DirectorySettings } from '../../config/instance.ts'
import type { AccountsTable } from '../../database/tables.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { Random } from '../../lib/random.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import type { Account, AccountDirectory, PasswordRefusal } from '../directory.ts'
import { inEvenTime } from '../linked/even-time.ts'
import type { Links } from '../linked/links.ts'
import { readPerson, type Person } from '../linked/person.ts'
import type { AccountSource, Standing } from '../linked/source.ts'
import { loginKey } from '../login-key.ts'
import { accountOf } from '../record.ts'
import { createTurns } from '../turns.ts'
import { checkPassword } from './check-password.ts'
import { createConnect, directoryFault, type DirectoryConnection } from './connection.ts'
import type { FoundEntry } from './entry.ts'
import { createDirectorySearch } from './search.ts'

export interface LdapSourceParts {
  /** Its name in the instance file. */
  readonly name: string
  readonly settings: DirectorySettings
  readonly links: Links
  /** What becomes of somebody who has a row already: accounts/sql. */
  readonly findById: AccountDirectory['findById']
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** Sign-ins that may wait for their turn. */
const WAITING = 200

type Proved = Result<Account, PasswordRefusal>

/**
 * The accounts of an LDAP directory. For everybody, known or not, the same questions are asked: who is this, and is this
 * their password; for nobody, of an entry that does not exist. Each sign-in has a connection of its own.
 * @throws {Error} when a filter of the settings cannot be read
 */
export const createLdapSource = (parts: LdapSourceParts): AccountSource => {
  const { name, settings, links, clock, random, log } = parts
  const connect = createConnect(name, settings)
  const find = createDirectorySearch(settings, clock)
  const inTurn = createTurns(settings.connections, WAITING)

  /** A connection as the service account, for as long as the work takes; whatever goes wrong is the directory's fault. */
  const asking = <Value>(work: (connection: DirectoryConnection) => Promise<Value>, from?: string): Promise<Value> =>
    inTurn(async () => {
      const connection = await connect()
      try {
        await connection.asService()
        return await work(connection)
      } catch (thrown) {
        throw directoryFault(name, thrown)
      } finally {
        connection.close()
      }
    }, from)

  const personOf = (entry: FoundEntry, groups: readonly string[] = []): Result<Person, 'unreadable'> => {
    const person = readPerson({ ...entry.told, roles: [...entry.told.roles, ...groups] }, settings.roles)
    const id = entry.told.externalId
    if (!person.ok) log.warn({ source: name, id }, 'an entry of the directory cannot be used')
    else if (person.value.leftOut.length > 0)
      log.warn({ source: name, id, leftOut: person.value.leftOut }, 'parts of an entry of the directory cannot be used')
    return person
  }

  const accountIn = (row: AccountsTable | null): Account | null => (row === null ? null : accountOf(row))

  /** The right password of an entry that is there. */
  const admit = async (realm: string, entry: FoundEntry, connection: DirectoryConnection): Promise<Proved> => {
    const known = await links.known(realm, entry.told.externalId)
    if (!entry.isOpen) {
      if (known !== null) await links.close(known, 'closed')
      return refuse({ cause: 'disabled', account: accountIn(known) })
    }
    // A bind has made the connection the person's own; groups are for the service account to see.
    if (settings.groups !== undefined) await connection.asService()
    const person = personOf(entry, await find.groupsOf(connection.client, entry.dn))
    if (!person.ok) return refuse({ cause: person.reason, account: accountIn(known) })
    const account = await links.settle(realm, person.value, { mark: entry.mark })
    return account.disabled ? refuse({ cause: 'disabled', account }) : accept(account)
  }

  const nobody = () => `cn=${random.token(9)},${settings.base}`

  const prove = (realm: string, login: string, password: string, from?: string): Promise<Proved> =>
    asking(async (connection) => {
      const { client } = connection
      const askedFor = loginKey(login).ok ? login : random.token(9)
      const found = await find.byLogin(client, askedFor)
      const entry = found.ok ? found.value : null
      const answer = await checkPassword(client, settings, entry?.dn ?? nobody(), password)
      if (!found.ok || entry === null) return refuse({ cause: found.ok ? 'unknown' : found.reason, account: null })
      if (answer === 'right') return admit(realm, entry, connection)
      return refuse({ cause: answer, account: accountIn(await links.known(realm, entry.told.externalId)) })
    }, from)

  const standingOf = (row: AccountsTable, entry: FoundEntry | undefined): Standing => {
    if (entry === undefined) return 'gone'
    if (!entry.isOpen) return 'closed'
    return entry.mark === row.source_mark ? 'open' : 'password-changed'
  }

  return {
    directory: {
      provePassword: (realm, login, password, from) => inEvenTime(() => prove(realm, login, password, from)),
      findById: parts.findById,
    },
    standings: (rows) =>
      asking(async ({ client }) => {
        const entries = await find.byIds(
          client,
          rows.flatMap((row) => row.external_id ?? []),
        )
        const byId = new Map(entries.map((entry) => [entry.told.externalId, entry]))
        return new Map(rows.map((row) => [row.id, standingOf(row, byId.get(row.external_id ?? ''))]))
      }),
    lookUp: (login) =>
      asking(async ({ client }) => {
        const found = await find.byLogin(client, login)
        if (!found.ok) return found
        const person = personOf(found.value, await find.groupsOf(client, found.value.dn))
        return person.ok ? accept({ person: person.value, isOpen: found.value.isOpen, hash: null }) : person
      }),
    close: () => Promise.resolve(),
  }
}
