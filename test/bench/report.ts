import type { Results, Row, Table } from './summary.ts'
import { judge } from './targets.ts'

/** The results as Markdown, ready for the README. */

const percent = (share: number) => `${(100 * share).toFixed(0)} %`
const megabytes = (bytes: number) => (bytes / 1_048_576).toFixed(0)

/** Enough digits to tell peers apart, no more. */
const figure = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 })

const BARE = 'bare nginx'

const COLUMNS: readonly (readonly [title: string, cell: (row: Row) => string])[] = [
  ['CPU µs/request', (row) => figure(row.cpu)],
  [`× ${BARE}`, (row) => row.cpuRatios[BARE]?.toFixed(2) ?? '-'],
  ['spread', (row) => percent(row.spread)],
  ['requests/s', (row) => figure(row.requestsPerSecond)],
  ['p50 ms', (row) => figure(row.p50)],
  ['p99 ms', (row) => figure(row.p99)],
  ['RSS MB', (row) => megabytes(row.rss)],
  ['PSS MB', (row) => megabytes(row.pss)],
  ['Redis/1000', (row) => (row.storeCommands === null ? '-' : figure(row.storeCommands * 1_000))],
  ['unproven', (row) => String(row.unproven)],
  ['others', (row) => percent(row.disturbance)],
]

const tableOf = (head: readonly string[], lines: readonly (readonly string[])[]): readonly string[] => [
  `| ${head.join(' | ')} |`,
  `|---|${head
    .slice(1)
    .map(() => '--:|')
    .join('')}`,
  ...lines.map((line) => `| ${line.join(' | ')} |`),
]

const scenarioTable = ({ crew, scenario, rounds, rows }: Table): readonly string[] => [
  `### ${crew === 'one' ? 'One worker' : 'All workers'}: ${scenario.title}`,
  '',
  ...tableOf(
    [`${rounds} round${rounds === 1 ? '' : 's'}`, ...COLUMNS.map(([title]) => title)],
    rows.map((row) => [row.peer, ...COLUMNS.map(([, cell]) => cell(row))]),
  ),
  '',
]

const idleLines = ({ idle }: Results): readonly string[] => {
  if (idle === undefined) return []
  if (typeof idle === 'string') return [`Idle connections were not measured: ${idle}.`, '']
  const { connections, before, after } = idle
  return [
    `Portillon, one worker, ${connections.toLocaleString('en')} idle kept connections: ${megabytes(after.pss)} MB in all its ` +
      `processes (PSS; RSS, which counts shared pages for each of them, is ${megabytes(after.rss)} MB), ${megabytes(before.pss)} MB before, ` +
      `${((after.pss - before.pss) / connections / 1_024).toFixed(1)} kB a connection.`,
    '',
  ]
}

const enduranceLines = ({ endurance }: Results): readonly string[] => {
  if (endurance === undefined) return []
  const { seconds, requests, unproven, early, late, most } = endurance
  return [
    `Portillon, one worker, ${seconds / 60} minutes of load, ${requests.toLocaleString('en')} requests (${unproven} unproven): resident ` +
      `${megabytes(early)} MB in the second minute, ${megabytes(late)} MB in the last, at most ${megabytes(most)} MB.`,
    '',
  ]
}

const signInLines = ({ signIns }: Results): readonly string[] => {
  if (signIns === undefined) return []
  const { directories, perSecond, cpu, p50, p99, quiet, beside, offered, done, busy, failed } = signIns
  return [
    '### Sign-ins by password and application, a worker for each processor',
    '',
    `As fast as they go, PostgreSQL with 100,000 people: ${figure(perSecond)} whole sign-ins a second, ${figure(cpu)} ms CPU of the gate for ` +
      `each, p50 ${figure(p50)} ms, p99 ${figure(p99)} ms (five requests); ${failed} failed in all measurements.`,
    '',
    ...tableOf(
      ['a directory of', 'people', 'sign-ins', 'CPU ms/sign-in', 'p50 ms'],
      directories.map((one) => [
        one.database,
        one.people.toLocaleString('en'),
        String(one.signIns),
        figure(one.cpu),
        figure(one.p50),
      ]),
    ),
    '',
    ...tableOf(
      ['requests of 100 bytes, 300 a second', 'requests', 'not 200', 'p50 ms', 'p99 ms'],
      (
        [
          ['alone', quiet],
          [`beside ${offered} sign-ins a second (${figure(done)} done, ${figure(busy)} told to try again)`, beside],
        ] as const
      ).map(([name, path]) => [name, String(path.requests), String(path.wrong), figure(path.p50), figure(path.p99)]),
    ),
    '',
  ]
}

const cardLines = ({ cards }: Results): readonly string[] => {
  if (cards === undefined) return []
  const { cpu, p50, p99, shown, wrong, loading } = cards
  return [
    '### Cards',
    '',
    `${shown} cards shown (RSA-2048, TLS 1.3, whole handshakes; ${wrong} judged wrongly): ${figure(cpu)} ms CPU for handshake and ` +
      `judgement, p50 ${figure(p50)} ms, p99 ${figure(p99)} ms. A list of ${loading.entries.toLocaleString('en')} revoked cards ` +
      `(${megabytes(loading.published)} MB) is in force after ${figure(loading.milliseconds)} ms, blocks the event loop for ` +
      `${figure(loading.block)} ms at most, and takes ${(loading.held / 1_048_576).toFixed(1)} MB of each process.`,
    '',
  ]
}

/** Aims: less than 15 ms of CPU for a call, 200 calls a second on two cores. */
const callLines = ({ calls }: Results): readonly string[] => {
  if (calls === undefined) return []
  const { perSecond, cpu, p50, p99, done, failed } = calls
  return [
    '### Contextual calls, a worker for each processor',
    '',
    `${figure(perSecond)} calls a second (aim: 200), ${figure(cpu)} ms CPU of the gate from the click to the page (aim: 15), ` +
      `p50 ${figure(p50)} ms, p99 ${figure(p99)} ms; ${done} done, ${failed} failed.`,
    '',
  ]
}

export const formatReport = (results: Results): string => {
  const verdicts = judge(results).map(({ text, atMost, measured, isReached }) => [
    text,
    atMost,
    measured,
    isReached ? 'reached' : '**not reached**',
  ])
  return [
    '### Targets (one worker)',
    '',
    ...tableOf(['target', 'at most', 'measured', ''], verdicts),
    '',
    ...idleLines(results),
    ...enduranceLines(results),
    ...cardLines(results),
    ...signInLines(results),
    ...callLines(results),
    ...results.tables.flatMap(scenarioTable),
  ]
    .join('\n')
    .trimEnd()
}
