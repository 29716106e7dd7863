import { InvalidArgumentError, type Command } from 'commander'
import type { AuditRecord } from '../audit/canonical.ts'
import type { Link } from '../audit/chain-check.ts'
import { EVENTS, type EventName } from '../audit/events.ts'
import { searchTrail, type Search } from '../audit/search.ts'
import { inOffice, type Office, type OfficeOptions } from './account-office.ts'
import { actor } from './actor.ts'
import { periodOf, periodText, withPeriod, type PeriodOptions } from './audit-options.ts'
import { fail } from './failure.ts'
import { counted } from './problem-lines.ts'
import { table } from './table.ts'

interface ListOptions extends OfficeOptions, PeriodOptions {
  readonly login?: string
  readonly reference?: string
  readonly event?: readonly EventName[]
  readonly last: number
}

const MOST = 10_000

const countOf = (text: string): number => {
  const count = Number(text)
  if (!/^\d{1,5}$/.test(text) || count < 1 || count > MOST) throw new InvalidArgumentError(`a number from 1 to ${MOST}`)
  return count
}

const names = Object.keys(EVENTS) as readonly EventName[]

/** One event, or all whose names begin so: `sign-in`. */
const eventsOf = (text: string): readonly EventName[] => {
  const found = names.filter((name) => name === text || name.startsWith(`${text}.`))
  if (found.length > 0) return found
  const groups = new Set(names.map((name) => name.split('.')[0]))
  throw new InvalidArgumentError(
    `no such event; there are ${names.join(', ')}, and ${[...groups].join(', ')} for all of one kind`,
  )
}

const who = ({ login, actor: by, account }: AuditRecord): string => {
  const whom = login ?? account ?? ''
  if (by === undefined) return whom
  return whom === '' ? by : `${whom} (by ${by})`
}

const cells = ({ record }: Link): string[] => {
  const { at, event, result, site, way, method, address, reference, detail = '', times } = record
  const how = [way, method].filter((part) => part !== undefined).join(': ')
  const whole = [at.slice(0, 19).replace('T', ' '), event, result, who(record), site, how, address, reference]
  return [...whole.map((cell) => cell || '-'), times === undefined ? detail : `${detail} (${times} times)`.trim()]
}

const HEAD = ['TIME (UTC)', 'EVENT', 'RESULT', 'WHO', 'SITE', 'HOW', 'FROM', 'REFERENCE', 'DETAIL']

const write = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`)

/** The accounts of that login, in the site that is named or in all: a person may have one in each. */
const accountsOf = async ({ admin, sites }: Office, login: string, site: string | undefined): Promise<string[]> => {
  const realms = new Set(
    sites.filter((each) => site === undefined || each.site.site === site).map(({ realm }) => realm),
  )
  const found = await Promise.all([...realms].map((realm) => admin.show(realm, login)))
  return found.flatMap((account) => account?.id ?? [])
}

/** What was asked for, for the trail: who reads it is recorded as well. */
const askedFor = ({ login, reference, event, site, from, to, last }: ListOptions): string =>
  [
    ...(login === undefined ? [] : [`login ${login}`]),
    ...(reference === undefined ? [] : [`reference ${reference}`]),
    ...(event === undefined ? [] : [`event ${event.length === 1 ? event[0] : (event[0]?.split('.')[0] ?? '')}`]),
    ...(site === undefined ? [] : [`site ${site}`]),
    ...(from === undefined && to === undefined ? [] : [periodText({ from, to } as PeriodOptions)]),
    `last ${last}`,
  ].join(', ')

const sayNothing = ({ reference }: ListOptions): void => {
  write(['No event answers to that.'])
  if (reference === undefined) return
  const where = `journalctl -u portillon -o cat | grep ${reference.toUpperCase()}`
  fail('no event has this reference', `the log has every refusal, also those that concern nobody: ${where}`)
}

const list = (options: ListOptions): Promise<void> =>
  inOffice(options, async (office) => {
    const { login, reference, event, site, last, json } = options
    const { database, trail } = office.audit
    const period = periodOf(options)
    const search: Search = {
      last,
      ...(login === undefined ? {} : { who: { login, accounts: await accountsOf(office, login, site) } }),
      ...(reference === undefined ? {} : { reference: reference.trim().toUpperCase() }),
      ...(event === undefined ? {} : { events: event }),
      ...(site === undefined ? {} : { site }),
      ...(period === undefined ? {} : { period }),
    }
    const found = await searchTrail(database.db, search)
    trail.record({ event: 'audit.read', actor: actor(), detail: askedFor(options) })
    if (json) write([JSON.stringify(found.map(({ seq, record }) => ({ seq, ...record })))])
    else if (found.length === 0) sayNothing(options)
    else write([...table([HEAD, ...found.map(cells)]), counted(found.length, 'event')])
  })

const HELP = `
Somebody cannot get in and reads you the reference on the page:
  portillon audit list --config FILE --reference 5V08S8-00001
What happened to that person lately:
  portillon audit list --config FILE --login c.exemple
deploy/events.md explains each event. Who reads the trail is recorded in it.`

/** `portillon audit list`. */
export const registerAuditList = (audit: Command): void => {
  const command = audit
    .command('list')
    .description('look events up, the latest first')
    .requiredOption('--config <file>', 'the instance file')
    .option('--login <login>', 'about this person')
    .option('--reference <reference>', 'with the reference that a page showed')
    .option('--event <name>', 'of this name, or of this kind: sign-in', eventsOf)
    .option('--site <id>', 'on this site')
  withPeriod(command, false)
    .option('--last <count>', 'how many', countOf, 50)
    .option('--json', 'one line of JSON', false)
    .addHelpText('after', HELP)
    .action(list)
}
