import type { Problem } from '../lib/settings/problem.ts'

/** Says what is wrong and what to do next on standard error; the command then ends with status 1. */
export const fail = (what: string, next: string): void => {
  process.stderr.write(`portillon: ${what}\n           ${next}\n`)
  process.exitCode = 1
}

/** The same for a settings file with faults. */
export const failWithProblems = (problems: readonly Problem[]): void => {
  for (const { file, line, path, expected, remedy } of problems) {
    process.stderr.write(`${file}:${line}  ${path}: ${expected}; ${remedy}\n`)
  }
  process.exitCode = 1
}
