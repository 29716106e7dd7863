import type { Command } from 'commander'
import type { FactorKind } from '../accounts/factors.ts'
import type { FactorsReset } from '../accounts/outcomes.ts'
import type { TakenFactor } from '../accounts/take-factors.ts'
import { isKeptElsewhere, tellsAddresses } from './account-elsewhere.ts'
import { accountAsJson } from './account-lines.ts'
import { addNoticeOptions, reportAndTell, type NoticeOptions } from './account-notice.ts'
import { atSite } from './account-office.ts'
import { sessionLine } from './account-sessions.ts'
import { problemText, rulesText, warningText } from './account-texts.ts'
import { fail } from './failure.ts'
import { addPasswordOptions, choosePassword, generatedOf, passwordLines, type PasswordSource } from './new-password.ts'
import { nobody } from './nobody.ts'

const setPassword = (login: string, options: NoticeOptions & PasswordSource): Promise<void> =>
  atSite(options, async (office, site) => {
    if (isKeptElsewhere(office, site, 'set the password there: the gate takes it at the next sign-in')) return
    const policy = site.site.password
    // Nobody should have to type a password twice to learn that the login was mistyped.
    if ((await office.admin.show(site.realm, login)) === null) {
      nobody(login, site.realm)
      return
    }
    const chosen = await choosePassword(options, policy)
    if (!chosen.ok) {
      fail(chosen.reason, 'use --password-stdin or --generate; nothing was changed')
      return
    }
    const given = { password: chosen.value.password, site: site.site, mustChange: !options.permanent }
    const result = await office.admin.setPassword(site.realm, login, given)
    if (!result.ok) {
      if (result.reason.reason === 'login-unknown') nobody(login, site.realm)
      else fail(`the password: ${rulesText(result.reason.rules, policy)}`, 'nothing was changed')
      return
    }
    const { account, sessions } = result.value
    const line = sessionLine(result.value, office)
    await reportAndTell(office, site, options, {
      lines: [
        `${account.login} (${account.name}) has a new password. ${line}`,
        ...passwordLines(chosen.value, options),
      ],
      json: { ...accountAsJson(account), sessions, ...generatedOf(chosen.value) },
      notice: { kind: 'password-changed', account },
    })
  })

const setEmail = (login: string, address: string | undefined, options: NoticeOptions & { remove: boolean }) =>
  atSite(options, async (office, site) => {
    const isTold = tellsAddresses(office, site)
    if (isTold && isKeptElsewhere(office, site, 'change the address there: the gate takes it at the next sign-in'))
      return
    if ((address === undefined) !== options.remove) {
      fail('one e-mail address is needed', `portillon accounts set-email ${login} ADDRESS, or --remove`)
      return
    }
    const result = await office.admin.setEmail(site.realm, login, address ?? null)
    if (!result.ok) {
      if (result.reason === 'login-unknown') nobody(login, site.realm)
      else fail(problemText(result.reason), 'the former address is kept')
      return
    }
    const { account, changed, former } = result.value
    const who = `${account.login} (${account.name})`
    await reportAndTell(office, site, options, {
      lines: [
        account.email === null
          ? `${who} has no e-mail address: ${warningText('email-missing')}.`
          : `Codes for ${who} go to ${account.email}.`,
      ],
      json: accountAsJson(account),
      notice: changed ? { kind: 'address-changed', account, formerEmail: former } : null,
    })
  })

const FACTOR_NAMES: Readonly<Record<FactorKind, string>> = {
  email: 'added addresses',
  totp: 'applications',
  passkey: 'passkeys',
  'recovery-codes': 'recovery codes',
  identity: 'linked cards and accounts',
}

const removedText = (removed: readonly TakenFactor[]): string =>
  [...Map.groupBy(removed, ({ kind }) => kind)].map(([kind, all]) => `${FACTOR_NAMES[kind]} (${all.length})`).join(', ')

const resetLines = ({ account, removed }: FactorsReset, line: string): string[] => {
  const who = `${account.login} (${account.name})`
  if (removed.length === 0) return [`${who} had enrolled nothing. ${line}`]
  return [
    `${who} enrols anew: ${removedText(removed)} taken away. ${line}`,
    account.email === null
      ? `Nothing is left to sign in with: portillon accounts set-email ${account.login} ADDRESS`
      : 'Codes go to the registered address until then.',
  ]
}

const resetFactors = (login: string, options: NoticeOptions): Promise<void> =>
  atSite(options, async (office, site) => {
    const result = await office.admin.resetFactors(site.realm, login)
    if (!result.ok) {
      nobody(login, site.realm)
      return
    }
    const { account, removed, sessions } = result.value
    await reportAndTell(office, site, options, {
      lines: resetLines(result.value, sessionLine(result.value, office)),
      json: { ...accountAsJson(account), removed: removed.map(({ kind }) => kind), sessions },
      notice: removed.length > 0 ? { kind: 'factor-removed', account, factors: removed } : null,
    })
  })

/** `portillon accounts set-password|set-email|reset-factors`: changes of how somebody signs in, of which they are told (R31). */
export const registerChange = (command: (usage: string, description: string) => Command): void => {
  const change = (usage: string, description: string) => addNoticeOptions(command(usage, description))
  addPasswordOptions(change('set-password <login>', 'set a new password and end the sessions of the account')).action(
    setPassword,
  )
  change('reset-factors <login>', 'take away what a person enrolled (lost telephone) and end their sessions').action(
    resetFactors,
  )
  change('set-email <login> [address]', 'change where codes are mailed')
    .option('--remove', 'leave the account without an address', false)
    .action(setEmail)
}
