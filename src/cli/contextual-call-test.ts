import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { siteCalls } from '../app/join-calls.ts'
import { readSigningKey, signClaims } from '../identity/jws/sign.ts'
import { systemClock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import { systemRandom } from '../lib/random.ts'
import { loadSite, type LoadedSite } from '../policy/load.ts'
import type { Partner } from '../policy/partners.ts'
import { createMemoryStore } from '../store/memory.ts'
import { meaningOf } from './contextual-call-explain.ts'
import { fail, failWithProblems } from './failure.ts'

interface TestOptions {
  readonly policy: string
  readonly partner?: string
  readonly key?: string
  readonly kid?: string
  readonly token?: string
  readonly user: string
  readonly patient?: string
  readonly target?: string
  readonly amr: readonly string[]
  readonly url?: string
  readonly print: boolean
}

/** Invented: of the range that is for tests. */
const PATIENT = {
  ins: { matricule: '250029912345672', oid: '1.2.250.1.213.1.4.10' },
  status: 'VALI',
  birth_name: 'FICTIVE-DURAND',
  first_given_name: 'Jeanne',
  birth_date: '1950-02-01',
  sex: 'F',
  birth_place: '99123',
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const chosenPartner = ({ site }: LoadedSite, id: string | undefined): Partner | null => {
  const found =
    id === undefined && site.partners.length === 1 ? site.partners[0] : site.partners.find((one) => one.id === id)
  if (found !== undefined) return found
  fail('which partner?', `--partner, one of: ${site.partners.map((one) => one.id).join(', ') || '(the site has none)'}`)
  return null
}

const claimsFor = ({ site, origin }: LoadedSite, { finess }: Partner, options: TestOptions) => {
  const now = Math.floor(systemClock.now() / 1_000)
  const patient =
    options.patient === undefined ? PATIENT : (JSON.parse(readFileSync(options.patient, 'utf8')) as unknown)
  return {
    iss: finess,
    aud: site['contextual-call']?.audience ?? origin,
    ...{ iat: now, exp: now + 60, jti: systemRandom.token(18) },
    ...{ sub: options.user, auth_time: now - 60, amr: options.amr, patient },
    ...(options.target !== undefined && { target: options.target }),
  }
}

/** The token to try: the integrator's own, or one that is built with their key. */
const tokenOf = async (loaded: LoadedSite, options: TestOptions): Promise<string | null> => {
  if (options.token !== undefined) return readFileSync(options.token === '-' ? 0 : options.token, 'utf8').trim()
  const partner = chosenPartner(loaded, options.partner)
  if (partner === null) return null
  const key = options.key === undefined ? null : readSigningKey(readFileSync(options.key, 'utf8'))
  if (key === null) {
    fail(
      '--key names no private key',
      'PEM or JWK: RSA, P-256 or Ed25519, of a pair for tests; or give a token of your own, --token FILE',
    )
    return null
  }
  return signClaims(key, options.kid ?? key.kid, claimsFor(loaded, partner, options))
}

/** Judges the token as the gate would, with the keys and the policy of the site, and takes nothing. */
const judge = async (loaded: LoadedSite, token: string): Promise<boolean> => {
  const ahead = { now: () => systemClock.now() }
  const store = createMemoryStore({ clock: ahead })
  const keyring = { derive: () => Buffer.alloc(32), deriveAll: () => [Buffer.alloc(32)] }
  // What remembers used calls begins here and now: it is told to have begun long ago.
  await store.set('call-memory', '0', 60_000)
  const calls = siteCalls({ store, keyring }, { clock: ahead, random: systemRandom, log: silentLog }, loaded)
  if (calls === null) {
    fail('the site takes no calls', 'add a `contextual-call` section and `partners`')
    return false
  }
  const arrived = { now: ahead.now(), address: undefined, method: 'POST' as const, reference: 'TEST', isFramed: false }
  const received = await calls.receive({ token }, arrived)
  if (received.ok) {
    say('Judged here: accepted. Signature, times, audience, claims and values are right for this site.')
    return true
  }
  const { reason, fields = [] } = received.reason
  say(`Judged here: refused, ${reason}.`)
  say(`  ${meaningOf(reason)}`)
  if (fields.length > 0) say(`  fields: ${fields.join(', ')}`)
  process.exitCode = 1
  return false
}

const NAVIGATION = {
  'Content-Type': 'application/x-www-form-urlencoded',
  Accept: 'text/html',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Dest': 'document',
  'Sec-Fetch-Site': 'cross-site',
}

/** Sends it as a browser would, as far as the gate answers by itself; nobody is signed in by that. */
const send = async ({ site }: LoadedSite, url: string, token: string): Promise<void> => {
  const answer = await fetch(new URL(`${site.prefix}/contextual-call`, url), {
    method: 'POST',
    redirect: 'manual',
    headers: NAVIGATION,
    body: new URLSearchParams({ token }),
  })
  if (answer.status === 303) {
    say(`Sent: taken (303). A browser would go on to ${answer.headers.get('location') ?? ''}`)
    return
  }
  const reference = /id="reference">([A-Z0-9-]+)</.exec(await answer.text())?.[1]
  say(`Sent: answered ${answer.status}${reference === undefined ? '' : `, reference ${reference}`}.`)
  if (reference !== undefined) say(`  What it was: portillon contextual-call explain ${reference} --config FILE`)
  process.exitCode = 1
}

const test = async (options: TestOptions): Promise<void> => {
  const loaded = loadSite(options.policy, { now: systemClock.now() })
  if (!loaded.ok) {
    failWithProblems(loaded.reason)
    return
  }
  const token = await tokenOf(loaded.value, options)
  if (token === null) return
  if (options.print) say(token)
  await judge(loaded.value, token)
  if (options.url !== undefined) await send(loaded.value, options.url, token)
}

const HELP = `
Under integration, with a key pair of your own whose public half is registered:
  portillon contextual-call test --policy SITE.yaml --partner chu --key test-key.pem --kid test-2026 --user 899900000003
What is wrong with a token that the record system has made (a fresh one: they live for two minutes):
  portillon contextual-call test --policy SITE.yaml --token FILE
The claims are told in deploy/contextual-call.md.`

export const registerCallTest = (command: Command): void => {
  command
    .requiredOption('--policy <file>', 'the site file')
    .option('--partner <id>', 'the establishment, when the site has several')
    .option('--key <file>', 'private key for tests, PEM or JWK')
    .option('--kid <name>', 'name of that key')
    .option('--token <file>', 'a token of the record system instead; - for standard input')
    .option('--user <id>', 'the user that is named', '899900000003')
    .option('--patient <file>', 'JSON of the patient; an invented one without it')
    .option('--target <path>', 'the page that is asked for')
    .option('--amr <method...>', 'how the user signed in there', ['pwd', 'otp', 'mfa'])
    .option('--url <address>', 'also send it to the gate at this address')
    .option('--print', 'print the token', false)
    .addHelpText('after', HELP)
    .action(test)
}
