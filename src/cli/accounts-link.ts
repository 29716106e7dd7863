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
import type { FactorTold } from '../notices/notice.ts'
import type { LoadedSite } from '../policy/load.ts'
import { elsewhereOf } from './account-elsewhere.ts'
import { accountAsJson } from './account-lines.ts'
import { addNoticeOptions, reportAndTell, type NoticeOptions, type Report } from './account-notice.ts'
import { atSite, type Office } from './account-office.ts'
import { sessionLine } from './account-sessions.ts'
import { problemText } from './account-texts.ts'
import { actor } from './actor.ts'
import { fail } from './failure.ts'
import { nobody } from './nobody.ts'

interface LinkOptions extends NoticeOptions {
  readonly issuer?: string
}

const takenBySomebody = (name: string): void =>
  fail(`another account has ${name}`, `see whose it is: portillon accounts list --search ${name}`)

/** How people know what was linked, in a line. */
const led = (name: string, { login, name: person }: AccountDetails): string =>
  `Card, Pro Santé Connect and calls of ${name} lead to ${login} (${person}).`

/** @param factor what leads to the account from now on; null when it did before */
const report = (account: AccountDetails, factor: FactorTold | null, line: string): Report => ({
  lines: [factor === null ? `${account.login} (${account.name}) had this number already.` : line],
  json: { ...accountAsJson(account), changed: factor !== null },
  notice: factor === null ? null : { kind: 'factor-added', account, factors: [factor] },
})

/** A number of the account itself, as its owner is told of it. */
const numberTold = (nationalId: string): FactorTold => ({ id: null, kind: 'identity', label: nationalId })

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
      if (!linked.ok) {
        takenBySomebody(name)
        return
      }
      const { account: now, changed } = linked.value
      const number = changed ? numberTold(name) : null
      await reportAndTell(office, site, options, report(now, number, led(name, now)))
      return
    }
    const identity: NamedIdentity =
      issuer === undefined ? { kind: 'national-id', nationalId: name } : { kind: 'subject', issuer, subject: name }
    const linked = await linkBeside(office, site, account, identity)
    const line =
      issuer === undefined ? led(name, account) : `${name} of ${issuer} is ${account.login} (${account.name}).`
    if (linked.ok) await reportAndTell(office, site, options, report(account, linked.value, line))
    else if (linked.reason === 'taken') takenBySomebody(name)
    else fail(`${account.login} has another number`, `take it away first: portillon accounts unlink ${account.login}`)
  })

const unlink = (login: string, options: NoticeOptions): Promise<void> =>
  atSite(options, async (office, site) => {
    const unlinked = await office.admin.unlinkNumber(site.realm, login)
    if (!unlinked.ok) {
      nobody(login, site.realm)
      return
    }
    const { account, changed, sessions, removed, nationalId } = unlinked.value
    const who = `${account.login} (${account.name})`
    const ended = sessionLine(unlinked.value, office)
    const factors = [...(nationalId === null ? [] : [numberTold(nationalId)]), ...removed]
    await reportAndTell(office, site, options, {
      lines: [changed ? `No card, provider or call leads to ${who} any more. ${ended}` : `${who} had no number.`],
      json: { ...accountAsJson(account), changed, sessions },
      notice: changed ? { kind: 'factor-removed', account, factors } : null,
    })
  })

/** `portillon accounts link|unlink`: whose card, Pro Santé Connect and call somebody's are (G19). */
export const registerLink = (command: (usage: string, description: string) => Command): void => {
  const change = (usage: string, description: string) => addNoticeOptions(command(usage, description))
  change('link <login> <name>', 'let a card, Pro Santé Connect, a provider or a call lead to an account')
    .option(
      '--issuer <issuer>',
      'whose name for the person it is: a provider, or urn:finess:NUMBER of an establishment',
    )
    .action(link)
  change('unlink <login>', 'take that away, with what the person linked, and end their sessions').action(unlink)
}
