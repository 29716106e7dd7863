import { createAddressList, isInList } from '../lib/address.ts'
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

/** The ways of a site at one moment and for one place, each list in the order of the file. */
export interface WaysNow {
  readonly open: readonly Way[]
  /** Not yet, or no longer: the sign-in page says so. */
  readonly closed: readonly Way[]
  /** Closed for less than their `grace`: their proof still serves to put another method in their place (G8). */
  readonly inGrace: readonly Way[]
  /** Of the open ones, those whose end is near enough to be spoken of. */
  readonly ending: readonly Way[]
}

const timesOf = (way: Way) => ({
  way,
  times: openingTimes(way),
  graceEndsAt: way.until === undefined ? Infinity : startOfDay(addDays(way.until, 1 + way.grace)),
  noticeFrom: way.until === undefined ? Infinity : startOfDay(addDays(way.until, -way.notice)),
  networks: way.networks === undefined ? undefined : createAddressList(way.networks),
})

/**
 * Makes the reader of a site's ways. A way limited to networks does not exist for a visitor from elsewhere, nor for one
 * whose address is not known: nothing tells a stranger from where it would be open.
 */
export const createWays = (ways: readonly Way[]): ((now: number, address: string | undefined) => WaysNow) => {
  const all = ways.map(timesOf)
  return (now, address) => {
    const here = all.filter(
      ({ networks }) => networks === undefined || (address !== undefined && isInList(networks, address)),
    )
    const open = here.filter(({ times }) => isOpen(times, now))
    const closed = here.filter(({ times }) => !isOpen(times, now))
    const waysOf = (list: typeof here): readonly Way[] => list.map(({ way }) => way)
    return {
      open: waysOf(open),
      closed: waysOf(closed),
      inGrace: waysOf(closed.filter(({ times, graceEndsAt }) => now >= times.closesAt && now < graceEndsAt)),
      ending: waysOf(open.filter(({ noticeFrom }) => now >= noticeFrom)),
    }
  }
}

/** Whether an account with these roles may use the way. */
export const isForRoles = (way: Pick<Way, 'roles'>, roles: readonly string[]): boolean =>
  way.roles === undefined || way.roles.some((role) => roles.includes(role))
