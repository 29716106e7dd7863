import type { Command } from 'commander'
import { loginKey } from '../accounts/login-key.ts'
import { openKeyring } from '../identity/keyring.ts'
import { purposeKey } from '../identity/purpose-key.ts'
import { systemClock } from '../lib/clock.ts'
import type { LoadedSite } from '../policy/load.ts'
import type { Account } from '../sign-in/budgets.ts'
import { THROTTLE_PURPOSE } from '../sign-in/throttle.ts'
import { createWaits, type Wait, type Waits } from '../sign-in/waits.ts'
import { atSite, type Office, type OfficeOptions } from './account-office.ts'
import { actor } from './actor.ts'
import { fail } from './failure.ts'
import { counted } from './problem-lines.ts'
import { table } from './table.ts'

const write = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`)

const NAMES: Readonly<Record<Wait['what'], string>> = {
  run: 'in a row, from anywhere',
  account: 'from anywhere',
  code: 'of codes',
  pair: 'from one place',
  browser: 'in a browser of theirs',
}

const stateOf = ({ isClosed, wait }: Wait): string => {
  if (isClosed) return 'closed'
  return wait === 0 ? 'free' : `waits ${Math.ceil(wait / 1_000)} s`
}

/** Runs what needs the store and the login, or says why they are out of reach. */
const withWaits = (
  login: string,
  options: OfficeOptions,
  act: (waits: Waits, account: Account, office: Office, site: LoadedSite) => Promise<void>,
): Promise<void> =>
  atSite(options, async (office, site) => {
    const store = office.store()
    if (store === null) {
      fail(
        'the waits of this instance are in the memory of the running gate (store: embedded)',
        'they end by themselves, by « Mot de passe oublié » where the site mails links, or by a restart',
      )
      return
    }
    const key = loginKey(login)
    if (!key.ok) {
      fail(`${JSON.stringify(login)} can be nobody's login`, 'look for it: portillon accounts list --search NAME')
      return
    }
    const keyring = await openKeyring(office.config.keys, { clock: systemClock })
    const waits = createWaits({ store, key: purposeKey(keyring, THROTTLE_PURPOSE) })
    await act(waits, { realm: site.realm, login: key.value }, office, site)
  })

const show = (login: string, options: OfficeOptions): Promise<void> =>
  withWaits(login, options, async (waits, account) => {
    const found = await waits.of(account)
    if (options.json) write([JSON.stringify(found)])
    else if (found.length === 0) write([`Nothing failed lately for ${login}: it waits for nothing.`])
    else
      write([
        ...table([
          ['FAILED', 'TIMES', 'NOW'],
          ...found.map((wait) => [NAMES[wait.what], String(wait.count), stateOf(wait)]),
        ]),
        `To end all of them: portillon accounts unlock ${login}`,
      ])
  })

const unlock = (login: string, options: OfficeOptions): Promise<void> =>
  withWaits(login, options, async (waits, account, office, site) => {
    const known = await office.admin.show(site.realm, login)
    const ended = await waits.end(account)
    office.audit.trail.record({
      event: 'sign-in.unlocked',
      site: site.site.site,
      detail: `${ended}`,
      actor: actor(),
      ...(known === null ? {} : { account: known.id, login: known.login }),
    })
    if (options.json) write([JSON.stringify({ ended })])
    else
      write([
        `${login} waits for nothing any more (${counted(ended, 'budget')} of tries made whole).`,
        'For 15 minutes it is let in whatever else fails on the site.',
        ...(known?.disabled === true ? [`The account is disabled: portillon accounts enable ${login}`] : []),
      ])
  })

/** `portillon accounts waits` and `portillon accounts unlock`: somebody on the telephone who cannot get in. */
export const registerWaits = (command: (usage: string, description: string) => Command): void => {
  command('waits <login>', 'what failed lately for a person, and how long they wait').action(show)
  command('unlock <login>', 'end the waits of a person, and let them in for 15 minutes').action(unlock)
}
