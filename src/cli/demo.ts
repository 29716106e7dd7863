import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { startDpi, type Dpi } from '../../deploy/demo/dpi/dpi.ts'
import { startStandIn, type StandIn } from '../../deploy/demo/stand-in.ts'
import { createAccountAdmin } from '../accounts/admin.ts'
import { generatePassword } from '../accounts/generated-password.ts'
import { createPasswordHasher } from '../accounts/password-hash.ts'
import { startApp, type App } from '../app.ts'
import { systemClock } from '../lib/clock.ts'
import { createLog } from '../lib/log.ts'
import { systemRandom } from '../lib/random.ts'
import { createOutbox } from '../mail/outbox.ts'
import { loadSite, type LoadedSite } from '../policy/load.ts'
import type { DemoCardListener } from './demo-card-listener.ts'
import { demoPeople } from './demo-people.ts'
import { startDemoPsc } from './demo-psc.ts'
import { fail, failWithProblems } from './failure.ts'
import { freePort } from './free-port.ts'
import { untilStopped } from './signals.ts'
import { table } from './table.ts'

interface DemoOptions {
  readonly port: number
  readonly upstream?: string
  readonly policy: string
  readonly json: boolean
  readonly verbose: boolean
}

interface DemoAccount {
  readonly login: string
  readonly password: string
  readonly email: string
  readonly who: string
}

const ADDRESS = '127.0.0.1'

/** Requests are signed with a secret made up for the one run, which the stand-in is told and no file holds. */
const SIGNATURE = { 'key-id': 'demo', 'secret-file': '', lifetime: 60_000 }

const portOf = (text: string): number => {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('a port is a number from 0 to 65535')
  return port
}

const upstreamOf = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.pathname !== '/') {
    throw new InvalidArgumentError('an address such as http://127.0.0.1:8081, without a path')
  }
  return url.origin
}

/** The demonstration policy, put on this machine's own address and in front of the chosen application. */
const onThisMachine = (loaded: LoadedSite, port: number, upstream: string, secret: string | null): LoadedSite => {
  const origin = `http://localhost:${port}`
  const hosts = [`localhost:${port}`, `${ADDRESS}:${port}`]
  return {
    ...loaded,
    origin,
    secure: false,
    signatureSecret: secret ?? loaded.signatureSecret,
    site: {
      ...loaded.site,
      hosts,
      origin,
      upstream: { ...loaded.site.upstream, url: upstream },
      identity: secret === null ? loaded.site.identity : { ...loaded.site.identity, signature: SIGNATURE },
    },
  }
}

const addPeople = async (app: App, site: LoadedSite): Promise<DemoAccount[]> => {
  const admin = createAccountAdmin(app.database, {
    clock: systemClock,
    random: systemRandom,
    hasher: createPasswordHasher(),
    trail: app.trail,
    endSessions: () => Promise.resolve(0),
    actor: 'demo',
  })
  return Promise.all(
    demoPeople(site.site).map(async ({ who, isNew = false, ...entry }) => {
      const password = generatePassword(systemRandom, site.site.password)
      const added = await admin.add(site.realm, entry, { password, site: site.site, mustChange: isNew })
      if (!added.ok) throw new Error(`the account ${entry.login} of the demonstration was refused`)
      return { login: entry.login, password, email: entry.email ?? '', who }
    }),
  )
}

/** A site that takes cards gets a listener and cards of its own. Others load no reader of certificates. */
const cardsOf = async (loaded: LoadedSite, folder: string): Promise<DemoCardListener | null> => {
  if (!loaded.site.ways.some(({ methods }) => methods.includes('cps'))) return null
  const { makeDemoCardListener } = await import('./demo-card-listener.ts')
  return makeDemoCardListener(loaded, { folder, port: await freePort(), now: systemClock.now() })
}

/** What to do with the cards, in two lines. */
const cardLines = ({ cards, site }: DemoCardListener): readonly string[] => [
  ...table([['  Card', 'File'], ...cards.map(({ what, file }) => [`  ${what}`, file])]),
  '',
  `  Import a card into the browser's certificates (password ${cards[0]?.password ?? ''}; Firefox: « Vos certificats »), then sign in with it.`,
  `  The browser warns of ${site.site.cps.address ?? ''}, whose certificate is made up too: go on.`,
  '',
]

/** A site that takes calls is called by the record system of the demonstration, whose keys are made for the one run. */
const calledBy = async (loaded: LoadedSite, dpi: Dpi, folder: string): Promise<LoadedSite> => {
  const call = loaded.site['contextual-call']
  const [partner] = loaded.site.partners
  if (call === undefined || partner === undefined) return loaded
  const file = join(folder, 'dpi-jwks.json')
  await writeFile(file, dpi.jwks)
  const site = {
    ...loaded.site,
    // One clock for both: what was made before the start is told apart at once.
    'contextual-call': { ...call, leeway: 1_000, frames: [dpi.url] },
    partners: [{ ...partner, keys: { file }, algorithms: ['ES256' as const], test: true }],
  }
  return { ...loaded, site }
}

interface Shown {
  readonly url: string
  readonly upstream: string
  readonly dpi: string | null
  readonly shown: DemoCardListener | null
}

const describe = ({ url, upstream, dpi, shown }: Shown, prefix: string, accounts: readonly DemoAccount[]): string =>
  [
    '',
    '  Portillon, demonstration: nothing leaves this machine, nothing is kept.',
    '',
    ...table([
      ['  Application', `${url}/`],
      ['  Mails', `${url}${prefix}/outbox`],
      ['  Behind the gate', upstream],
      ...(dpi === null ? [] : [['  Record system (DPI)', `${dpi}/`]]),
    ]),
    '',
    ...table([
      ['  Login', 'Password', 'Who'],
      ...accounts.map(({ login, password, who }) => [`  ${login}`, password, who]),
    ]),
    '',
    ...(shown === null ? [] : cardLines(shown)),
    '  Open the application, sign in with a login above, read the code in the mails. Ctrl-C ends it all.',
    '',
  ].join('\n')

/** What has to be undone, last made first. */
const createCleanup = () => {
  const undo: (() => Promise<unknown>)[] = []
  return {
    later: (step: () => Promise<unknown>) => undo.unshift(step),
    run: async () => {
      for (const step of undo.splice(0)) await step().catch(() => undefined)
    },
  }
}

const startUpstream = (
  port: () => number,
  { prefix, identity }: LoadedSite['site'],
  secret: string,
): Promise<StandIn> =>
  startStandIn({
    jwks: () => `http://${ADDRESS}:${port()}${prefix}/jwks.json`,
    issuer: () => `http://localhost:${port()}`,
    audience: identity.assertion?.audience ?? '',
    signature: { keyId: SIGNATURE['key-id'], secret, headers: Object.keys(identity.headers) },
  })

const runDemo = async (options: DemoOptions): Promise<void> => {
  const loaded = loadSite(options.policy, { now: systemClock.now() })
  if (!loaded.ok) {
    failWithProblems(loaded.reason)
    return
  }
  const { site } = loaded.value
  const cleanup = createCleanup()
  const stopped = untilStopped()
  try {
    const folder = await mkdtemp(join(tmpdir(), 'portillon-demo-'))
    cleanup.later(() => rm(folder, { recursive: true, force: true }))
    const port = options.port === 0 ? await freePort() : options.port
    const secret = systemRandom.token(48)
    const standIn = options.upstream === undefined ? await startUpstream(() => port, site, secret) : null
    if (standIn !== null) cleanup.later(() => standIn.close())
    const upstream = options.upstream ?? standIn?.url ?? ''
    const placed = onThisMachine(loaded.value, port, upstream, standIn === null ? null : secret)
    const isCalled = site['contextual-call'] !== undefined && site.partners.length > 0
    const dpi = isCalled ? await startDpi({ gate: placed.origin, prefix: site.prefix }) : null
    if (dpi !== null) cleanup.later(() => dpi.close())
    const called = dpi === null ? placed : await calledBy(placed, dpi, folder)
    const shown = await cardsOf(called, folder)
    const carded = shown?.site ?? called
    const psc = await startDemoPsc(carded)
    if (psc !== null) cleanup.later(() => psc.lookAlike.close())
    const here = psc?.site ?? carded
    const outbox = createOutbox({ clock: systemClock })
    const app = await startApp({
      config: {
        listen: { address: ADDRESS, port, 'trusted-proxies': [], ...(shown && { cards: shown.listen }) },
        ...(shown && { cards: shown.settings }),
        admin: { address: ADDRESS, port: 0 },
        store: 'embedded',
        keys: join(folder, 'keys'),
        drain: 1_000,
      },
      databaseUrl: `sqlite:${join(folder, 'demo.sqlite')}`,
      tls: null,
      cardListener: shown?.files ?? null,
      sites: [here],
      transport: outbox,
      mailTimeout: 5_000,
      outbox,
      clock: systemClock,
      random: systemRandom,
      log: createLog(options.verbose ? 'info' : 'error', 2),
    })
    cleanup.later(() => app.stop())
    const accounts = await addPeople(app, here)
    const url = `http://localhost:${port}`
    const ready = {
      url,
      outbox: `${url}${site.prefix}/outbox`,
      upstream,
      accounts,
      ...(dpi !== null && { dpi: dpi.url }),
      ...(shown !== null && { cards: shown.cards }),
    }
    process.stdout.write(
      options.json
        ? `${JSON.stringify(ready)}\n`
        : describe({ url, upstream, dpi: dpi?.url ?? null, shown }, site.prefix, accounts),
    )
    await stopped
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw thrown
    fail(`port ${options.port} is taken`, 'choose another one: portillon demo --port 8090')
  } finally {
    await cleanup.run()
  }
}

/** `portillon demo`: the gate and a stand-in application on this machine, with invented people, to look at. */
export const registerDemo = (program: Command, policy: string): void => {
  program
    .command('demo')
    .description('run the gate with a stand-in application and invented people, on this machine, to look at it')
    .option('--port <number>', 'port of the gate; 0 for any free one', portOf, 8080)
    .option('--upstream <url>', 'put the demonstration gate in front of this application instead', upstreamOf)
    .option('--policy <file>', 'site file to show', policy)
    .option('--json', 'one line of JSON when ready, nothing else', false)
    .option('--verbose', 'write the log to standard error', false)
    .action(runDemo)
}
