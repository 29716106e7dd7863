import type { Command } from 'commander'
import type { Census, FormCount } from '../accounts/legacy/census.ts'
import type { LoadedSite } from '../policy/load.ts'
import { elsewhereOf } from './account-elsewhere.ts'
import { atSite, type Office, type OfficeOptions } from './account-office.ts'
import { fail } from './failure.ts'
import { counted } from './problem-lines.ts'
import { table } from './table.ts'

const leftOf = ({ accounts, moved }: FormCount): number => accounts - moved

const formTable = ({ forms }: Census): string[] =>
  table([
    ['FORM', 'ACCOUNTS', 'MOVED', 'LEFT', ''],
    ...forms.map((count) => [
      ...[count.form, `${count.accounts}`, `${count.moved}`, `${leftOf(count)}`],
      count.isVerifiable || leftOf(count) === 0 ? '' : 'cannot sign in',
    ]),
  ])

/** What is to be done next, if anything. */
const nextLines = ({ forms, open, moved }: Census, { site }: LoadedSite): string[] => {
  const stuck = forms.filter(({ isVerifiable }) => !isVerifiable).reduce((sum, count) => sum + leftOf(count), 0)
  const waiting = open - moved - stuck
  if (open === moved) {
    return [
      `Every password has moved: remove \`accounts: ${site.accounts ?? ''}\` from the site file and reload the gate.`,
    ]
  }
  return [
    ...(waiting > 0 ? [`${counted(waiting, 'password')} will move when their owners next sign in.`] : []),
    ...(stuck > 0
      ? [
          `${counted(stuck, 'account')} cannot sign in: give them a password in the other application, in a form that is known.`,
        ]
      : []),
  ]
}

const report = (census: Census, site: LoadedSite, where: string): string[] => {
  const { open, closed, moved } = census
  return [
    `Passwords of ${site.site.site}, from ${where}:`,
    '',
    ...formTable(census),
    '',
    `${counted(open, 'open account')}: ${moved} moved to argon2id at the gate, ${open - moved} left; ${closed} closed.`,
    ...nextLines(census, site),
  ]
}

const migrate = async (office: Office, site: LoadedSite, options: OfficeOptions): Promise<void> => {
  const opened = await office.elsewhere.sourceOf(site)
  if (opened?.kind !== 'legacy-table') {
    const where = elsewhereOf(office, site) ?? 'the database of the gate'
    fail(`the accounts of ${site.site.site} live in ${where}`, 'no password has to move from there')
    return
  }
  const census = await opened.source.census(await office.elsewhere.rowsFrom(site))
  const { open, moved } = census
  const lines = options.json
    ? [JSON.stringify({ site: site.site.site, source: site.site.accounts, left: open - moved, ...census })]
    : report(census, site, elsewhereOf(office, site) ?? '')
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** `portillon accounts migration`: how far the passwords of a table have moved to the gate (G11). */
export const registerMigration = (command: (usage: string, description: string) => Command): void => {
  command(
    'migration',
    'how many passwords of another application have moved to the gate, by the form of their hash',
  ).action((options: OfficeOptions) => atSite(options, (office, site) => migrate(office, site, options)))
}
