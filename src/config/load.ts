import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, resolve } from 'node:path'
import { accept, refuse, type Result } from '../lib/result.ts'
import { checkSettings, readSettingsText } from '../lib/settings/check-settings.ts'
import { entriesOf } from '../lib/settings/draft.ts'
import { toJsonSchema } from '../lib/settings/json-schema.ts'
import { formatPath, inFileOrder, isError, type Problem, type SettingPath } from '../lib/settings/problem.ts'
import { readSecret } from '../lib/settings/secret-file.ts'
import type { Check, CheckContext } from './checks/context.ts'
import { checkForwardAuth } from './checks/forward-auth.ts'
import { checkListeners } from './checks/listeners.ts'
import { checkSecrets } from './checks/secrets.ts'
import { checkServers } from './checks/servers.ts'
import { checkSites } from './checks/sites.ts'
import { checkTls } from './checks/tls.ts'
import { checkWorkers } from './checks/workers.ts'
import { applyEnvironment, strayVariables, type Environment } from './environment.ts'
import type { Instance, InstanceSite, LoadedConfig } from './instance.ts'
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
  checkForwardAuth,
  checkTls,
  checkSecrets,
  checkServers,
  checkSites,
  checkWorkers,
]

const SECRETS = new Set(['smtp.password', 'store.redis', 'database.url'])

/** Settings whose value is never repeated: they are, or may contain, a password; so may an address in the wrong place. */
const isSecret = (path: SettingPath, value: unknown): boolean =>
  SECRETS.has(formatPath(path)) || (typeof value === 'string' && /:\/\/|@/.test(value))

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

const toInstance = (config: Config, directory: string): Instance => {
  const { store, database, smtp, listen } = config
  const absolute = (name: string) => resolve(directory, name)
  return {
    ...config,
    listen: {
      ...listen,
      ...(listen.tls && { tls: { certificate: absolute(listen.tls.certificate), key: absolute(listen.tls.key) } }),
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
  let given: ReadonlyMap<string, unknown> = new Map()
  let outcomes: ReturnType<typeof readSites<Site>> = []

  const { value, problems } = checkSettings(text, file, {
    schema: configSchema,
    isSecret,
    amend: (content) => {
      const amended = applyEnvironment(content, schema, environment)
      given = amended.sources
      return amended
    },
    check: (draft) => {
      outcomes = readSites(draft.sites, directory, loadSite)
      const context: CheckContext = {
        file,
        directory,
        now,
        sites: outcomes.flatMap(({ at, outcome }) => (outcome.ok ? [[at, outcome.value] as const] : [])),
        isFromEnvironment: (path) => given.has(path),
      }
      return CHECKS.flatMap((check) => [...check(draft, context)])
    },
  })

  const all = inFileOrder([
    ...problems,
    ...strayVariables(schema, environment),
    ...outcomes.flatMap(({ outcome }) => (outcome.ok ? outcome.value.warnings : outcome.reason)),
  ])
  if (value === null || all.some(isError)) return refuse(all)
  const config = toInstance(value, directory)
  const sites = outcomes.flatMap(({ outcome }) => (outcome.ok ? [outcome.value] : []))
  return accept({ config, file: resolve(file), directory, sites, tls: readTls(config.listen), warnings: all })
}

/** Reads and checks an instance file. */
export const loadConfig = <Site extends InstanceSite>(
  file: string,
  options: LoadConfigOptions<Site>,
): Result<LoadedConfig<Site>, readonly Problem[]> => {
  const text = readSettingsText(file)
  return text.ok ? parseConfig(text.value, file, options) : refuse([text.reason])
}
