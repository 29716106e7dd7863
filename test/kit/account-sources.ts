import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import pg from 'pg'
import { hash as bcryptHash } from '@node-rs/bcrypt'
import { createHash, randomBytes } from 'node:crypto'
import type { AccountDirectory } from '../../src/accounts/directory.ts'
import { openSource, type OpenedSource } from '../../src/accounts/open-source.ts'
import { createSqlDirectory } from '../../src/accounts/sql.ts'
import { directorySchema } from '../../src/config/directory-schema.ts'
import type { DirectorySettings, LegacyTableSettings } from '../../src/config/instance.ts'
import { legacyTableSchema } from '../../src/config/legacy-table-schema.ts'
import type { Database } from '../../src/database/open.ts'
import { silentLog } from '../../src/lib/log.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { createAccountBench, newPassword, quickHasher as hasher, type AccountBench } from './accounts.ts'
import { databaseKinds, type DatabaseKit } from './databases.ts'
import { startMariadb } from './mariadb.ts'
import { startPostgres } from './postgres.ts'
import { startSlapd, type LdapServer } from './slapd.ts'

/** A person as each source is told of them, in its own way. */
export interface SourcePerson {
  readonly login: string
  readonly password: string
  readonly givenName?: string
  readonly familyName?: string
  readonly name?: string
  readonly email?: string
  readonly rpps?: string
  readonly roles?: readonly string[]
}

/** One source with its people, and the gate's database beside it. */
export interface SourceBench extends AccountBench {
  readonly database: Database
  /** What is between directory and database; null where accounts live in the gate's own. */
  readonly opened: OpenedSource | null
  add(person: SourcePerson): Promise<void>
  close(login: string): Promise<void>
  reopen(login: string): Promise<void>
  setPassword(login: string, password: string): Promise<void>
  setEmail(login: string, email: string): Promise<void>
}

/** A bench whose people can be given another login, or taken away: every source but the gate's own database. */
export interface LinkedBench extends SourceBench {
  readonly opened: OpenedSource
  rename(login: string, next: string): Promise<void>
  remove(login: string): Promise<void>
}

export interface SourceKit {
  fresh(...people: readonly SourcePerson[]): Promise<SourceBench>
  /** The server that accounts live in; null where there is none to stop. */
  readonly server: { freeze(): void; thaw(): void; stop(): Promise<void> } | null
}

export interface LinkedKit extends SourceKit {
  fresh(...people: readonly SourcePerson[]): Promise<LinkedBench>
  readonly server: { freeze(): void; thaw(): void; stop(): Promise<void> }
}

export const isLinked = (kit: SourceKit): kit is LinkedKit => kit.server !== null

export const REALM = 'a'
/** Short, so that tests of an outage are; long enough for a busy machine. */
const LIMITS = { connect: '2s', answer: '2s' }

const key = randomBytes(32)

/** A source of some settings over a fresh database of the gate. */
export const openBench = async (
  gate: DatabaseKit,
  settings: DirectorySettings | LegacyTableSettings,
): Promise<AccountBench & { database: Database; opened: OpenedSource }> => {
  const database = await gate.fresh()
  const bench = createAccountBench(database, { hasher })
  const findById: AccountDirectory['findById'] = (realm, id) => bench.directory.findById(realm, id)
  const opened = openSource('elsewhere', settings, {
    db: database.db,
    findById,
    hasher,
    key: { current: () => key, every: () => [key] },
    trail: { record: (event) => void (bench.events as unknown[]).push(event) },
    clock: bench.clock,
    random: systemRandom,
    log: silentLog,
  })
  after(() => opened.source.close())
  return { ...bench, database, opened, directory: opened.source.directory }
}

const sqlKit = (createDatabases: () => DatabaseKit) => (): SourceKit => {
  const databases = createDatabases()
  return {
    server: null,
    fresh: async (...people) => {
      const database = await databases.fresh()
      const bench = createAccountBench(database, { hasher })
      const { admin } = bench
      const add = async ({ password, rpps, ...person }: SourcePerson) => {
        const entry = { givenName: 'Ada', familyName: 'Bel', ...person, ...(rpps && { nationalId: `8${rpps}` }) }
        // By its hash: what a source proves does not depend on what a site would let people choose.
        const added = await admin.add(REALM, { ...entry, passwordHash: await hasher.hash(password) })
        assert.ok(added.ok, JSON.stringify(added))
      }
      for (const person of people) await add(person)
      return {
        ...bench,
        database,
        opened: null,
        directory: createSqlDirectory(database, hasher),
        add,
        close: async (login) => {
          await admin.disable(REALM, login)
        },
        reopen: async (login) => {
          await admin.enable(REALM, login)
        },
        setPassword: async (login, password) => {
          await admin.setPassword(REALM, login, newPassword(password))
        },
        setEmail: async (login, email) => {
          await admin.setEmail(REALM, login, email)
        },
      }
    },
  }
}

/** Settings of a directory as a file would have them. */
export const directorySettings = (server: LdapServer, base: string, more: object = {}): DirectorySettings => ({
  kind: 'ldap',
  ...directorySchema.parse({
    servers: [server.server],
    'bind-dn': server.serviceDn,
    password: server.servicePassword,
    base,
    'login-attributes': ['uid', 'mail'],
    attributes: { rpps: 'employeeNumber', roles: 'employeeType' },
    ...LIMITS,
    ...more,
  }),
  ca: server.ca,
})

/** RFC 4514 §2.4: what would end a value within a name. */
const inName = (text: string): string => text.replaceAll(/["+,;<>\\=#]/g, '\\$&').replace(/^ | $/g, '\\ ')

let organisations = 0

/** A branch of its own on the server. @returns its name */
export const addOrganisation = async (server: LdapServer): Promise<string> => {
  const ou = `people${(organisations += 1)}`
  const base = `ou=${ou},${server.suffix}`
  await server.add(base, { objectClass: 'organizationalUnit', ou })
  return base
}

export const addEntry = (server: LdapServer, base: string, person: SourcePerson, more: object = {}): Promise<void> => {
  const { login, password, email, rpps, roles = [] } = person
  const { givenName = 'Ada', familyName = 'Bel', name = `${givenName} ${familyName}` } = person
  return server.add(`uid=${inName(login)},${base}`, {
    objectClass: ['inetOrgPerson', 'extensibleObject'],
    uid: login,
    cn: name,
    displayName: name,
    givenName,
    sn: familyName,
    userPassword: password,
    ...(email === undefined ? {} : { mail: email }),
    ...(rpps === undefined ? {} : { employeeNumber: rpps }),
    ...(roles.length === 0 ? {} : { employeeType: roles }),
    ...more,
  })
}

export const ldapKit = (): LinkedKit & { readonly ldap: () => LdapServer } => {
  let server: LdapServer | undefined
  before(async () => {
    server = await startSlapd()
  })
  after(() => server?.stop())
  const gate = databaseKinds.SQLite()
  const ldap = (): LdapServer => server ?? assert.fail('the server is started before the first test')
  return {
    ldap,
    server: { freeze: () => ldap().freeze(), thaw: () => ldap().thaw(), stop: () => ldap().stop() },
    fresh: async (...people) => {
      const base = await addOrganisation(ldap())
      const dn = (login: string) => `uid=${inName(login)},${base}`
      const add = (person: SourcePerson) => addEntry(ldap(), base, person)
      for (const person of people) await add(person)
      return {
        ...(await openBench(gate, directorySettings(ldap(), base))),
        add,
        close: (login) => ldap().set(dn(login), 'pwdAccountLockedTime', '000001010000Z'),
        reopen: (login) => ldap().set(dn(login), 'pwdAccountLockedTime'),
        setPassword: (login, password) => ldap().set(dn(login), 'userPassword', password),
        setEmail: (login, email) => ldap().set(dn(login), 'mail', email),
        rename: (login, next) => ldap().rename(dn(login), dn(next)),
        remove: (login) => ldap().remove(dn(login)),
      }
    },
  }
}

/** As old applications kept passwords; bcrypt knows no more than 72 bytes. */
const oldHash = async (password: string): Promise<string> => {
  if (Buffer.byteLength(password) <= 72) return bcryptHash(password, 4)
  const salt = randomBytes(8)
  const digest = createHash('sha512').update(password).update(salt).digest()
  return `{SSHA512}${Buffer.concat([digest, salt]).toString('base64')}`
}

/** A server of another application's tables. */
export interface TableServer {
  /** Of a user who may read and write. */
  readonly url: string
  /** Settings that this server needs. */
  readonly settings: object
  query(statement: string, values?: readonly unknown[]): Promise<void>
  freeze(): void
  thaw(): void
  stop(): Promise<void>
}

export const startTablesInPostgres = async (): Promise<TableServer> => {
  const server = await startPostgres()
  return {
    ...server,
    settings: { security: 'none' },
    query: async (statement, values = []) => {
      const client = new pg.Client(server.url)
      await client.connect()
      try {
        let at = 0
        await client.query(
          statement.replaceAll('?', () => `$${(at += 1)}`),
          [...values],
        )
      } finally {
        await client.end()
      }
    },
  }
}

export const startTablesInMariadb = async (): Promise<TableServer> => {
  const server = await startMariadb()
  return {
    ...server,
    settings: { security: 'tls' },
    query: (statement, values = []) => server.run([statement, values]),
  }
}

const TABLE = `(
  id integer primary key, login varchar(200) not null, pw varchar(300), first_name varchar(200), last_name varchar(200),
  shown varchar(200), mail varchar(200), rpps varchar(20), groups_of varchar(200), enabled varchar(10) not null
)`

/** Settings of a table as a file would have them. */
export const tableSettings = (
  server: TableServer & { ca?: string },
  table: string,
  more: object = {},
): LegacyTableSettings => {
  const {
    url,
    'url-file': _file,
    ...settings
  } = legacyTableSchema.parse({
    url: server.url,
    ...server.settings,
    table,
    columns: {
      id: 'id',
      login: 'login',
      password: 'pw',
      name: 'shown',
      'given-name': 'first_name',
      'family-name': 'last_name',
      email: 'mail',
      rpps: 'rpps',
      roles: 'groups_of',
      state: 'enabled',
    },
    ...LIMITS,
    ...more,
  })
  return { kind: 'legacy-table', ...settings, url: url ?? '', ...(server.ca === undefined ? {} : { ca: server.ca }) }
}

let tables = 0

/** An empty table of people. @returns its name */
export const addTable = async (server: TableServer): Promise<string> => {
  const name = `people_${(tables += 1)}`
  await server.query(`create table ${name} ${TABLE}`)
  return name
}

let people = 0

export const addLine = async (
  server: TableServer,
  table: string,
  person: SourcePerson,
  hash?: string,
): Promise<void> => {
  const { login, password, email = null, rpps = null, roles = [] } = person
  const { givenName = 'Ada', familyName = 'Bel', name = null } = person
  const stored = hash ?? (await oldHash(password))
  const values = [(people += 1), login, stored, givenName, familyName, name, email, rpps, roles.join(','), 'oui']
  await server.query(`insert into ${table} values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, values)
}

const tableKit = (start: () => Promise<TableServer>) => (): LinkedKit & { readonly tables: () => TableServer } => {
  let server: TableServer | undefined
  before(async () => {
    server = await start()
  })
  after(() => server?.stop())
  const gate = databaseKinds.SQLite()
  const tablesOf = (): TableServer => server ?? assert.fail('the server is started before the first test')
  return {
    tables: tablesOf,
    server: { freeze: () => tablesOf().freeze(), thaw: () => tablesOf().thaw(), stop: () => tablesOf().stop() },
    fresh: async (...given) => {
      const table = await addTable(tablesOf())
      const add = (person: SourcePerson) => addLine(tablesOf(), table, person)
      for (const person of given) await add(person)
      const set = (column: string, login: string, value: string) =>
        tablesOf().query(`update ${table} set ${column} = ? where login = ?`, [value, login])
      return {
        ...(await openBench(gate, tableSettings(tablesOf(), table))),
        add,
        close: (login) => set('enabled', login, 'non'),
        reopen: (login) => set('enabled', login, 'oui'),
        setPassword: async (login, password) => set('pw', login, await oldHash(password)),
        setEmail: (login, email) => set('mail', login, email),
        rename: (login, next) => set('login', login, next),
        remove: (login) => tablesOf().query(`delete from ${table} where login = ?`, [login]),
      }
    },
  }
}

/** Sources whose accounts live elsewhere: call the value inside the suite's `describe`. */
export const linkedKinds = {
  'an LDAP directory': ldapKit,
  'a table in PostgreSQL': tableKit(startTablesInPostgres),
  'a table in MariaDB': tableKit(startTablesInMariadb),
} as const

/** Every source of accounts. */
export const sourceKinds: Readonly<Record<string, () => SourceKit>> = {
  'the gate’s own SQLite': sqlKit(databaseKinds.SQLite),
  'the gate’s own PostgreSQL': sqlKit(databaseKinds.PostgreSQL),
  ...linkedKinds,
}
