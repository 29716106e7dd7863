import { globSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { run } from 'node:test'
import { spec, type TestEvent } from 'node:test/reporters'
import { parseArgs } from 'node:util'

/**
 * Runs the tests of test/<folder> on Node's own runner: `node test/kit/run-tests.ts [--only unit,wire] [--name PATTERN]`.
 *
 * Stricter than the runner by itself, because each of these once let a broken build pass somewhere: a folder without
 * tests, a file without tests, a skipped or to-do test, and a file that never ends are failures here. The last lines are
 * `# tests`, `# pass`, `# fail` …, the form that CI reads.
 */

const root = resolve(import.meta.dirname, '../..')

/** In this order: what fails fastest comes first. */
const FOLDERS = ['arch', 'unit', 'policy', 'contract', 'flow', 'wire', 'browser'] as const

const LIMITS = {
  /** One test. */
  test: 60_000,
  /** No event from any file: some file hangs in a hook, or keeps its process alive after its tests. */
  silence: 180_000,
}

/** Files at a time. Most wait for servers that start, and three leave half of two cores idle; browsers fill a core each. */
const WIDTHS: Readonly<Record<(typeof FOLDERS)[number], number>> = {
  ...{ arch: 3, unit: 3, policy: 3, contract: 3, flow: 3, wire: 3 },
  browser: 2,
}

const filesOf = (folder: string): string[] =>
  globSync(`test/${folder}/**/*.test.ts`, { cwd: root })
    .sort()
    .map((file) => resolve(root, file))

const chooseFolders = (only: string | undefined): readonly (typeof FOLDERS)[number][] => {
  const chosen = only?.split(',') ?? FOLDERS
  const unknown = chosen.filter((folder) => !FOLDERS.some((known) => known === folder))
  if (unknown.length > 0)
    throw new Error(`no such test folder: ${unknown.join(', ')} (there are ${FOLDERS.join(', ')})`)
  return FOLDERS.filter((folder) => chosen.includes(folder))
}

/** What the runner would let pass. Fed with every event; `complaints` is read at the end. */
const createStrictness = (files: readonly string[]) => {
  const empty = new Set(files)
  const notRun: string[] = []
  return {
    see({ type, data }: TestEvent): void {
      if (type !== 'test:pass' && type !== 'test:fail') return
      const file = data.file ?? ''
      // A file without tests, or one that did not end, is reported as one test that bears the file's name.
      if (data.name === file || data.name === relative(root, file)) {
        if (type === 'test:fail') empty.delete(file)
        return
      }
      empty.delete(file)
      if (data.skip !== undefined) notRun.push(`skipped: ${relative(root, file)}: ${data.name}`)
      if (data.todo !== undefined) notRun.push(`to do: ${relative(root, file)}: ${data.name}`)
    },
    complaints: () => [...notRun, ...[...empty].map((file) => `no test in ${relative(root, file)}`)],
  }
}

/** How long each file takes; the slowest are told, because all together must stay under a quarter of an hour on two cores. */
const createStopwatch = () => {
  const begun = new Map<string, number>()
  const taken: { readonly file: string; readonly seconds: number }[] = []
  return {
    see({ type, data }: TestEvent): void {
      if (type !== 'test:dequeue' && type !== 'test:complete') return
      const file = data.file ?? ''
      if (data.name !== file) return
      const start = begun.get(file)
      if (start === undefined) begun.set(file, performance.now())
      else taken.push({ file: relative(root, file), seconds: (performance.now() - start) / 1_000 })
    },
    slowest: (count: number): readonly string[] =>
      [...taken]
        .sort((a, b) => b.seconds - a.seconds)
        .slice(0, count)
        .map(({ file, seconds }) => `${seconds.toFixed(0).padStart(4)} s  ${file}`),
  }
}

type Summary = Extract<TestEvent, { type: 'test:summary' }>['data']

/** The runner prints these among its other remarks; here they are the last lines. */
const isSummaryLine = ({ type, data }: TestEvent): boolean =>
  type === 'test:diagnostic' &&
  data.nesting === 0 &&
  /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/.test(data.message)

const print = (text: string) => process.stdout.write(`${text}\n`)

const printSummary = (summaries: readonly Summary[], complaints: number): void => {
  const sum = (what: (of: Summary) => number): number => summaries.reduce((total, of) => total + what(of), 0)
  const count = (name: keyof Summary['counts']): number => sum(({ counts }) => counts[name])
  const [tests, pass, cancelled, skipped, todo] = (['tests', 'passed', 'cancelled', 'skipped', 'todo'] as const).map(
    count,
  ) as [number, number, number, number, number]
  const fail = tests - pass - cancelled - skipped - todo + complaints
  const duration_ms = Math.round(sum((of) => of.duration_ms))
  const lines = { tests, suites: count('suites'), pass, fail, cancelled, skipped, todo, duration_ms }
  for (const [name, value] of Object.entries(lines)) print(`# ${name} ${value}`)
}

/** Types are stripped and code is compiled once for all files, not once for each. Gone with the next `npm ci`. */
const COMPILED = resolve(root, 'node_modules/.cache/compiled')

/** Runs the files and prints their report. When everything falls silent, whatever still runs is ended and has failed. */
const runFiles = async (
  files: readonly string[],
  {
    name,
    width,
    stopwatch,
  }: { name: string | undefined; width: number; stopwatch: ReturnType<typeof createStopwatch> },
) => {
  const strictness = createStrictness(files)
  const abort = new AbortController()
  let summary: Summary | undefined
  const silence = new Error(`nothing happened for ${LIMITS.silence / 1_000} s: this file does not end`)
  const watchdog = setTimeout(() => abort.abort(silence), LIMITS.silence)

  const pattern = name === undefined ? {} : { testNamePatterns: name }
  const limits = { concurrency: width, timeout: LIMITS.test, signal: abort.signal }
  const events: AsyncIterable<TestEvent> = run({ files: [...files], cwd: root, ...limits, ...pattern })
  async function* watched(): AsyncGenerator<TestEvent> {
    for await (const event of events) {
      watchdog.refresh()
      strictness.see(event)
      stopwatch.see(event)
      if (event.type === 'test:summary' && event.data.file === undefined) summary = event.data
      if (!isSummaryLine(event)) yield event
    }
  }
  for await (const text of Readable.from(watched()).compose(new spec())) process.stdout.write(String(text))
  clearTimeout(watchdog)
  // A chosen name leaves other tests out on purpose.
  return { summary, notRun: name === undefined ? strictness.complaints() : [] }
}

const main = async (): Promise<boolean> => {
  const { values } = parseArgs({ options: { only: { type: 'string' }, name: { type: 'string' } } })
  process.env['NODE_COMPILE_CACHE'] ??= COMPILED
  const folders = chooseFolders(values.only)
  const complaints = folders
    .filter((folder) => filesOf(folder).length === 0)
    .map((folder) => `no test file in test/${folder}`)
  const stopwatch = createStopwatch()
  const summaries: (Summary | undefined)[] = []
  for (const width of new Set(folders.map((folder) => WIDTHS[folder]))) {
    const files = folders.filter((folder) => WIDTHS[folder] === width).flatMap(filesOf)
    const { summary, notRun } = await runFiles(files, { name: values.name, width, stopwatch })
    summaries.push(summary)
    complaints.push(...notRun)
  }
  for (const complaint of complaints) print(`✖ ${complaint}`)
  print(`\nslowest files:\n${stopwatch.slowest(12).join('\n')}\n`)
  const known = summaries.filter((summary) => summary !== undefined)
  if (known.length < summaries.length) return false
  printSummary(known, complaints.length)
  return known.every(({ success }) => success) && complaints.length === 0
}

process.exitCode = (await main()) ? 0 : 1
