import type { Command } from 'commander'
import type { ChainCheck } from '../audit/chain-check.ts'
import { ExportError } from '../audit/read-export.ts'
import { readHeads } from '../audit/read-heads.ts'
import { AUDIT_PURPOSE } from '../audit/seal.ts'
import { verifyExport } from '../audit/verify-export.ts'
import { verifyTrail } from '../audit/verify.ts'
import { KeyFolderError } from '../identity/key-folder.ts'
import { openKeyring } from '../identity/keyring.ts'
import { systemClock } from '../lib/clock.ts'
import { actor } from './actor.ts'
import { periodOf, periodText, withPeriod, type PeriodOptions } from './audit-options.ts'
import { checkAsJson, reportCheck } from './audit-report.ts'
import { fail } from './failure.ts'
import { withTrail } from './open-trail.ts'
import { createProgress } from './progress.ts'
import { readInstance } from './read-instance.ts'

interface VerifyOptions extends PeriodOptions {
  readonly config?: string
  readonly file?: string
  readonly heads?: string
  readonly json: boolean
}

type Logged = ReadonlyMap<number, string>

const report = (check: ChainCheck, remarks: readonly string[], { json }: VerifyOptions): void => {
  if (!json) {
    reportCheck(check, remarks)
    return
  }
  process.stdout.write(`${JSON.stringify(checkAsJson(check))}\n`)
  if (check.flawCount > 0) process.exitCode = 1
}

const headsRemark = ({ heads }: VerifyOptions, { size }: Logged): string[] =>
  heads === undefined ? [] : [`${size} ends of the chain in ${heads} were compared.`]

const outcomeOf = ({ count, flaws, flawCount }: ChainCheck, options: VerifyOptions) => {
  const [first] = flaws
  const what = `${count} events, ${periodText(options)}`
  return first === undefined
    ? ({ event: 'audit.verified', detail: what } as const)
    : ({
        event: 'audit.broken',
        detail: `audit verify: ${first.kind} ${first.seq}, ${flawCount} in all; ${what}`,
      } as const)
}

/** The check itself is recorded: that the trail is looked after can be shown, and so can since when it was known broken. */
const verifyTable = async (config: string, options: VerifyOptions, logged: Logged): Promise<void> => {
  const instance = readInstance(config)
  if (instance === null) return
  await withTrail(instance.config, async ({ database, trail, key }) => {
    const period = periodOf(options)
    const progress = createProgress('events')
    const check = await verifyTrail({
      ...{ db: database.db, keys: key.every(), logged, onProgress: progress.show },
      ...(period === undefined ? {} : { period }),
    })
    progress.end()
    trail.record({ ...outcomeOf(check, options), actor: actor() })
    report(check, ['Their seals are of the keys of this gate.', ...headsRemark(options, logged)], options)
  })
}

const keysOf = async (config: string | undefined): Promise<readonly Buffer[] | null | undefined> => {
  if (config === undefined) return null
  const instance = readInstance(config)
  if (instance === null) return undefined
  const keyring = await openKeyring(instance.config.keys, { clock: systemClock, create: false })
  return keyring.deriveAll(AUDIT_PURPOSE)
}

const SEALS_UNSEEN = 'Their seals were not looked at: that takes the keys of the gate (--config FILE).'
const NO_STATEMENT = 'A file for spreadsheets does not say where it begins and ends: events may be missing there.'

const verifyFile = async (file: string, options: VerifyOptions, logged: Logged): Promise<void> => {
  const keys = await keysOf(options.config)
  if (keys === undefined) return
  const progress = createProgress('events')
  const { check, hasStatement } = await verifyExport({ file, keys, logged, onProgress: progress.show })
  progress.end()
  const seals = keys === null ? SEALS_UNSEEN : 'Their seals are of the keys of this gate.'
  report(check, [seals, ...(hasStatement ? [] : [NO_STATEMENT]), ...headsRemark(options, logged)], options)
}

const verify = async (options: VerifyOptions): Promise<void> => {
  const { config, file, heads, from, to } = options
  try {
    const logged: Logged = heads === undefined ? new Map() : await readHeads(heads)
    if (file !== undefined && (from ?? to) !== undefined)
      fail('a file is checked as a whole', 'leave --from and --to out')
    else if (file !== undefined) await verifyFile(file, options, logged)
    else if (config !== undefined) await verifyTable(config, options, logged)
    else fail('what is to be checked?', 'the trail of an instance (--config FILE), or an export (--file EXPORT)')
  } catch (thrown) {
    if (thrown instanceof ExportError) fail(`${file ?? ''}: ${thrown.message}`, 'the file is no export, or was changed')
    else if (thrown instanceof KeyFolderError) fail(thrown.message, 'nothing was checked')
    else if (thrown instanceof Error && 'code' in thrown) fail(thrown.message, 'nothing was checked')
    else throw thrown
  }
}

const HELP = `
Found is: an event that was changed, removed, put in or put elsewhere; an end that was cut off; a beginning that no purge
removed; and a past that was written anew, unless by somebody who has the keys of the gate as well. That, and an end put back
to what it was at some earlier time, is found with --heads: a copy of the log that was kept elsewhere.
The status is 1 when something is broken.`

/** `portillon audit verify`. */
export const registerAuditVerify = (audit: Command): void => {
  const command = audit
    .command('verify')
    .description('check that nothing was changed, removed or put in since it was written')
    .option('--config <file>', 'the instance file')
    .option('--file <export>', 'an export, instead of the trail in the database')
    .option('--heads <log>', 'compare with what the log says of the end of the chain')
  withPeriod(command, false).option('--json', 'one line of JSON', false).addHelpText('after', HELP).action(verify)
}
