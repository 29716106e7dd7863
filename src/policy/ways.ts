import { addDays, startOfDay } from '../lib/calendar.ts'
import type { Way } from './schema.ts'

/** When a way is open: from the first moment of `from` to the last of `until`, both days included, in Paris. */
export interface OpeningTimes {
  readonly opensAt: number
  /** The first moment at which the way is closed. */
  readonly closesAt: number
}

export const openingTimes = (way: Pick<Way, 'from' | 'until'>): OpeningTimes => ({
  opensAt: way.from === undefined ? -Infinity : startOfDay(way.from),
  closesAt: way.until === undefined ? Infinity : startOfDay(addDays(way.until, 1)),
})

export const isOpen = ({ opensAt, closesAt }: OpeningTimes, now: number): boolean => now >= opensAt && now < closesAt
