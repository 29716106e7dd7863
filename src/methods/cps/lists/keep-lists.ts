import { X509Certificate } from 'node:crypto'
import type { CardSettings } from '../../../config/instance.ts'
import { commonNameOf } from '../../../lib/certificate-file.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import type { HeldList } from './list.ts'
import { createWatchedList, type ListState, type WatchedList } from './watched-list.ts'

export type { ListState } from './watched-list.ts'

export interface CardListsParts {
  readonly settings: CardSettings | undefined
  readonly clock: Clock
  readonly log: Log
}

/** The lists of revoked cards of an instance, kept by one process for all of it. */
export interface CardLists {
  /** Reads what is kept from before, then begins to fetch, which it does not wait for. */
  start(): Promise<void>
  /** What is in force. */
  current(): readonly HeldList[]
  /** Tells of every change; the last one who asked is told. */
  watch(told: (lists: readonly HeldList[]) => void): void
  states(): readonly ListState[]
  /** Whether the instance may count as ready. */
  isReady(): boolean
  /** Fetches all now. */
  refresh(): Promise<void>
  /** Other settings: what they leave as it is stays. */
  renew(settings: CardSettings | undefined): Promise<void>
  close(): void
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** What a list depends on: with all of it as before, it need not be fetched again. */
const groundsOf = (
  { authorities, folder, refresh, timeout, lists, 'largest-list': largest }: CardSettings,
  name: string,
) => [
  authorities.map((der) => Buffer.from(der).toString('base64')),
  ...[folder, refresh, timeout, largest, lists[name]],
]

export const createCardLists = ({ settings: first, clock, log }: CardListsParts): CardLists => {
  let settings = first
  let watched: ReadonlyMap<string, WatchedList> = new Map()
  let told: (lists: readonly HeldList[]) => void = () => undefined

  let inForce: readonly HeldList[] = []

  const put = (): void => {
    inForce = [...watched.values()].flatMap((each) => each.held() ?? [])
    told(inForce)
  }
  const open = (name: string, given: CardSettings): WatchedList => {
    const authorities = given.authorities.filter(
      (der) => commonNameOf(new X509Certificate(der)) === given.lists[name]?.of,
    )
    return createWatchedList({ name, settings: given, authorities, onChange: put, clock, log })
  }
  const refresh = async (lists: readonly WatchedList[]): Promise<void> => {
    await Promise.all(lists.map((each) => each.refresh()))
  }
  const begin = async (lists: readonly WatchedList[]): Promise<void> => {
    await Promise.all(lists.map((each) => each.recall()))
    void refresh(lists)
  }

  return {
    start: async () => {
      const given = settings
      if (given === undefined) return
      watched = new Map(Object.keys(given.lists).map((name) => [name, open(name, given)]))
      await begin([...watched.values()])
    },
    current: () => inForce,
    watch: (next) => {
      told = next
    },
    states: () => [...watched.values()].map((each) => each.state()),
    isReady: () =>
      settings?.['needed-to-be-ready'] !== true ||
      [...watched.values()].every((each) => each.state().state === 'fresh'),
    refresh: () => refresh([...watched.values()]),
    renew: async (next) => {
      const [before, held] = [settings, watched]
      settings = next
      const stays = (name: string): boolean =>
        before !== undefined && next !== undefined && isSame(groundsOf(before, name), groundsOf(next, name))
      watched = new Map(
        Object.keys(next?.lists ?? {}).flatMap((name) => {
          const kept = stays(name) ? held.get(name) : undefined
          return next === undefined ? [] : [[name, kept ?? open(name, next)] as const]
        }),
      )
      for (const each of held.values()) if (![...watched.values()].includes(each)) each.close()
      await begin([...watched.values()].filter((each) => ![...held.values()].includes(each)))
      put()
    },
    close: () => {
      for (const each of watched.values()) each.close()
    },
  }
}
