import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Option, type Command } from 'commander'
import { exportCsv, exportJson } from '../audit/export.ts'
import { headAt, stretchOf, type Stretch } from '../audit/read.ts'
import { systemClock } from '../lib/clock.ts'
import { actor } from './actor.ts'
import { periodOf, periodText, withPeriod } from './audit-options.ts'
import { fail } from './failure.ts'
import { withTrail, type OpenTrail } from './open-trail.ts'
import { counted } from './problem-lines.ts'
import { readInstance } from './read-instance.ts'

interface ExportOptions {
  readonly config: string
  readonly from: string
  readonly to: string
  readonly format: 'jsonl' | 'csv'
  readonly out?: string
}

const contentOf = async ({ database: { db }, key }: OpenTrail, stretch: Stretch, options: ExportOptions) => {
  const hashAt = async (seq: number): Promise<string> => (await headAt(db, seq))?.hash ?? ''
  const parts = { db, stretch, previous: await hashAt(stretch.from - 1) }
  if (options.format === 'csv') return exportCsv(parts)
  const hash = await hashAt(stretch.to)
  const exported = new Date(systemClock.now()).toISOString()
  return exportJson(parts, { from: options.from, to: options.to, hash, exported }, key.current())
}

/** A reader that has seen enough (`| head`) is no failure. */
const writeTo = async (content: AsyncIterable<string>, target: Writable, isOurs: boolean): Promise<void> => {
  try {
    await pipeline(Readable.from(content), target, { end: isOurs })
  } catch (thrown) {
    if (isOurs || (thrown as NodeJS.ErrnoException).code !== 'EPIPE') throw thrown
  }
}

/** Whole or not at all, and never over another file. */
const writeFile = async (content: AsyncIterable<string>, file: string): Promise<boolean> => {
  try {
    await writeTo(content, createWriteStream(file, { flags: 'wx', mode: 0o600 }), true)
    return true
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException
    if (code === undefined) throw thrown
    if (code !== 'EEXIST') await rm(file, { force: true })
    fail(message, 'nothing was exported; choose another name for --out')
    return false
  }
}

const exportTrail = async (options: ExportOptions): Promise<void> => {
  const instance = readInstance(options.config)
  if (instance === null) return
  await withTrail(instance.config, async (open) => {
    const period = periodOf(options)
    const stretch = period === undefined ? null : await stretchOf(open.database.db, period)
    if (stretch === null) {
      fail(`there is no event from ${periodText(options)}`, 'nothing was exported')
      return
    }
    const { out, format } = options
    const content = await contentOf(open, stretch, options)
    if (out === undefined) await writeTo(content, process.stdout, false)
    else if (!(await writeFile(content, out))) return
    const events = `${stretch.from} to ${stretch.to}`
    open.trail.record({
      event: 'audit.exported',
      actor: actor(),
      detail: `events ${events}, ${periodText(options)}, ${format}`,
    })
    process.stderr.write(`${counted(stretch.to - stretch.from + 1, 'event')} exported (${events}).\n`)
  })
}

const HELP = `
Each line has the hashes of the chain, so that the file can be checked by itself: portillon audit verify --file EXPORT.
Several processes write the trail: an event of another day may stand between two of these days, and is exported with them.
A file for spreadsheets (csv) has semicolons; what they would compute begins with an apostrophe.`

/** `portillon audit export`. */
export const registerAuditExport = (audit: Command): void => {
  const command = audit
    .command('export')
    .description('write the events of some days into a file that can be checked by itself')
    .requiredOption('--config <file>', 'the instance file')
  withPeriod(command, true)
    .addOption(
      new Option('--format <format>', 'lines of JSON, or for spreadsheets').choices(['jsonl', 'csv']).default('jsonl'),
    )
    .option('--out <file>', 'the file to write; standard output when it is left out')
    .addHelpText('after', HELP)
    .action(exportTrail)
}
