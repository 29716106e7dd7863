import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { isLoopbackHost, isPrivateHost } from '../../lib/host-kind.ts'
import type { Draft } from '../../lib/settings/draft.ts'
import { error, warning, type Finding, type SettingPath } from '../../lib/settings/problem.ts'
import type { Config } from '../schema.ts'
import type { Check, CheckContext } from './context.ts'

type Directory = NonNullable<Draft<NonNullable<Config['directories']>[string]>>
type Table = NonNullable<Draft<NonNullable<Config['legacy-tables']>[string]>>

const hostOf = (server: string): string => server.replace(/:\d+$/, '')

/** RFC 4515: parentheses that are meant as letters are written `\28` and `\29`, so counting is enough. */
const isBalanced = (filter: string): boolean => {
  let depth = 0
  for (const [at, letter] of Array.from(filter).entries()) {
    depth += letter === '(' ? 1 : letter === ')' ? -1 : 0
    if (depth < 0 || (depth === 0 && at < filter.length - 1)) return false
  }
  return depth === 0
}

function* checkAuthorities(path: SettingPath, ca: string | undefined, { directory }: CheckContext): Generator<Finding> {
  if (ca === undefined) return
  try {
    new X509Certificate(readFileSync(resolve(directory, ca)))
  } catch {
    const remedy = `${resolve(directory, ca)} holds none that can be read: correct the name, or export it as PEM`
    yield error([...path, 'ca'], 'a file with certificate authorities in PEM form', remedy)
  }
}

function* checkServiceAccount(path: SettingPath, directory: Directory): Generator<Finding> {
  const hasPassword = directory.password !== undefined || directory['password-file'] !== undefined
  if (directory['bind-dn'] !== undefined && !hasPassword)
    yield error(path, 'a service account with its password', 'add `password-file`, or remove `bind-dn`')
  if (directory['bind-dn'] === undefined && hasPassword)
    yield error(path, 'a password with its service account', 'add `bind-dn`, or remove the password')
  if (directory.check === 'compare' && directory['bind-dn'] === undefined) {
    const remedy = 'add `bind-dn` and `password-file`, or write `check: bind`'
    yield error([...path, 'check'], 'a service account that may compare passwords', remedy)
  }
}

/** Passwords of everybody cross this connection. */
function* checkDirectory(path: SettingPath, directory: Directory, context: CheckContext): Generator<Finding> {
  const beyond = (directory.servers ?? []).find((server) => server !== undefined && !isLoopbackHost(hostOf(server)))
  if (directory.security === 'none' && beyond !== undefined) {
    const remedy = `write starttls or tls: ${beyond} is not this machine`
    yield error([...path, 'security'], 'starttls or tls: passwords would cross the network in clear', remedy)
  }
  yield* checkServiceAccount(path, directory)
  yield* checkAuthorities(path, directory.ca, context)
  for (const [name, filter] of [
    ['filter', directory.filter],
    ['groups', directory.groups?.filter],
  ] as const) {
    if (filter === undefined || isBalanced(filter)) continue
    const where = name === 'filter' ? [...path, name] : [...path, name, 'filter']
    yield error(where, 'a filter whose parentheses are in pairs', 'correct it, as in (objectClass=person)')
  }
}

function* checkTable(path: SettingPath, table: Table, context: CheckContext): Generator<Finding> {
  const host = table.url !== undefined && URL.canParse(table.url) ? new URL(table.url).hostname : ''
  if (table.security === 'none' && host !== '' && !isPrivateHost(host)) {
    yield warning([...path, 'security'], 'tls: hashes of passwords would cross the network in clear', 'write tls')
  }
  const isMysql = table.url !== undefined && /^(?:mysql|mariadb):/.test(table.url)
  if (isMysql && table.security === 'tls' && isIP(host.replace(/^\[|\]$/g, '')) !== 0) {
    const remedy = 'write the name that its certificate is for, or `security: none` within one machine'
    yield error([...path, 'url'], 'a MySQL server by its name: certificates are checked by name only', remedy)
  }
  yield* checkAuthorities(path, table.ca, context)
  const { salt } = table.columns ?? {}
  const { order, layout } = table.digest ?? {}
  const isSalted = order !== undefined && order !== 'password'
  if (salt !== undefined && table.digest === undefined) {
    const remedy = 'add `digest: { algorithm: …, order: … }`, or remove `columns.salt`'
    yield error([...path, 'columns', 'salt'], 'a salt for a digest', remedy)
  }
  if (isSalted && layout === 'hash' && salt === undefined) {
    const remedy = 'name the column of the salt in `columns.salt`, or say in `layout` where it stands'
    yield error([...path, 'digest', 'order'], 'a salt that can be found', remedy)
  }
}

/** Sites name a source that is there, and no two sources have one name. */
function* checkNames(names: readonly string[], { sites }: CheckContext): Generator<Finding> {
  for (const [at, { site }] of sites) {
    if (site.accounts === undefined || names.includes(site.accounts)) continue
    const known = names.length === 0 ? 'none' : names.join(', ')
    yield error(
      ['sites', at],
      'sites whose `accounts` name a directory or table of this file',
      `add \`${site.accounts}\` to \`directories\` or \`legacy-tables\` (there is ${known}), or correct \`accounts\` of ${site.site}`,
    )
  }
}

/** Where accounts live outside the gate: what is named exists, is safe to speak to, and says what it must. */
export const checkAccountSources: Check = function* (config, context) {
  const { directories = {}, 'legacy-tables': tables = {} } = config
  yield* checkNames([...Object.keys(directories), ...Object.keys(tables)], context)
  for (const [name, directory] of Object.entries(directories)) {
    if (directory !== undefined) yield* checkDirectory(['directories', name], directory, context)
  }
  for (const [name, table] of Object.entries(tables)) {
    const path = ['legacy-tables', name]
    if (Object.hasOwn(directories, name)) {
      yield error(path, 'a name of its own', `rename it: a directory is called ${name} too`)
    }
    if (table !== undefined) yield* checkTable(path, table, context)
  }
  const used = new Set(context.sites.map(([, { site }]) => site.accounts))
  for (const [section, named] of [
    ['directories', directories],
    ['legacy-tables', tables],
  ] as const) {
    for (const name of Object.keys(named).filter((each) => !used.has(each))) {
      yield warning(
        [section, name],
        'a source that a site uses',
        `write \`accounts: ${name}\` into a site file, or remove it`,
      )
    }
  }
}
