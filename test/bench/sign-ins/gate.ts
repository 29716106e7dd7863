import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { freePorts } from '../../kit/ports.ts'
import { startProcess } from '../../kit/processes.ts'
import { startRedis } from '../../kit/redis.ts'
import { createTempFolder } from '../../kit/temp-folder.ts'
import { IDENTITY, type Upstream } from '../upstream.ts'
import { fillDirectory, REALM, type Person } from './directory.ts'

export const HOST = 'dcc.example.test'

/** As it is installed; run.ts builds it. */
const MAIN = resolve(import.meta.dirname, '../../../dist/src/main.js')

/** `portillon serve` with a worker for each processor, Redis, and so many people who sign in by password and application. */
export interface SignInGate {
  readonly port: number
  readonly pid: number
  readonly people: readonly Person[]
  /** Sign-ins that the gate has refused because too many were waiting for their password check. */
  busy(): Promise<number>
  stop(): Promise<void>
}

const site = (upstream: string) => ({
  site: REALM,
  hosts: [HOST],
  name: { fr: 'Mesure', en: 'Measurement' },
  network: 'Mesure',
  upstream: { url: upstream },
  ways: [{ id: 'application', methods: ['password', 'totp'] }],
  identity: { headers: { [IDENTITY.header]: 'login' }, assertion: { audience: 'application' } },
  support: { name: 'Support', email: 'support@example.test' },
})

/** @param database an address, or null for SQLite in the gate's own folder */
export const startSignInGate = async (
  upstream: Upstream,
  database: string | null,
  count: number,
): Promise<SignInGate> => {
  const [redis, [port = 0, adminPort = 0]] = await Promise.all([startRedis(), freePorts(2)])
  const folder = createTempFolder('bench-sign-ins')
  const keys = join(folder.path, 'keys')
  const url = database ?? `sqlite:${join(folder.path, 'accounts.sqlite')}`
  const people = await fillDirectory(url, keys, count)
  const instance = {
    workers: availableParallelism(),
    listen: { port, 'trusted-proxies': ['192.0.2.1'] },
    admin: { port: adminPort },
    store: { redis: redis.url },
    database: { url },
    smtp: { host: '127.0.0.1', port: 25, security: 'none' },
    keys,
    sites: ['site.yaml'],
  }
  writeFileSync(join(folder.path, 'site.yaml'), JSON.stringify(site(upstream.url)))
  const file = join(folder.path, 'config.yaml')
  writeFileSync(file, JSON.stringify(instance))
  const gate = startProcess(process.execPath, [MAIN, 'serve', '--config', file], { env: { NODE_ENV: 'production' } })
  await gate.waitFor(/the gate stands/)
  return {
    port,
    pid: gate.pid,
    people,
    busy: async () => {
      const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text()
      return Number(/^portillon_password_checks_refused (\d+)/m.exec(text)?.[1] ?? 0)
    },
    stop: async () => {
      await gate.stop()
      await redis.stop()
      folder[Symbol.dispose]()
    },
  }
}
