import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { stringify } from 'yaml'
import { createAccountAdmin } from '../../src/accounts/admin.ts'
import type { AccountEntry } from '../../src/accounts/entry.ts'
import { createPasswordHasher } from '../../src/accounts/password-hash.ts'
import { openDatabase } from '../../src/database/open.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { GATE_PASSWORD, loadedSite, PERSON } from './gate.ts'
import { freePorts } from './ports.ts'
import { childrenOf, startCli, type Running } from './processes.ts'
import type { SmtpSink } from './smtp.ts'
import { createTempFolder } from './temp-folder.ts'
import { PREFIX, reachCodePage, type Visitor } from './visitor.ts'

/** `portillon serve` as an operator runs it: files, a main process, workers. */

export const INSTANCE_HOST = 'dcc.example.test'

export interface InstanceOptions {
  readonly upstream: string
  /** Address of the Redis server; without it the store is embedded. */
  readonly redis?: string
  readonly site?: Readonly<Record<string, unknown>>
  readonly config?: Readonly<Record<string, unknown>>
  /** Speaks TLS itself, with `front.crt` and `front.key` of `files`. */
  readonly tls?: boolean
  /** More files of its folder: name to content. */
  readonly files?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  /** The port of visitors, where it was opened before. */
  readonly port?: number
  /** Starts the program in another way, and finds its main process. */
  readonly start?: { readonly run: (args: readonly string[]) => Running; readonly mainOf: (running: Running) => number }
}

export interface LogEntry {
  readonly level: string
  readonly msg: string
  readonly [field: string]: unknown
}

export interface Readiness {
  readonly status: number
  readonly ready: boolean
  readonly draining: boolean
  readonly workers: { readonly ready: number; readonly of: number }
}

export interface Instance {
  readonly host: string
  readonly origin: string
  readonly port: number
  readonly adminPort: number
  /** Its folder, with the files `instance.yaml` and `site.yaml`. */
  readonly folder: string
  readonly running: () => Running
  mainPid(): number
  /** The workers' process ids. */
  workers(): number[]
  log(): LogEntry[]
  /** The next entry with this message that this call has not given yet. */
  logged(message: RegExp, timeout?: number): Promise<LogEntry>
  readiness(): Promise<Readiness>
  metrics(): Promise<string>
  /** Writes the site file, or the instance file, with these settings in place of some; or any text. */
  writeSite(settings: Readonly<Record<string, unknown>> | string): void
  writeInstance(settings: Readonly<Record<string, unknown>> | string): void
  writeFile(name: string, content: string): void
  /** SIGHUP to the main process. */
  reload(): void
  /** Starts it again, after it has ended, on the same files. */
  restart(): Promise<void>
}

/** Everybody may see what lies below `/app/`; the rest of the application wants a session. */
const OPEN = { id: 'open', match: { path: '/app/**', methods: ['GET', 'POST'] }, allow: 'anyone' }

const siteOf = (upstream: string, more: Readonly<Record<string, unknown>> = {}) => ({
  site: 'onco-test',
  hosts: [INSTANCE_HOST],
  name: 'Dossier Communicant de Cancérologie',
  network: 'Réseau de test',
  upstream: { url: upstream },
  ways: [{ id: 'mailed-code', methods: ['password', 'email-code'], homologation: 'test' }],
  'email-code': { from: 'WebDCR@example.test' },
  identity: { headers: { 'X-Remote-User': 'login' }, assertion: { audience: 'webdcr' } },
  legal: 'Rappel',
  rules: [OPEN],
  support: { name: 'Votre référent RCP', phone: '01 99 00 00 00' },
  ...more,
})

/** Begins a sign-in, up to the mailed code. @returns a function that ends it, by the same browser wherever it is served then */
export const beginSignIn = async (visitor: Visitor, smtp: SmtpSink): Promise<(at?: Visitor) => Promise<void>> => {
  const { fields } = await reachCodePage(visitor)
  // A sign-in in a second browser is told by a mail of its own.
  let code: string | undefined
  while (code === undefined)
    code = /(?<!\d)(\d{3})\s(\d{3})(?!\d)/
      .exec((await smtp.next()).text ?? '')
      ?.slice(1)
      .join('')
  return async (at = visitor) => {
    const landed = await at.ask(`${PREFIX}/sign-in/code`, { form: { ...fields, code } })
    if (landed.status !== 303) throw new Error(`the code was not taken: ${landed.status} ${landed.body}`)
  }
}

/** A sign-in by the mailed code, from the first page to the session. */
export const signInByMail = async (visitor: Visitor, smtp: SmtpSink): Promise<void> => {
  const finish = await beginSignIn(visitor, smtp)
  await finish()
}

/** Until it holds; the caller's test has a limit of its own. */
export const eventually = async (holds: () => boolean | Promise<boolean>, what: string, limit = 50_000) => {
  const deadline = performance.now() + limit
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${limit} ms`)
    await pause(20)
  }
}

const addPeople = async (database: string, people: readonly AccountEntry[]): Promise<void> => {
  const opened = openDatabase(database, silentLog)
  await opened.migrate()
  const admin = createAccountAdmin(opened, {
    clock: systemClock,
    random: systemRandom,
    hasher: createPasswordHasher(),
    trail: { record: () => undefined },
    endSessions: () => Promise.resolve(0),
    actor: 'test',
  })
  const { site, realm } = loadedSite({})
  for (const person of people) {
    const added = await admin.add(realm, person, { password: GATE_PASSWORD, site, mustChange: false })
    if (!added.ok) throw new Error(`${person.login} was refused: ${JSON.stringify(added.reason)}`)
  }
  await opened.close()
}

const parse = (output: string): LogEntry[] =>
  output
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as LogEntry] : []))

const startedBy = async (start: () => Running): Promise<Running> => {
  const running = start()
  await running.waitFor(/"the gate stands"/, 30_000)
  return running
}

/** Starts an instance and waits until it stands. Who starts it ends `running()`. */
export const startInstance = async (options: InstanceOptions): Promise<Instance> => {
  const folder = createTempFolder('instance').path
  const [free = 0, adminPort = 0] = await freePorts(2)
  const port = options.port ?? free
  const database = `sqlite:${join(folder, 'accounts.sqlite')}`
  const instance = {
    listen:
      options.tls === true
        ? { port, tls: { certificate: 'front.crt', key: 'front.key' } }
        : { port, 'trusted-proxies': ['192.0.2.1'] },
    admin: { port: adminPort },
    store: options.redis === undefined ? 'embedded' : { redis: options.redis },
    database: { url: database },
    smtp: { host: '127.0.0.1', port: 25, security: 'none' },
    keys: join(folder, 'keys'),
    sites: ['site.yaml'],
    ...options.config,
  }
  const write = (name: string, content: object | string) =>
    writeFileSync(join(folder, name), typeof content === 'string' ? content : stringify(content), {
      mode: 0o600,
    })
  write('site.yaml', siteOf(options.upstream, options.site))
  write('instance.yaml', instance)
  for (const [name, content] of Object.entries(options.files ?? {})) write(name, content)
  await addPeople(database, [PERSON])
  const args = ['serve', '--config', join(folder, 'instance.yaml')]
  const start = () => options.start?.run(args) ?? startCli(args, options.env === undefined ? {} : { env: options.env })
  let running = await startedBy(start)
  let read = 0
  const log = () => parse(running.stdout())
  const mainPid = () => options.start?.mainOf(running) ?? running.pid
  const admin = (path: string) => fetch(`http://127.0.0.1:${adminPort}${path}`)
  return {
    host: INSTANCE_HOST,
    origin: `https://${INSTANCE_HOST}`,
    port,
    adminPort,
    folder,
    running: () => running,
    mainPid,
    workers: () => childrenOf(mainPid()),
    log,
    logged: async (message, timeout) => {
      const find = () => log().findIndex(({ msg }, at) => at >= read && message.test(msg))
      await eventually(() => find() !== -1, `${message} in the log\n${running.stdout()}${running.stderr()}`, timeout)
      const at = find()
      read = at + 1
      return log()[at] as LogEntry
    },
    readiness: async () => {
      const answer = await admin('/readyz')
      return { status: answer.status, ...((await answer.json()) as Omit<Readiness, 'status'>) }
    },
    metrics: async () => (await admin('/metrics')).text(),
    writeSite: (settings) =>
      write(
        'site.yaml',
        typeof settings === 'string' ? settings : siteOf(options.upstream, { ...options.site, ...settings }),
      ),
    writeInstance: (settings) =>
      write('instance.yaml', typeof settings === 'string' ? settings : { ...instance, ...settings }),
    writeFile: write,
    reload: () => void process.kill(mainPid(), 'SIGHUP'),
    restart: async () => {
      read = 0
      running = await startedBy(start)
    },
  }
}
