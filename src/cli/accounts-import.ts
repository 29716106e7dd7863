import { readFile, stat } from 'node:fs/promises'
import type { Command } from 'commander'
import { IMPORT_COLUMNS, type ImportFault } from '../accounts/import-file.ts'
import type { Imported } from '../accounts/import.ts'
import { accept, refuse, type Result } from '../lib/result.ts'
import { isKeptElsewhere } from './account-elsewhere.ts'
import { atSite, type OfficeOptions } from './account-office.ts'
import { problemText, warningText } from './account-texts.ts'
import { fail } from './failure.ts'
import { counted } from './problem-lines.ts'

interface ImportOptions extends OfficeOptions {
  readonly skipBad: boolean
}

/** Far more than the accounts that one file may hold; a mistaken file is refused before it fills the memory. */
const BYTES_LIMIT = 32 * 1024 * 1024

const readText = async (file: string): Promise<Result<string, string>> => {
  try {
    const { size } = await stat(file)
    if (size > BYTES_LIMIT) return refuse(`${file} is larger than ${BYTES_LIMIT / 1024 / 1024} MiB`)
    return accept(new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file)))
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return refuse(`${file} is not UTF-8: save it as “CSV UTF-8”`)
    return refuse(message)
  }
}

/** A line that is written over itself, where there is somebody to see it. */
const showProgress = (done: number, total: number): void => {
  if (process.stderr.isTTY && total > 200) process.stderr.write(`\r${done} of ${total}${done === total ? '\n' : ''}`)
}

const faultLine =
  (file: string) =>
  ({ line, problem, column }: ImportFault): string =>
    `${file}:${line}  ${problemText(problem, column)}\n`

const report = (file: string, { added, skipped, warnings }: Imported): void => {
  for (const { line, warning } of warnings) process.stderr.write(`${file}:${line}  warning: ${warningText(warning)}\n`)
  process.stderr.write(skipped.map(faultLine(file)).join(''))
  const left = new Set(skipped.map(({ line }) => line)).size
  const leftOut = left === 0 ? '' : `, ${counted(left, 'line')} left out`
  process.stdout.write(`${counted(added, 'account')} added${leftOut}.\n`)
}

const importFile = (file: string, options: ImportOptions): Promise<void> =>
  atSite(options, async (office, site) => {
    if (isKeptElsewhere(office, site, 'add people there: whoever is there can sign in at once')) return
    const text = await readText(file)
    if (!text.ok) {
      fail(text.reason, 'nothing was imported')
      return
    }
    const { skipBad, json } = options
    const imported = await office.admin.importCsv(site.realm, text.value, { skipBad, onProgress: showProgress })
    if (imported.ok) {
      if (json) process.stdout.write(`${JSON.stringify(imported.value)}\n`)
      else report(file, imported.value)
      return
    }
    if (json) process.stdout.write(`${JSON.stringify({ added: 0, faults: imported.reason })}\n`)
    else process.stderr.write(imported.reason.map(faultLine(file)).join(''))
    const faults = counted(imported.reason.length, 'fault')
    fail(`${faults}: nothing was imported`, 'correct them, or import the good lines only: --skip-bad')
  })

const HELP = `
The first line names the columns, in any order: ${IMPORT_COLUMNS.join(', ')}.
The first three are needed. Columns are separated by commas or by semicolons, roles within their field by commas,
semicolons or bars. The file is UTF-8. People without a password_hash get theirs by: portillon accounts set-password`

/** `portillon accounts import`. */
export const registerImport = (command: (usage: string, description: string) => Command): void => {
  command('import <file>', 'add the people of a CSV file: all of them, or none when a line is wrong')
    .option('--skip-bad', 'add the good lines and leave out the others', false)
    .addHelpText('after', HELP)
    .action(importFile)
}
