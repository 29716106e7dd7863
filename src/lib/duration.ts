const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** How durations are written in configuration and policy files: a whole number and one unit. */
export const DURATION_PATTERN = /^(\d{1,6})(ms|s|m|h|d)$/

/** Milliseconds of `30s`, `10m`, `2h`, `7d`, `500ms`; `undefined` when the text is not a duration. */
export const parseDuration = (text: string): number | undefined => {
  const match = DURATION_PATTERN.exec(text)
  if (match === null) return undefined
  return Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]
}

/** The shortest spelling of a number of milliseconds: `600000` gives `10m`. */
export const formatDuration = (milliseconds: number): string => {
  const fitting = (['d', 'h', 'm', 's'] as const).find((unit) => milliseconds % UNITS[unit] === 0)
  return fitting === undefined ? `${milliseconds}ms` : `${milliseconds / UNITS[fitting]}${fitting}`
}
