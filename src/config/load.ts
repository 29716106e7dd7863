import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, resolve } from 'node:path'
import { accept, refuse, type Result } from '../lib/result.ts'
import { checkSettings, readSettingsText, type Amended } from '../lib/settings/check-settings.ts'
import { entriesOf } from '../lib/settings/draft.ts'
import { toJsonSchema } from '../lib/settings/json-schema.ts'
import { formatPath, inFileOrder, isError, type Problem, type SettingPath } from '../lib/settings/problem.ts'
import { readSecret } from '../lib/settings/secret-file.ts'
import { checkAccountSources } from './checks/account-sources.ts'
import { checkAudit } from './checks/audit.ts'
import { checkCards } from './checks/cards.ts'
import { checkCardListener } from './checks/card-listener.ts'
import type { Check, CheckContext } from './checks/context.ts'
import { checkForwardAuth } from './checks/forward-auth.ts'
import { checkListeners } from './checks/listeners.ts'
import { checkSecrets } from './checks/secrets.ts'
import { checkServers } from './checks/servers.ts'
import { checkSites } from './checks/sites.ts'
import { checkTls } from './checks/tls.ts'
import { checkWorkers } from './checks/workers.ts'
import { toCards } from './card-settings.ts'
import { absoluteCards, readCards } from './card-listener.ts'
import { applyEnvironment, strayVariables, type Environment } from './environment.ts'
import type { DirectorySettings, Instance, InstanceSite, LegacyTableSettings, LoadedConfig } from './instance.ts'
import { configSchema, type Config } from './schema.ts'

export interface LoadConfigOptions<Site extends InstanceSite> {
  readonly environment: Environment
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Reads and checks one site file; policy/load, handed in because neither folder knows the other. */
  readonly loadSite: (file: string) => Result<Site, readonly Problem[]>
}

const CHECKS: readonly Check[] = [
  checkListeners,
  checkCardListener,
  checkForwardAuth,
  checkTls,
  checkSecrets,
  checkServers,
  checkSites,
  checkWorkers,
  checkAccountSources,
  checkCards,
  checkAudit,
]

const SECRETS = new Set(['smtp.password', 'store.redis', 'database.url'])

/** The same in each block under a name: the section, and the setting of its blocks. */
const NAMED_SECRETS = new Set(['directories password', 'legacy-tables url'])

/** Settings whose value is never repeated: they are, or may contain, a password; so may an address in the wrong place. */
const isSecret = (path: SettingPath, value: unknown): boolean =>
  SECRETS.has(formatPath(path)) ||
  (path.length === 3 && NAMED_SECRETS.has(`${path[0]} ${path[2]}`)) ||
  (typeof value === 'string' && /:\/\/|@/.test(value))

/** `sqlite:FILE` from the folder of the instance file; other addresses as they are. */
const absoluteDatabase = (url: string, directory: string): string =>
  url.replace(/^sqlite:(?!:)(?<file>.+)$/, (_all, file: string) => `sqlite:${resolve(directory, file)}`)

/** The value of a setting or of the file that its twin names; the checks have made sure that there is one. */
const secretOf = (value: string | undefined, file: string | undefined, directory: string): string => {
  if (value !== undefined) return value
  const secret = readSecret([], file ?? '', directory)
  if (!secret.ok) throw new Error('a secret file changed while it was read')
  return secret.value
}

/** Directories and tables under one list of names; the checks have made sure that none stands twice. */
const toSources = (config: Config, directory: string): Instance['accountSources'] => {
  const caOf = (name: string | undefined) =>
    name === undefined ? {} : { ca: readFileSync(resolve(directory, name), 'utf8') }
  const directories = Object.entries(config.directories ?? {}).map(([name, each]): [string, DirectorySettings] => {
    const { 'password-file': file, ...rest } = each
    const secret = each['bind-dn'] === undefined ? {} : { password: secretOf(each.password, file, directory) }
    return [name, { kind: 'ldap', ...rest, ...caOf(each.ca), ...secret }]
  })
  const tables = Object.entries(config['legacy-tables'] ?? {}).map(([name, each]): [string, LegacyTableSettings] => {
    const { 'url-file': file, ...rest } = each
    return [name, { kind: 'legacy-table', ...rest, ...caOf(each.ca), url: secretOf(each.url, file, directory) }]
  })
  return Object.fromEntries<DirectorySettings | LegacyTableSettings>([...directories, ...tables])
}

const toInstance = (given: Config, directory: string): Instance => {
  const { directories: _directories, 'legacy-tables': _tables, cards, ...config } = given
  const { store, database, smtp, listen } = config
  const absolute = (name: string) => resolve(directory, name)
  return {
    ...config,
    listen: {
      ...listen,
      ...(listen.tls && { tls: { certificate: absolute(listen.tls.certificate), key: absolute(listen.tls.key) } }),
      ...(listen.cards && { cards: absoluteCards(listen.cards, absolute) }),
    },
    store:
      store === 'embedded'
        ? store
        : { redis: secretOf(store.redis, store['redis-file'], directory), prefix: store.prefix },
    database: { url: absoluteDatabase(secretOf(database.url, database['url-file'], directory), directory) },
    ...(smtp && {
      smtp: {
        ...smtp,
        ...(smtp.user !== undefined && { password: secretOf(smtp.password, smtp['password-file'], directory) }),
      },
    }),
    workers: config.workers ?? (store === 'embedded' ? 1 : availableParallelism()),
    accountSources: toSources(given, directory),
    ...toCards(cards, directory),
    keys: absolute(config.keys),
    sites: config.sites.map(absolute),
  }
}

const readTls = ({ tls }: Instance['listen']) =>
  tls === undefined ? null : { cert: readFileSync(tls.certificate), key: readFileSync(tls.key) }

/** The site files of the list that exist, each read and checked once. */
const readSites = <Site extends InstanceSite>(
  names: readonly (string | undefined)[] | undefined,
  directory: string,
  loadSite: LoadConfigOptions<Site>['loadSite'],
) =>
  entriesOf(names)
    .map(([at, name]): [number, string] => [at, resolve(directory, name)])
    .filter(([, file]) => existsSync(file))
    .map(([at, file]) => ({ at, outcome: loadSite(file) }))

/**
 * Checks the text of an instance file, the files and sites that it names, and the environment; every fault is reported at
 * once. Nothing is changed and nothing is connected to.
 * @param file where the text comes from; relative names in it start from its folder
 */
export const parseConfig = <Site extends InstanceSite>(
  text: string,
  file: string,
  { environment, now, loadSite }: LoadConfigOptions<Site>,
): Result<LoadedConfig<Site>, readonly Problem[]> => {
  const directory = dirname(resolve(file))
  const schema = toJsonSchema(configSchema)
  let amended: Amended = { content: undefined, sources: new Map() }
  let outcomes: ReturnType<typeof readSites<Site>> = []

  const { value, problems } = checkSettings(text, file, {
    schema: configSchema,
    isSecret,
    amend: (content) => {
      amended = applyEnvironment(content, schema, environment)
      return amended
    },
    check: (draft) => {
      outcomes = readSites(draft.sites, directory, loadSite)
      const context: CheckContext = {
        file,
        directory,
        now,
        sites: outcomes.flatMap(({ at, outcome }) => (outcome.ok ? [[at, outcome.value] as const] : [])),
        isFromEnvironment: (path) => amended.sources.has(path),
      }
      return CHECKS.flatMap((check) => [...check(draft, context)])
    },
  })

  const all = inFileOrder([
    ...problems,
    ...strayVariables(schema, amended.content, environment),
    ...outcomes.flatMap(({ outcome }) => (outcome.ok ? outcome.value.warnings : outcome.reason)),
  ])
  if (value === null || all.some(isError)) return refuse(all)
  const config = toInstance(value, directory)
  const sites = outcomes.flatMap(({ outcome }) => (outcome.ok ? [outcome.value] : []))
  return accept({
    config,
    file: resolve(file),
    directory,
    sites,
    tls: readTls(config.listen),
    cardListener: readCards(config.listen),
    warnings: all,
  })
}

/** Reads and checks an instance file. */
export const loadConfig = <Site extends InstanceSite>(
  file: string,
  options: LoadConfigOptions<Site>,
): Result<LoadedConfig<Site>, readonly Problem[]> => {
  const text = readSettingsText(file)
  return text.ok ? parseConfig(text.value, file, options) : refuse([text.reason])
}
