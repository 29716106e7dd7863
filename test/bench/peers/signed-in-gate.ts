import { createAccountAdmin } from '../../../src/accounts/admin.ts'
import { createPasswordHasher } from '../../../src/accounts/password-hash.ts'
import { openDatabase } from '../../../src/database/open.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { silentLog } from '../../../src/lib/log.ts'
import { systemRandom } from '../../../src/lib/random.ts'
import { siteSchema, type Site } from '../../../src/policy/schema.ts'
import { startSmtp, type SmtpSink } from '../../kit/smtp.ts'
import { createVisitor, giveCredentials, hiddenFields, openSignIn, PREFIX } from '../../kit/visitor.ts'
import { HOST, measuredSite, REALM, startInstalledGate, type InstalledGate } from '../installed-gate.ts'
import { countCommands } from '../redis-commands.ts'
import { IDENTITY, type Upstream } from '../upstream.ts'

const PASSWORD = 'Une-phrase-de-passe-2026'
const PERSON = {
  login: IDENTITY.login,
  givenName: 'Zoé',
  familyName: 'Œuvrard',
  email: 'zoe.oeuvrard@hopital.example.test',
  roles: [],
}

/** A gate with a person who has signed in by mailed code. */
export interface SignedInGate extends Pick<InstalledGate, 'port' | 'pid' | 'stop'> {
  readonly cookie: string
  storeCommands(): Promise<number>
}

const SITE = {
  'forward-auth': { enabled: true },
  ways: [{ id: 'mailed-code', methods: ['password', 'email-code'] }],
  'email-code': { from: 'dcc@example.test' },
}

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
  const added = await admin.add(REALM, PERSON, { password: PASSWORD, site: of, mustChange: false })
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
  const smtp = await startSmtp()
  const site = measuredSite(upstream, SITE)
  const gate = await startInstalledGate({
    site,
    fill: (database) => addPerson(database, siteSchema.parse(site)),
    workers,
    proxies,
    mailPort: smtp.port,
  })
  return {
    ...gate,
    cookie: await signIn(gate.port, smtp),
    storeCommands: () => countCommands(gate.redis),
    stop: async () => {
      await gate.stop()
      await smtp.stop()
    },
  }
}
