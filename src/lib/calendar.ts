/**
 * Days as people in France read them in a policy file: `YYYY-MM-DD`, from midnight to midnight in Paris. Days compare as
 * texts. Moments are milliseconds since the epoch and always passed in.
 */

const PARIS = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'Europe/Paris',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
})

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** No day begins within it: zones differ by multiples of it. */
const QUARTER = 900_000

let latest = { quarter: Number.NaN, day: '' }

/** The day in Paris at that moment. Formatting one costs more than the rest of a question that asks for today. */
export const calendarDay = (now: number): string => {
  const quarter = Math.floor(now / QUARTER)
  if (quarter !== latest.quarter) latest = { quarter, day: PARIS.format(quarter * QUARTER) }
  return latest.day
}

const midnightUtc = (day: string): number => Date.parse(`${day}T00:00:00Z`)

/** The day that comes `count` days after `day` (before, when negative). */
export const addDays = (day: string, count: number): string =>
  new Date(midnightUtc(day) + count * DAY).toISOString().slice(0, 10)

/** The first moment of a day in Paris, which is one hour ahead of UTC in winter and two in summer. */
export const startOfDay = (day: string): number => {
  const summer = midnightUtc(day) - 2 * HOUR
  return calendarDay(summer) === day ? summer : summer + HOUR
}

/** The same day so many months later (before, when negative); the last day of that month where it has no such day. */
export const addMonths = (day: string, count: number): string => {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number)
  const last = new Date(Date.UTC(year, month + count, 0)).getUTCDate()
  return new Date(Date.UTC(year, month - 1 + count, Math.min(date, last))).toISOString().slice(0, 10)
}
