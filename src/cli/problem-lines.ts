import type { Problem } from '../lib/settings/problem.ts'
import { createPaint, type Terminal } from './terminal.ts'

const placeOf = ({ file, line, column }: Problem): string => (line === 0 ? file : `${file}:${line}:${column}`)

/** `ways[0].until = 2026-11-30`, or `legal is missing`. */
const settingOf = ({ path, value }: Problem): string => {
  if (path === '') return ''
  return value === undefined ? `${path} — ` : `${path} = ${value} — `
}

/**
 * One line a problem: `file:line:column  severity  setting = value — what is allowed; what to do`. Places and severities
 * stand in columns, so that many lines can be read downwards.
 */
export const formatProblems = (problems: readonly Problem[], terminal: Terminal): string => {
  const paint = createPaint(terminal)
  const width = Math.max(0, ...problems.map((problem) => placeOf(problem).length))
  return problems
    .map((problem) => {
      const severity = paint(problem.severity === 'error' ? 'red' : 'yellow', problem.severity.padEnd(7))
      const setting = paint('bold', settingOf(problem))
      return `${placeOf(problem).padEnd(width)}  ${severity}  ${setting}${problem.expected}; ${paint('dim', problem.remedy)}\n`
    })
    .join('')
}

/** `1 error`, `3 warnings`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
