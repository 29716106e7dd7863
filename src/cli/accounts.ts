import type { Command } from 'commander'
import type { AccountEntry } from '../accounts/entry.ts'
import { isKeptElsewhere, lookElsewhere, newcomerLines } from './account-elsewhere.ts'
import { accountAsJson, accountSheet, accountTable, lookedUpSheet } from './account-lines.ts'
import { atSite, type OfficeOptions } from './account-office.ts'
import { problemText, rulesText, warningText } from './account-texts.ts'
import { sessionLine } from './account-sessions.ts'
import { registerChange } from './accounts-change.ts'
import { registerImport } from './accounts-import.ts'
import { registerLink } from './accounts-link.ts'
import { registerMigration } from './accounts-migration.ts'
import { registerWaits } from './accounts-waits.ts'
import { fail } from './failure.ts'
import { nobody } from './nobody.ts'
import { addPasswordOptions, choosePassword, generatedOf, passwordLines, type PasswordSource } from './new-password.ts'
import { counted } from './problem-lines.ts'

interface AddOptions extends OfficeOptions, PasswordSource {
  readonly givenName: string
  readonly familyName: string
  readonly name?: string
  readonly email?: string
  readonly nationalId?: string
  readonly role?: readonly string[]
  /** False with `--no-password`. */
  readonly password: boolean
}

const write = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`)
const warn = (text: string): void => void process.stderr.write(`warning: ${text}\n`)

const add = (login: string, options: AddOptions): Promise<void> =>
  atSite(options, async (office, site) => {
    if (isKeptElsewhere(office, site, 'add the person there: whoever is there can sign in at once')) return
    const policy = site.site.password
    const chosen = options.password ? await choosePassword(options, policy) : null
    if (chosen?.ok === false) {
      fail(chosen.reason, 'use --password-stdin, --generate or --no-password')
      return
    }
    const { givenName, familyName, name = '', email = '', nationalId = '', role: roles = [] } = options
    const entry: AccountEntry = { login, givenName, familyName, name, email, nationalId, roles }
    const password =
      chosen === null ? undefined : { password: chosen.value.password, site: site.site, mustChange: !options.permanent }
    const added = await office.admin.add(site.realm, entry, password)
    if (!added.ok) {
      const { reason } = added
      const problems = reason.reason === 'entry-refused' ? reason.problems.map((problem) => problemText(problem)) : []
      if (reason.reason === 'password-unmet') problems.push(`the password: ${rulesText(reason.rules, policy)}`)
      fail(problems.join('; '), 'no account was added')
      return
    }
    const { account, warnings } = added.value
    const secret = chosen?.value ?? null
    for (const warning of warnings) warn(warningText(warning))
    if (options.json) write([JSON.stringify({ ...accountAsJson(account), ...generatedOf(secret) })])
    else
      write([
        `Added ${account.login} (${account.name}) to ${site.realm}.`,
        ...(secret === null
          ? [`It has no password yet: portillon accounts set-password ${account.login}`]
          : passwordLines(secret, options)),
      ])
  })

const list = (options: OfficeOptions & { readonly search?: string }): Promise<void> =>
  atSite(options, async (office, site) => {
    const accounts = await office.admin.list(site.realm, options.search)
    if (options.json) write([JSON.stringify(accounts.map(accountAsJson))])
    else if (accounts.length > 0) write([...accountTable(accounts), counted(accounts.length, 'account')])
    else if (options.search === undefined) write([`${site.realm} has no accounts yet: portillon accounts add --help`])
    else
      write([`No account of ${site.realm} has ${JSON.stringify(options.search)} in its login, name, e-mail or number.`])
  })

const show = (login: string, options: OfficeOptions): Promise<void> =>
  atSite(options, async (office, site) => {
    const account = await office.admin.show(site.realm, login)
    const found = await lookElsewhere(office, site, login)
    const there = site.site.accounts ?? ''
    if (options.json && (account !== null || found !== null)) {
      const own = account === null ? {} : accountAsJson(account)
      write([JSON.stringify(there === '' ? own : { ...own, there: found })])
    } else if (account !== null) {
      const isMissing = there !== '' && found === null
      write([
        ...accountSheet(account, site.site.password),
        ...(isMissing ? [`${there} knows nobody by this login.`] : []),
      ])
      if (found !== null) write(['', ...lookedUpSheet(there, found)])
    } else if (found !== null) write(newcomerLines(there, found))
    else nobody(login, site.realm)
  })

const disable = (login: string, options: OfficeOptions): Promise<void> =>
  atSite(options, async (office, site) => {
    const result = await office.admin.disable(site.realm, login)
    if (!result.ok) {
      nobody(login, site.realm)
      return
    }
    const { account, changed, sessions } = result.value
    const line = sessionLine(result.value, office)
    if (options.json) write([JSON.stringify({ ...accountAsJson(account), changed, sessions })])
    else write([`${account.login} (${account.name}) ${changed ? 'is' : 'was already'} disabled. ${line}`])
  })

const enable = (login: string, options: OfficeOptions): Promise<void> =>
  atSite(options, async (office, site) => {
    const result = await office.admin.enable(site.realm, login)
    if (!result.ok) {
      nobody(login, site.realm)
      return
    }
    const { account, changed } = result.value
    if (options.json) write([JSON.stringify({ ...accountAsJson(account), changed })])
    else write([`${account.login} (${account.name}) ${changed ? 'may sign in again' : 'was not disabled'}.`])
  })

/** Options of every command on accounts and sessions. */
export const withOfficeOptions = (command: Command): Command =>
  command
    .requiredOption('--config <file>', 'the instance file')
    .option('--site <id>', 'the site, when the instance has several')
    .option('--json', 'one line of JSON', false)

/** `portillon accounts …`: the people who may sign in. */
export const registerAccounts = (program: Command): void => {
  const accounts = program.command('accounts').description('the people who may sign in')
  const command = (usage: string, description: string): Command =>
    withOfficeOptions(accounts.command(usage).description(description))

  addPasswordOptions(command('add <login>', 'add a person'))
    .requiredOption('--given-name <name>', 'given name')
    .requiredOption('--family-name <name>', 'family name')
    .option('--name <name>', 'name as it is shown, with a title for instance')
    .option('--email <address>', 'where codes are mailed')
    .option('--national-id <id>', 'PS_IdNat: 8 and the RPPS number')
    .option('--role <role...>', 'roles, for the rules of the site and for the application')
    .option('--no-password', 'leave the password for later')
    .action(add)
  registerImport(command)
  registerMigration(command)
  registerWaits(command)
  command('list', 'the accounts of a site, by family name')
    .option('--search <text>', 'only those with this in login, name, e-mail or national identifier')
    .action(list)
  command('show <login>', 'everything about an account, but never its password').action(show)
  command('disable <login>', 'close an account and end its sessions').action(disable)
  command('enable <login>', 'open a disabled account again').action(enable)
  registerChange(command)
  registerLink(command)
}
