import type { Command } from 'commander'
import type { AccountDetails } from '../accounts/record.ts'
import { createFactorSecrets } from '../accounts/factor-secret.ts'
import { createIdentities, type NamedIdentity } from '../accounts/identities.ts'
import { createSqlDirectory } from '../accounts/sql.ts'
import { isNationalId } from '../accounts/national-id.ts'
import { openKeyring } from '../identity/keyring.ts'
import { purposeKey } from '../identity/purpose-key.ts'
import { systemClock } from '../lib/clock.ts'
import { systemRandom } from '../lib/random.ts'
import type { LoadedSite } from '../policy/load.ts'
import { elsewhereOf } from './account-elsewhere.ts'
import { accountAsJson } from './account-lines.ts'
import { atSite, type Office, type OfficeOptions } from './account-office.ts'
import { problemText } from './account-texts.ts'
import { actor } from './actor.ts'
import { fail } from './failure.ts'
import { nobody } from './nobody.ts'
import { counted } from './problem-lines.ts'

interface LinkOptions extends OfficeOptions {
  readonly issuer?: string
}

const write = (line: string): void => void process.stdout.write(`${line}\n`)

const takenBySomebody = (name: string): void =>
  fail(`another account has ${name}`, `see whose it is: portillon accounts list --search ${name}`)

/** How people know what was linked, in a line. */
const led = (name: string, { login, name: person }: AccountDetails): string =>
  `Card, Pro Santé Connect and calls of ${name} lead to ${login} (${person}).`

const told = (account: AccountDetails, changed: boolean, line: string, { json }: OfficeOptions): void => {
  if (json) write(JSON.stringify({ ...accountAsJson(account), changed }))
  else write(changed ? line : `${account.login} (${account.name}) had this number already.`)
}

/**
 * As a factor beside the account: what a provider or an establishment calls somebody, and numbers of people whose account
 * lives elsewhere, where the row of the gate is written anew at each sign-in.
 */
const linkBeside = async (
  { config, audit: { database, trail } }: Office,
  { realm }: LoadedSite,
  account: AccountDetails,
  identity: NamedIdentity,
) => {
  const keyring = await openKeyring(config.keys, { clock: systemClock })
  const secrets = createFactorSecrets({ key: purposeKey(keyring, 'factor'), random: systemRandom })
  const directory = createSqlDirectory(database, { verify: () => Promise.resolve(false) })
  const identities = createIdentities({ db: database.db, clock: systemClock, random: systemRandom, secrets, directory })
  const linked = await identities.link(account, identity)
  if (linked.ok && linked.value !== null) {
    const { id, login } = account
    trail.record({ event: 'account.identity-linked', site: realm, account: id, login, actor: actor() })
  }
  return linked
}

const link = (login: string, name: string, options: LinkOptions): Promise<void> =>
  atSite(options, async (office, site) => {
    const { issuer } = options
    if (issuer === undefined && !isNationalId(name)) {
      fail(problemText('national-id-malformed'), 'nothing was changed; a name of a provider needs its --issuer')
      return
    }
    const account = await office.admin.show(site.realm, login)
    if (account === null) {
      nobody(login, site.realm)
      return
    }
    if (issuer === undefined && elsewhereOf(office, site) === null) {
      const linked = await office.admin.linkNumber(site.realm, login, name)
      if (!linked.ok) takenBySomebody(name)
      else told(linked.value.account, linked.value.changed, led(name, linked.value.account), options)
      return
    }
    const identity: NamedIdentity =
      issuer === undefined ? { kind: 'national-id', nationalId: name } : { kind: 'subject', issuer, subject: name }
    const linked = await linkBeside(office, site, account, identity)
    const line =
      issuer === undefined ? led(name, account) : `${name} of ${issuer} is ${account.login} (${account.name}).`
    if (linked.ok) told(account, linked.value !== null, line, options)
    else if (linked.reason === 'taken') takenBySomebody(name)
    else fail(`${account.login} has another number`, `take it away first: portillon accounts unlink ${account.login}`)
  })

const unlink = (login: string, options: OfficeOptions): Promise<void> =>
  atSite(options, async (office, site) => {
    const unlinked = await office.admin.unlinkNumber(site.realm, login)
    if (!unlinked.ok) {
      nobody(login, site.realm)
      return
    }
    const { account, changed, sessions } = unlinked.value
    if (options.json) write(JSON.stringify({ ...accountAsJson(account), changed, sessions }))
    else if (!changed) write(`${account.login} (${account.name}) had no number.`)
    else {
      const ended =
        sessions === 'unreached' ? 'Its sessions could not be ended.' : `${counted(sessions, 'session')} ended.`
      write(`No card, provider or call leads to ${account.login} (${account.name}) any more. ${ended}`)
    }
  })

/** `portillon accounts link|unlink`: whose card, Pro Santé Connect and call somebody's are (G19). */
export const registerLink = (command: (usage: string, description: string) => Command): void => {
  command('link <login> <name>', 'let a card, Pro Santé Connect, a provider or a call lead to an account')
    .option(
      '--issuer <issuer>',
      'whose name for the person it is: a provider, or urn:finess:NUMBER of an establishment',
    )
    .action(link)
  command('unlink <login>', 'take that away, with what the person linked, and end their sessions').action(unlink)
}
