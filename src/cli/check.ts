import { relative } from 'node:path'
import type { Command } from 'commander'
import { systemClock } from '../lib/clock.ts'
import { isError, type Problem } from '../lib/settings/problem.ts'
import { checkFile, hasError, type CheckedFile } from './check-file.ts'
import { counted, formatProblems } from './problem-lines.ts'
import { createPaint, processTerminal, type Terminal } from './terminal.ts'

/** As one would type it from here. */
const shortName = (file: string): string => {
  const name = relative('', file)
  return name === '' || name.startsWith('..') ? file : name
}

/** Problems of all files, each once: an instance and a site file named beside it tell the same of the site. */
const problemsOf = (checked: readonly CheckedFile[]): Problem[] => {
  const all = checked.flatMap(({ problems }) => problems).map((each) => ({ ...each, file: shortName(each.file) }))
  return [...new Map(all.map((problem) => [JSON.stringify(problem), problem])).values()]
}

const countCases = (checked: readonly CheckedFile[]): number => {
  const counts = new Map(checked.flatMap(({ cases }) => cases.map(({ file, count }) => [file, count])))
  return [...counts.values()].reduce((sum, count) => sum + count, 0)
}

const nextStep = (checked: readonly CheckedFile[], errors: number): string => {
  if (errors > 0) return 'Nothing starts with an error: correct the lines above and check again.'
  const instance = checked.find(({ kind }) => kind === 'instance')
  if (instance !== undefined) return `Ready: portillon serve --config ${instance.file}`
  return 'Ready: name them in `sites` of the instance file and check that.'
}

const summarize = (checked: readonly CheckedFile[], terminal: Terminal): string => {
  const paint = createPaint(terminal)
  const problems = problemsOf(checked)
  const errors = problems.filter(isError).length
  const warnings = problems.length - errors
  const cases = counted(countCases(checked), 'case')
  const counts = [counted(errors, 'error'), counted(warnings, 'warning'), `${cases} run`].join(', ')
  return `${paint(errors > 0 ? 'red' : 'green', `${counted(checked.length, 'file')}: ${counts}.`)} ${nextStep(checked, errors)}\n`
}

/** `portillon check FILE…`: status 1 when there is an error, 0 otherwise. */
export const registerCheck = (program: Command, terminal: Terminal = processTerminal): void => {
  program
    .command('check')
    .description(
      'check site and instance files: every fault at once, with place, value, what is allowed and the remedy',
    )
    .argument('<files...>', 'site files and instance files')
    .option('--json', 'one JSON document instead of text')
    .action((files: string[], options: { json?: boolean }) => {
      const checked = files.map((file) => checkFile(file, { now: systemClock.now(), environment: process.env }))
      const problems = problemsOf(checked)
      const isFaulty = checked.some(hasError)
      const report = checked.map((each) => ({
        file: each.file,
        kind: each.kind,
        sites: each.sites,
        cases: countCases([each]),
      }))
      terminal.write(
        options.json === true
          ? `${JSON.stringify({ ok: !isFaulty, files: report, problems })}\n`
          : `${formatProblems(problems, terminal)}${summarize(checked, terminal)}`,
      )
      terminal.setExitCode(isFaulty ? 1 : 0)
    })
}
