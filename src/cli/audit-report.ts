import type { ChainCheck, Flaw, FlawKind, Link } from '../audit/chain-check.ts'
import { fail } from './failure.ts'
import { counted } from './problem-lines.ts'

/** What a person reads about a broken place; the event is named before. */
const TEXTS: Readonly<Record<FlawKind, string>> = {
  removed: 'events before this one are missing',
  changed: 'it is not as it was written, or stood elsewhere, or was put in',
  unsealed:
    'it was written by somebody without the keys of this gate, or with a key that is not in the key folder any more',
  noticed: 'when the gate wrote it, somebody else had written the end of the trail',
  'other-than-logged': 'the log has another hash of it',
  'cut-off': 'it is the last one here, and those after it are missing',
  surplus: 'there are others after it, although it is said to be the last',
  'ends-unsealed': 'it is said to be the last one, but not by this gate',
  'statement-unsealed': 'what the file says of itself was not written by this gate',
  'beginning-unexplained': 'the trail begins with it, and no purge says that those before were removed',
}

const moment = (at: string): string => at.slice(0, 19).replace('T', ' ')

const flawLine = ({ kind, seq, record }: Flaw): string => {
  if (seq === 0) return TEXTS[kind]
  const which = record === undefined ? '' : ` of ${moment(record.at)} UTC (${record.id})`
  return `event ${seq}${which}: ${TEXTS[kind]}`
}

const headText = ({ seq, hash }: Link): string => `${seq} ${hash}`

const write = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`)

/** What was checked, where it is broken, and what it may be checked against later; for other programs. */
export const checkAsJson = ({ count, first, last, flaws, flawCount }: ChainCheck) => ({
  whole: flawCount === 0,
  events: count,
  first: first?.seq ?? null,
  last: last?.seq ?? null,
  head: last === undefined ? null : headText(last),
  broken: flawCount,
  flaws: flaws.map(({ kind, seq, record }) => ({ kind, seq, id: record?.id ?? null, at: record?.at ?? null })),
})

const reportWhole = ({ count, first, last }: ChainCheck, remarks: readonly string[]): void => {
  if (first === undefined || last === undefined) {
    write(['There is no event to check.', ...remarks])
    return
  }
  const from = `${moment(first.record.at)} to ${moment(last.record.at)} UTC`
  write([
    `${counted(count, 'event')}, ${first.seq} to ${last.seq} (${from}): one chain, unbroken.`,
    ...remarks,
    'Keep this line where nobody who rules over the database can change it; --heads checks the trail against it later:',
    headText(last),
  ])
}

/** Says what a check has found; broken is status 1. `remarks` are about how far the check went. */
export const reportCheck = (check: ChainCheck, remarks: readonly string[]): void => {
  const { flaws, flawCount } = check
  if (flawCount === 0) {
    reportWhole(check, remarks)
    return
  }
  write([
    ...flaws.map(flawLine),
    ...(flawCount > flaws.length ? [`and ${flawCount - flaws.length} more`] : []),
    ...remarks,
  ])
  fail(
    `the audit trail is broken in ${counted(flawCount, 'place')}, first as said above`,
    'keep a copy of the database and of the log as they are now, and call whoever answers for security',
  )
}
