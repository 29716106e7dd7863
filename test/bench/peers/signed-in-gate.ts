import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createAccountAdmin } from '../../../src/accounts/admin.ts'
import { createPasswordHasher } from '../../../src/accounts/password-hash.ts'
import { openDatabase } from '../../../src/database/open.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { silentLog } from '../../../src/lib/log.ts'
import { systemRandom } from '../../../src/lib/random.ts'
import { siteSchema, type Site } from '../../../src/policy/schema.ts'
import { freePorts } from '../../kit/ports.ts'
import { startProcess } from '../../kit/processes.ts'
import { startRedis } from '../../kit/redis.ts'
import { startSmtp, type SmtpSink } from '../../kit/smtp.ts'
import { createTempFolder } from '../../kit/temp-folder.ts'
import { createVisitor, giveCredentials, hiddenFields, openSignIn, PREFIX } from '../../kit/visitor.ts'
import { countCommands } from '../redis-commands.ts'
import { IDENTITY, type Upstream } from '../upstream.ts'

export const HOST = 'dcc.example.test'
const PASSWORD = 'Une-phrase-de-passe-2026'
const PERSON = {
  login: IDENTITY.login,
  givenName: 'Zoé',
  familyName: 'Œuvrard',
  email: 'zoe.oeuvrard@hopital.example.test',
  roles: [],
}

/** As it is installed; run.ts builds it. */
const MAIN = resolve(import.meta.dirname, '../../../dist/src/main.js')

/** `portillon serve` as an operator runs it, with sessions in a real Redis and a person who has signed in by mailed code. */
export interface SignedInGate {
  readonly port: number
  readonly pid: number
  readonly cookie: string
  storeCommands(): Promise<number>
  stop(): Promise<void>
}

/** Site and instance files are written as JSON, which is YAML. */
const site = (upstream: string) => ({
  site: 'bench',
  hosts: [HOST],
  name: { fr: 'Mesure', en: 'Measurement' },
  network: 'Mesure',
  upstream: { url: upstream },
  'forward-auth': { enabled: true },
  ways: [{ id: 'mailed-code', methods: ['password', 'email-code'] }],
  'email-code': { from: 'dcc@example.test' },
  identity: { headers: { [IDENTITY.header]: 'login' }, assertion: { audience: 'application' } },
  support: { name: 'Support', email: 'support@example.test' },
})

const addPerson = async (url: string, of: Site): Promise<void> => {
  const database = openDatabase(url, silentLog)
  await database.migrate()
  const admin = createAccountAdmin(database, {
    clock: systemClock,
    random: systemRandom,
    hasher: createPasswordHasher(),
    trail: { record: () => undefined },
    endSessions: () => Promise.resolve(0),
    actor: 'bench',
  })
  const added = await admin.add('bench', PERSON, { password: PASSWORD, site: of, mustChange: false })
  await database.close()
  if (!added.ok) throw new Error(`the person was refused: ${JSON.stringify(added.reason)}`)
}

/** Signs the person in as a browser does. @returns the cookies that it holds then */
const signIn = async (port: number, smtp: SmtpSink): Promise<string> => {
  const visitor = createVisitor({ host: HOST, origin: `https://${HOST}`, port })
  const accepted = await giveCredentials(visitor, await openSignIn(visitor, '/'), PERSON.login, PASSWORD)
  const page = await visitor.page(accepted.location ?? '')
  const mail = await smtp.next()
  const [, first = '', second = ''] = /(?<!\d)(\d{3})\s?(\d{3})(?!\d)/.exec(mail.text ?? '') ?? []
  const form = { ...hiddenFields(page.body, `${PREFIX}/sign-in/code`), code: first + second }
  await visitor.ask(`${PREFIX}/sign-in/code`, { form })
  return visitor.cookieHeader()
}

/** @param proxies who may speak for visitors: nobody who is here, or a front on this machine */
export const startSignedInGate = async (
  upstream: Upstream,
  workers: number,
  proxies: string,
): Promise<SignedInGate> => {
  const [redis, smtp, [port = 0, adminPort = 0]] = await Promise.all([startRedis(), startSmtp(), freePorts(2)])
  const folder = createTempFolder('bench-gate')
  const database = `sqlite:${join(folder.path, 'accounts.sqlite')}`
  const instance = {
    workers,
    listen: { port, 'trusted-proxies': [proxies] },
    admin: { port: adminPort },
    store: { redis: redis.url },
    database: { url: database },
    smtp: { host: '127.0.0.1', port: smtp.port, security: 'none' },
    keys: join(folder.path, 'keys'),
    sites: ['site.yaml'],
  }
  const policy = site(upstream.url)
  writeFileSync(join(folder.path, 'site.yaml'), JSON.stringify(policy))
  const file = join(folder.path, 'config.yaml')
  writeFileSync(file, JSON.stringify(instance))
  await addPerson(database, siteSchema.parse(policy))
  const gate = startProcess(process.execPath, [MAIN, 'serve', '--config', file], { env: { NODE_ENV: 'production' } })
  await gate.waitFor(/the gate stands/)
  return {
    port,
    pid: gate.pid,
    cookie: await signIn(port, smtp),
    storeCommands: () => countCommands(redis.url),
    stop: async () => {
      await gate.stop()
      await Promise.all([redis.stop(), smtp.stop()])
      folder[Symbol.dispose]()
    },
  }
}
