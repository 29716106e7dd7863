import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAccountAdmin } from '../../../src/accounts/admin.ts'
import { createPasswordHasher } from '../../../src/accounts/password-hash.ts'
import { openDatabase } from '../../../src/database/open.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { silentLog } from '../../../src/lib/log.ts'
import { systemRandom } from '../../../src/lib/random.ts'
import { siteSchema } from '../../../src/policy/schema.ts'
import { freePorts } from '../../kit/ports.ts'
import { startCli } from '../../kit/processes.ts'
import { startRedis } from '../../kit/redis.ts'
import { startSmtp } from '../../kit/smtp.ts'
import { createTempFolder } from '../../kit/temp-folder.ts'
import { createVisitor, giveCredentials, hiddenFields, openSignIn, PREFIX } from '../../kit/visitor.ts'
import { IDENTITY } from '../upstream.ts'
import type { StartPeer } from './peer.ts'

const HOST = 'dcc.example.test'
const PASSWORD = 'Une-phrase-de-passe-2026'
const PERSON = {
  login: IDENTITY.login,
  givenName: 'Zoé',
  familyName: 'Œuvrard',
  email: 'zoe.oeuvrard@hopital.example.test',
  roles: [],
}

/** Site and instance files are written as JSON, which is YAML. */
const site = (upstream: string) => ({
  site: 'bench',
  hosts: [HOST],
  name: { fr: 'Mesure', en: 'Measurement' },
  network: 'Mesure',
  upstream: { url: upstream },
  ways: [{ id: 'mailed-code', methods: ['password', 'email-code'] }],
  'email-code': { from: 'dcc@example.test' },
  identity: { headers: { [IDENTITY.header]: 'login' }, assertion: { audience: 'application' } },
  support: { name: 'Support', email: 'support@example.test' },
})

const addPerson = async (url: string, policy: ReturnType<typeof siteSchema.parse>['password']): Promise<void> => {
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
  const added = await admin.add('bench', PERSON, { password: PASSWORD, policy })
  await database.close()
  if (!added.ok) throw new Error(`the person was refused: ${JSON.stringify(added.reason)}`)
}

/** `portillon serve` as an operator runs it: one process, sessions in a real Redis, a person who signed in by mailed code. */
export const startGate: StartPeer = async (upstream) => {
  const [redis, smtp, [port = 0, adminPort = 0]] = await Promise.all([startRedis(), startSmtp(), freePorts(2)])
  const folder = createTempFolder('bench-gate')
  const database = `sqlite:${join(folder.path, 'accounts.sqlite')}`
  const instance = {
    workers: 1,
    // A front on another machine would terminate TLS; the load comes to the listener behind it.
    listen: { port, 'trusted-proxies': ['192.0.2.1'] },
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
  await addPerson(database, siteSchema.parse(policy).password)
  const gate = startCli(['serve', '--config', file], { env: { NODE_ENV: 'production' } })
  await gate.waitFor(/the gate stands/)

  const visitor = createVisitor({ host: HOST, origin: `https://${HOST}`, port })
  const accepted = await giveCredentials(visitor, await openSignIn(visitor, '/'), PERSON.login, PASSWORD)
  const page = await visitor.page(accepted.location ?? '')
  const mail = await smtp.next()
  const code =
    /(?<!\d)(\d{3})\s?(\d{3})(?!\d)/
      .exec(mail.text ?? '')
      ?.slice(1)
      .join('') ?? ''
  await visitor.ask(`${PREFIX}/sign-in/code`, { form: { ...hiddenFields(page.body, `${PREFIX}/sign-in/code`), code } })

  return {
    name: 'Portillon',
    description: 'portillon serve, one process, sessions in Redis, one signed-in person, identity header and assertion',
    url: `http://127.0.0.1:${port}`,
    host: HOST,
    pid: gate.pid,
    headers: [`Cookie: ${visitor.cookieHeader()}`],
    authenticates: true,
    stop: async () => {
      await gate.stop()
      await Promise.all([redis.stop(), smtp.stop()])
      folder[Symbol.dispose]()
    },
  }
}
