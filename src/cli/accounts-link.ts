import type { Command } from 'commander'
import { isKeptElsewhere } from './account-elsewhere.ts'
import { accountAsJson } from './account-lines.ts'
import { atSite, type OfficeOptions } from './account-office.ts'
import { problemText } from './account-texts.ts'
import { fail } from './failure.ts'
import { counted } from './problem-lines.ts'

const write = (line: string): void => void process.stdout.write(`${line}\n`)

const nobody = (login: string, realm: string): void =>
  fail(`no account ${JSON.stringify(login)} in ${realm}`, 'look for it: portillon accounts list --search NAME')

const ELSEWHERE = 'register the number there, or let the person link their card under « Mon compte »'

const link = (login: string, nationalId: string, options: OfficeOptions): Promise<void> =>
  atSite(options, async (office, site) => {
    if (isKeptElsewhere(office, site, ELSEWHERE)) return
    const linked = await office.admin.linkNumber(site.realm, login, nationalId)
    if (!linked.ok) {
      if (linked.reason === 'login-unknown') nobody(login, site.realm)
      else if (linked.reason === 'taken')
        fail(`another account has ${nationalId}`, `see whose it is: portillon accounts list --search ${nationalId}`)
      else fail(problemText(linked.reason), 'nothing was changed')
      return
    }
    const { account, changed } = linked.value
    if (options.json) write(JSON.stringify({ ...accountAsJson(account), changed }))
    else if (changed)
      write(`Card, Pro Santé Connect and calls of ${nationalId} lead to ${account.login} (${account.name}).`)
    else write(`${account.login} (${account.name}) had this number already.`)
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
  command('link <login> <national-id>', 'let a card, Pro Santé Connect or a call lead to an account').action(link)
  command('unlink <login>', 'take that away, with what the person linked, and end their sessions').action(unlink)
}
