import type { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { commonNameOf, readCertificates } from '../../lib/certificate-file.ts'
import { remedyForReadFault } from '../../lib/settings/check-settings.ts'
import { entriesOf, type Draft } from '../../lib/settings/draft.ts'
import { error, warning, type Finding } from '../../lib/settings/problem.ts'
import type { Config } from '../schema.ts'
import type { Check, CheckContext } from './context.ts'

type Cards = Draft<NonNullable<Config['cards']>>

const DAY = 86_400_000

/** Revoked cards are to be found out within days, not months. */
const LONGEST_GRACE = 7 * DAY

const SHORTEST_REFRESH = 60_000

interface Installed {
  readonly at: number
  readonly file: string
  readonly found: readonly X509Certificate[] | Finding
}

const readInstalled = (cards: Cards, directory: string): readonly Installed[] =>
  entriesOf(cards.authorities).map(([at, name]) => {
    const file = resolve(directory, name)
    try {
      return { at, file, found: readCertificates(readFileSync(file)) }
    } catch (thrown) {
      const isUnreadable = thrown instanceof Error && 'syscall' in thrown
      const why = isUnreadable ? remedyForReadFault(thrown) : 'it holds none that can be read'
      const path = ['cards', 'authorities', at]
      return { at, file, found: error(path, 'a file with certificates: PEM, DER or .p7b', `${file}: ${why}`) }
    }
  })

const isFinding = (found: Installed['found']): found is Finding => !Array.isArray(found)

/** Dates of what is installed; a certificate that ended makes every card below it end. */
function* checkDates(installed: readonly Installed[], now: number): Generator<Finding> {
  for (const { at, found } of installed) {
    if (isFinding(found)) {
      yield found
      continue
    }
    const ended = found.filter(({ validToDate }) => validToDate.getTime() <= now).map(commonNameOf)
    if (ended.length > 0)
      yield warning(
        ['cards', 'authorities', at],
        `certificates that are valid today; ${ended.join(', ')} no longer is`,
        'install the ones that the ANS publishes now',
      )
  }
}

function* checkLists(cards: Cards, names: readonly string[]): Generator<Finding> {
  const seen = new Set<string>()
  for (const [name, list] of Object.entries(cards.lists ?? {})) {
    if (list === undefined) continue
    const path = ['cards', 'lists', name]
    if ((list.url === undefined) === (list.file === undefined))
      yield error(path, 'either `url` or `file`', 'write where the list comes from, once')
    if (list['delta-url'] !== undefined && list['delta-file'] !== undefined)
      yield error(path, 'either `delta-url` or `delta-file`', 'write where the delta comes from, once')
    if (list.of === undefined) continue
    if (seen.has(list.of)) yield error([...path, 'of'], 'an authority that no other list names', 'remove one of them')
    seen.add(list.of)
    if (!names.includes(list.of))
      yield error([...path, 'of'], 'an authority of `authorities`', `write one of: ${names.join(', ')}`)
  }
}

/** Cards of an authority of which neither a list nor a responder tells are refused, all of them. */
function* checkCover(cards: Cards, names: readonly string[]): Generator<Finding> {
  const issuers = entriesOf(cards.issuers).map(([, name]) => name)
  const installed = issuers.filter((name) => names.includes(name))
  if (names.length > 0 && installed.length === 0) {
    const remedy = `install theirs, or name those that are there: ${names.join(', ')}`
    yield error(['cards', 'issuers'], 'authorities whose certificates are in `authorities`', remedy)
  }
  if (cards.ocsp?.use === 'first' || cards.ocsp?.use === 'always' || cards.ocsp?.use === 'when-lists-fail') return
  const listed = Object.values(cards.lists ?? {}).map((list) => list?.of)
  const bare = installed.filter((name) => !listed.includes(name))
  if (bare.length > 0)
    yield warning(
      ['cards', 'lists'],
      `a list of every authority that issues cards; ${bare.join(', ')} has none, and its cards are all refused`,
      'add `NAME: { of: …, url: … }`, ask responders (`ocsp.use`), or leave it out of `issuers`',
    )
}

function* checkTimes({ stale, refresh }: Cards): Generator<Finding> {
  if (refresh !== undefined && refresh < SHORTEST_REFRESH)
    yield error(['cards', 'refresh'], '1m or more', 'write 1h: lists are made a few times a day')
  if (typeof stale !== 'number' || stale <= LONGEST_GRACE) return
  yield warning(
    ['cards', 'stale'],
    '7d at most: for so long a revoked card may open the application',
    'write 24h, and let monitoring tell you of stale lists',
  )
}

function* checkFolder({ folder }: Cards, directory: string): Generator<Finding> {
  if (folder === undefined) return
  const found = statSync(resolve(directory, folder), { throwIfNoEntry: false })
  if (found !== undefined && !found.isDirectory())
    yield error(['cards', 'folder'], 'a folder', 'name a folder; it is made at start when it is not there')
}

function* checkUse(cards: Cards | undefined, { sites }: CheckContext): Generator<Finding> {
  const users = sites.filter(([, { site }]) => site.ways.some(({ methods }) => methods.includes('cps')))
  const [user] = users
  if (cards === undefined && user !== undefined)
    yield error(
      ['cards'],
      'a section on cards for sites with a way by `cps`',
      `add \`cards: { authorities: […], lists: […], folder: … }\`: ${user[1].site.site} takes cards`,
    )
  if (cards !== undefined && user === undefined)
    yield warning(['cards'], 'a site with a way by `cps`', 'add a way to a site file, or remove the section')
}

/** Cards: authorities that can be read, lists that are theirs, and nothing that would refuse every card. */
export const checkCards: Check = function* ({ cards }, context) {
  yield* checkUse(cards, context)
  if (cards === undefined) return
  const installed = readInstalled(cards, context.directory)
  const names = installed.flatMap(({ found }) => (isFinding(found) ? [] : found.map(commonNameOf)))
  yield* checkDates(installed, context.now)
  yield* checkLists(cards, names)
  yield* checkCover(cards, names)
  yield* checkTimes(cards)
  yield* checkFolder(cards, context.directory)
}
