import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { countCalls, type CallCount } from '../audit/call-counts.ts'
import { inOffice, type OfficeOptions } from './account-office.ts'
import { actor } from './actor.ts'
import { periodOf, periodText, withPeriod, type PeriodOptions } from './audit-options.ts'
import { fail } from './failure.ts'
import { counted } from './problem-lines.ts'

interface ExportOptions extends OfficeOptions, PeriodOptions {
  readonly partner?: string
  readonly out?: string
}

const HEAD = 'site;partner;finess;name;day;result;calls'

/** What a spreadsheet would compute begins with an apostrophe; a separator or a quote stands in quotes. */
const cell = (text: string): string => {
  const plain = /^[=+\-@\t\r]/.test(text) && text !== '-' ? `'${text}` : text
  return /[";\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}

const exportCalls = (options: ExportOptions): Promise<void> =>
  inOffice(options, async ({ sites, audit }) => {
    const { site, partner, out, json } = options
    const counts = await countCalls(audit.database.db, periodOf(options) ?? { since: 0, until: Infinity }, site)
    const chosen = counts.filter((count) => partner === undefined || count.partner === partner)
    const known = new Map(
      sites.flatMap((one) => one.site.partners.map((each) => [`${one.site.site} ${each.id}`, each] as const)),
    )
    const row = (count: CallCount): string => {
      const { finess = '', name = '' } = known.get(`${count.site} ${count.partner}`) ?? {}
      return [count.site, count.partner, finess, name, count.day, count.result, String(count.calls)].map(cell).join(';')
    }
    const text = json ? `${JSON.stringify(chosen)}\n` : `${[HEAD, ...chosen.map(row)].join('\r\n')}\r\n`
    if (out === undefined) process.stdout.write(text)
    else {
      try {
        writeFileSync(out, text, { flag: 'wx', mode: 0o600 })
      } catch (thrown) {
        fail((thrown as Error).message, 'nothing was exported; choose another name for --out')
        return
      }
    }
    audit.trail.record({ event: 'audit.exported', actor: actor(), detail: `calls, ${periodText(options)}, csv` })
    process.stderr.write(`${counted(chosen.length, 'line')} exported: numbers alone, no user and no patient.\n`)
  })

export const registerCallExport = (command: Command): void => {
  withPeriod(command, true)
    .option('--partner <id>', 'of this partner alone')
    .option('--out <file>', 'the file to write; standard output when it is left out')
    .action(exportCalls)
}
