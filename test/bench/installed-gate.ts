import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { freePorts } from '../kit/ports.ts'
import { startProcess } from '../kit/processes.ts'
import { startRedis } from '../kit/redis.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { IDENTITY, type Upstream } from './upstream.ts'

export const HOST = 'dcc.example.test'
export const REALM = 'bench'

/** As it is installed; run.ts builds it. */
const MAIN = resolve(import.meta.dirname, '../../dist/src/main.js')

/** `portillon serve` as an operator runs it, with sessions in a real Redis. */
export interface InstalledGate<Filled = unknown> {
  readonly port: number
  readonly adminPort: number
  readonly pid: number
  /** Address of its Redis. */
  readonly redis: string
  /** What `fill` has given. */
  readonly filled: Filled
  stop(): Promise<void>
}

export interface InstalledGateOptions<Filled> {
  /** What the site file says besides what every site of a measurement does. */
  readonly site: object
  /** Makes the accounts, before it starts. */
  readonly fill: (database: string, keys: string) => Promise<Filled>
  readonly workers?: number
  /** Who may speak for visitors; nobody who is here, unless told otherwise. */
  readonly proxies?: string
  /** Port of its mail server. */
  readonly mailPort?: number
  /** More files of its folder: name to content. */
  readonly files?: Readonly<Record<string, string>>
  /** Address of its database; SQLite in its own folder without. */
  readonly database?: string | null
}

/** A site whose application stands at this address. */
export const measuredSite = (upstream: Pick<Upstream, 'url'>, fields: object): object => ({
  site: REALM,
  hosts: [HOST],
  name: { fr: 'Mesure', en: 'Measurement' },
  network: 'Mesure',
  upstream: { url: upstream.url },
  identity: { headers: { [IDENTITY.header]: 'login' }, assertion: { audience: 'application' } },
  support: { name: 'Support', email: 'support@example.test' },
  ...fields,
})

/** With a worker for each processor, unless told otherwise. Settings are written as JSON, which is YAML. */
export const startInstalledGate = async <Filled>(
  options: InstalledGateOptions<Filled>,
): Promise<InstalledGate<Filled>> => {
  const [redis, [port = 0, adminPort = 0]] = await Promise.all([startRedis(), freePorts(2)])
  const folder = createTempFolder('bench-gate')
  const write = (name: string, content: string) => writeFileSync(join(folder.path, name), content)
  const keys = join(folder.path, 'keys')
  const database = options.database ?? `sqlite:${join(folder.path, 'accounts.sqlite')}`
  const instance = {
    workers: options.workers ?? availableParallelism(),
    listen: { port, 'trusted-proxies': [options.proxies ?? '192.0.2.1'] },
    admin: { port: adminPort },
    store: { redis: redis.url },
    database: { url: database },
    smtp: { host: '127.0.0.1', port: options.mailPort ?? 25, security: 'none' },
    keys,
    sites: ['site.yaml'],
  }
  for (const [name, content] of Object.entries(options.files ?? {})) write(name, content)
  write('site.yaml', JSON.stringify(options.site))
  write('config.yaml', JSON.stringify(instance))
  const filled = await options.fill(database, keys)
  const words = [MAIN, 'serve', '--config', join(folder.path, 'config.yaml')]
  const gate = startProcess(process.execPath, words, { env: { NODE_ENV: 'production' } })
  await gate.waitFor(/the gate stands/)
  return {
    port,
    adminPort,
    pid: gate.pid,
    redis: redis.url,
    filled,
    stop: async () => {
      await gate.stop()
      await redis.stop()
      folder[Symbol.dispose]()
    },
  }
}
