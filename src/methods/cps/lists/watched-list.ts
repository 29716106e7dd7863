import type { CardSettings } from '../../../config/instance.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import { fits, freshUntil, sizeOf, type HeldList } from './list.ts'
import { createPublishedList, type PublishedList } from './published-list.ts'

/** How a list stands, for `/readyz` and the figures. */
export interface ListState {
  readonly name: string
  readonly state: 'fresh' | 'stale' | 'missing'
  /** Seconds since the epoch at which it is past its end; 0 without one. */
  readonly until: number
  readonly issued: number
  readonly entries: number
  readonly bytes: number
  /** Refreshes since the start that failed. */
  readonly failures: number
}

export interface WatchedListParts {
  readonly name: string
  readonly settings: CardSettings
  /** Certificates of its authority, in DER. */
  readonly authorities: readonly Uint8Array[]
  /** Told whenever another list is in force. */
  readonly onChange: () => void
  readonly clock: Clock
  readonly log: Log
}

/** A list of one authority that is kept up to date, with its delta. */
export interface WatchedList {
  held(): HeldList | null
  state(): ListState
  recall(): Promise<void>
  refresh(): Promise<void>
  close(): void
}

/** The first pause after a failure, doubled each time up to the usual one. */
const FIRST_RETRY = 15_000

/** After the end of a list the next one may be a moment late. */
const SOON = 60_000

const sourceOf = (url: string | undefined, file: string | undefined) =>
  url === undefined ? { file: file ?? '' } : { url }

const publishedLists = ({ name, settings, authorities, clock }: WatchedListParts, signal: AbortSignal) => {
  const { folder, timeout, 'largest-list': largest, lists } = settings
  const given = lists[name]
  const shared = { authorities, folder, limits: { timeout, largest, signal }, now: () => clock.now() }
  const hasDelta = given?.['delta-url'] !== undefined || given?.['delta-file'] !== undefined
  return {
    complete: createPublishedList({ ...shared, name, isDelta: false, from: sourceOf(given?.url, given?.file) }),
    delta: hasDelta
      ? createPublishedList({
          ...shared,
          name: `${name}.delta`,
          isDelta: true,
          from: sourceOf(given['delta-url'], given['delta-file']),
        })
      : null,
  }
}

const joinHalves = (name: string, complete: PublishedList, delta: PublishedList | null): HeldList | null => {
  const [base, change] = [complete.held(), delta?.held() ?? null]
  if (base === null) return null
  const isLaid = change !== null && change.authority === base.authority && fits(change.list, base.list)
  return { authority: base.authority, name, complete: base.list, delta: isLaid ? change.list : null }
}

const stateOf = (name: string, held: HeldList | null, now: number, failures: number): ListState => {
  if (held === null) return { name, state: 'missing', until: 0, issued: 0, entries: 0, bytes: 0, failures }
  const until = freshUntil(held)
  const issued = Math.max(held.complete.thisUpdate, held.delta?.thisUpdate ?? 0)
  return {
    ...{ name, state: now <= until ? 'fresh' : 'stale', failures },
    ...{ until: until / 1_000, issued: issued / 1_000, ...sizeOf(held) },
  }
}

export const createWatchedList = (parts: WatchedListParts): WatchedList => {
  const { name, settings, onChange, clock, log } = parts
  const ended = new AbortController()
  const { complete, delta } = publishedLists(parts, ended.signal)
  const halves = delta === null ? [complete] : [complete, delta]
  let held: HeldList | null = null
  let failures = 0
  let inARow = 0
  let timer: NodeJS.Timeout | undefined

  const put = (): void => {
    held = joinHalves(name, complete, delta)
    if (held === null) return
    const { entries, state, until } = stateOf(name, held, clock.now(), failures)
    const number = String(held.delta?.number ?? held.complete.number)
    const line = { list: name, number, entries, until: new Date(until * 1_000).toISOString() }
    if (state === 'fresh') log.info(line, 'a list of revoked cards is in force')
    else log.warn(line, 'a list of revoked cards is in force that is past its end')
    onChange()
  }
  const keep = async (half: PublishedList): Promise<void> => {
    try {
      await half.keep()
    } catch (thrown) {
      log.warn({ list: name, err: thrown }, 'a list of revoked cards cannot be kept for the next start')
    }
  }
  const tell = (cause: string): void => {
    failures += 1
    const { state } = stateOf(name, held, clock.now(), failures)
    const line = { list: name, cause, state, failures }
    if (state === 'fresh') log.warn(line, 'a list of revoked cards is not renewed')
    else log.error(line, 'a list of revoked cards is not renewed, and cards are refused or soon will be')
  }
  const refreshAll = async (): Promise<void> => {
    let isNew = false
    let hasFailed = false
    for (const half of halves) {
      const refreshed = await half.refresh()
      if (ended.signal.aborted) return
      if (!refreshed.ok) tell(refreshed.reason)
      else if (refreshed.value === 'new') await keep(half)
      hasFailed ||= !refreshed.ok
      isNew ||= refreshed.ok && refreshed.value === 'new'
    }
    inARow = hasFailed ? inARow + 1 : 0
    if (!hasFailed && !isNew && held !== null && freshUntil(held) < clock.now()) tell('its source has no newer one')
    if (isNew) put()
  }
  const pause = (): number => {
    const { refresh } = settings
    if (inARow > 0) return Math.min(refresh, FIRST_RETRY * 2 ** Math.min(inARow - 1, 16))
    const left = held === null ? refresh : freshUntil(held) - clock.now()
    return Math.min(refresh, Math.max(SOON, left + 1_000))
  }
  let running: Promise<void> | null = null
  const refresh = (): Promise<void> => {
    running ??= refreshAll().finally(() => {
      running = null
      clearTimeout(timer)
      if (!ended.signal.aborted) timer = setTimeout(() => void refresh(), pause()).unref()
    })
    return running
  }

  return {
    held: () => held,
    state: () => stateOf(name, held, clock.now(), failures),
    recall: async () => {
      await Promise.all(halves.map((half) => half.recall()))
      put()
    },
    refresh,
    close: () => {
      ended.abort()
      clearTimeout(timer)
    },
  }
}
