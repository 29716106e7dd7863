/** Where a setting stands in a file: keys and list positions from the top, `['ways', 0, 'methods']`. */
export type SettingPath = readonly (string | number)[]

/** What is wrong with a setting, before it is known where in which file it stands. */
export interface Finding {
  readonly severity: 'error' | 'warning'
  readonly path: SettingPath
  /** What is allowed, in words. */
  readonly expected: string
  /** What to do about it. */
  readonly remedy: string
}

/** A fault of a settings file, complete enough to be repaired without the manual. */
export interface Problem {
  readonly severity: 'error' | 'warning'
  /** The file, or the environment variable that the value came from. */
  readonly file: string
  /** From 1; 0 when the problem is with the whole file or with an environment variable. */
  readonly line: number
  readonly column: number
  /** As people write it: `ways[0].methods`; empty for the whole file. */
  readonly path: string
  /** As written, shortened; undefined when nothing is written there and for everything secret (G-06). */
  readonly value: string | undefined
  readonly expected: string
  readonly remedy: string
}

export const error = (path: SettingPath, expected: string, remedy: string): Finding => ({
  severity: 'error',
  path,
  expected,
  remedy,
})

export const warning = (path: SettingPath, expected: string, remedy: string): Finding => ({
  ...error(path, expected, remedy),
  severity: 'warning',
})

/** A problem with a file as a whole: it is not there, not readable, not text. */
export const fileProblem = (file: string, expected: string, remedy: string): Problem => ({
  severity: 'error',
  file,
  line: 0,
  column: 0,
  path: '',
  value: undefined,
  expected,
  remedy,
})

export const isError = ({ severity }: { readonly severity: Problem['severity'] }): boolean => severity === 'error'

export const formatPath = (path: SettingPath): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    return text === '' ? key : `${text}.${key}`
  }, '')

/** File by file, each in its own order, each problem once. */
export const inFileOrder = (problems: readonly Problem[]): Problem[] => {
  const seen = new Set<string>()
  const once = problems.filter((problem) => {
    const key = JSON.stringify([problem.file, problem.line, problem.path, problem.severity, problem.expected])
    return !seen.has(key) && seen.add(key)
  })
  const files = [...new Set(once.map(({ file }) => file))]
  return files.flatMap((name) =>
    once.filter(({ file }) => file === name).sort((a, b) => a.line - b.line || a.column - b.column),
  )
}
