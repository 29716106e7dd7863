import type { Problem } from '../lib/settings/problem.ts'
import { counted, formatProblems } from './problem-lines.ts'
import { processTerminal } from './terminal.ts'

/** Says what is wrong and what to do next on standard error; the command then ends with status 1. */
export const fail = (what: string, next: string): void => {
  process.stderr.write(`portillon: ${what}\n           ${next}\n`)
  process.exitCode = 1
}

/** The same for a settings file with faults. */
export const failWithProblems = (problems: readonly Problem[]): void => {
  const errors = problems.filter(({ severity }) => severity === 'error')
  process.stderr.write(formatProblems(errors, processTerminal))
  fail(`${counted(errors.length, 'error')} in the settings`, 'correct them, then try: portillon check FILE')
}
