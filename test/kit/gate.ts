import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAccountAdmin } from '../../src/accounts/admin.ts'
import type { AccountEntry } from '../../src/accounts/entry.ts'
import { createPasswordHasher } from '../../src/accounts/password-hash.ts'
import { startApp, type App, type AppSettings } from '../../src/app.ts'
import { systemClock, type Clock } from '../../src/lib/clock.ts'
import type { Log, LogFields } from '../../src/lib/log.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { createOutbox, type Outbox, type OutboxMail } from '../../src/mail/outbox.ts'
import { siteSchema, type SiteFile } from '../../src/policy/schema.ts'
import type { LoadedSite } from '../../src/policy/load.ts'
import { siteFile } from './sign-in.ts'

export const GATE_PASSWORD = 'Une-phrase-de-passe-2026'

export const PERSON: AccountEntry = {
  login: 'c.exemple',
  givenName: 'Camille',
  familyName: 'Exemple',
  email: 'camille.exemple@hopital.example.test',
  nationalId: '899900000003',
  roles: ['medecin'],
}

export interface GateOptions {
  /** Origin of the application behind the gate. */
  readonly upstream: string
  readonly site?: Partial<SiteFile>
  /** What `identity.signature` of the site signs with. */
  readonly signatureSecret?: string
  /** What the gate and its providers prove themselves to each other with. */
  readonly providers?: LoadedSite['providers']
  readonly people?: readonly AccountEntry[]
  readonly settings?: Partial<AppSettings>
  readonly config?: Partial<AppSettings['config']>
  readonly clock?: Clock
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly fields: LogFields
  readonly message: string
}

export interface Gate {
  readonly app: App
  /** What the site calls itself; visitors reach it at `url` with this Host. */
  readonly origin: string
  readonly host: string
  readonly port: number
  readonly url: string
  readonly site: LoadedSite
  readonly mails: () => readonly OutboxMail[]
  readonly outbox: Outbox
  readonly log: readonly LogLine[]
  /** Waits until the activity noted so far is in the store. */
  settle(): Promise<void>
  stop(): Promise<void>
}

export const recordingLog = (lines: LogLine[]): Log => {
  const write = (level: LogLine['level']) => (fields: LogFields, message: string) =>
    void lines.push({ level, fields, message })
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

export const loadedSite = (fields: Partial<SiteFile>, signatureSecret: string | null = null): LoadedSite => {
  const site = siteSchema.parse(siteFile(fields))
  const origin = site.origin ?? `https://${site.hosts[0] ?? ''}`
  return {
    site,
    file: 'test.yaml',
    directory: '.',
    origin,
    secure: origin.startsWith('https:'),
    realm: site.site,
    signatureSecret,
    providers: {},
    warnings: [],
  }
}

/**
 * The whole gate in this process, on a free loopback port: real parts, store in memory unless told otherwise, mails in an
 * outbox. The site is https by configuration, as behind a front that terminates TLS, so that cookies are the real ones.
 */
export const startGate = async (options: GateOptions): Promise<Gate> => {
  const folder = await mkdtemp(join(tmpdir(), 'portillon-test-'))
  const clock = options.clock ?? systemClock
  const outbox = createOutbox({ clock })
  const log: LogLine[] = []
  const loaded = loadedSite(
    {
      identity: {
        headers: { 'X-Remote-User': 'login', 'X-User-RPPS': 'rpps', 'X-User-Name': 'name' },
        assertion: { audience: 'webdcr' },
      },
      ...options.site,
      upstream: { url: options.upstream, ...options.site?.upstream },
    },
    options.signatureSecret ?? null,
  )
  const site = { ...loaded, providers: options.providers ?? {} }
  const app = await startApp({
    databaseUrl: `sqlite:${join(folder, 'test.sqlite')}`,
    tls: null,
    sites: [site],
    transport: outbox,
    mailTimeout: 5_000,
    outbox,
    clock,
    random: systemRandom,
    log: recordingLog(log),
    ...options.settings,
    config: {
      listen: { address: '127.0.0.1', port: 0, 'trusted-proxies': [] },
      admin: { address: '127.0.0.1', port: 0 },
      store: 'embedded',
      keys: join(folder, 'keys'),
      drain: 500,
      ...options.config,
    },
  })
  const admin = createAccountAdmin(app.database, {
    clock,
    random: systemRandom,
    hasher: createPasswordHasher(),
    trail: app.trail,
    endSessions: () => Promise.resolve(0),
    actor: 'test',
  })
  for (const person of options.people ?? [PERSON]) {
    const added = await admin.add(site.realm, person, {
      password: GATE_PASSWORD,
      site: site.site,
      mustChange: false,
    })
    if (!added.ok) throw new Error(`${person.login} was refused: ${JSON.stringify(added.reason)}`)
  }
  return {
    app,
    origin: site.origin,
    host: new URL(site.origin).host,
    port: app.port,
    url: `http://127.0.0.1:${app.port}`,
    site,
    mails: () => outbox.list(),
    outbox,
    log,
    settle: () => app.settle(),
    stop: async () => {
      await app.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
