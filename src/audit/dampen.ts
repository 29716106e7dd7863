import { addressBlock } from '../lib/address.ts'
import { EVENTS, type AuditEvent } from './events.ts'

export interface DamperOptions {
  /** How many alike are told one by one within a while. */
  readonly free?: number
  /** The while, milliseconds. */
  readonly every?: number
  /** How many kinds are told apart within a while; beyond it, only events of different names and sites are. */
  readonly kinds?: number
}

export interface Damper {
  /** Whether to record it now; what is held back is told together later. */
  admit(event: AuditEvent): boolean
  /** Tells now what was held back. */
  close(): void
}

interface Alike {
  count: number
  latest: AuditEvent
}

/**
 * What anybody on the internet can cause as often as they like must not fill the trail: of events that are alike the first
 * ten in a minute are recorded one by one, the others as one, at the end of that minute, with their number. Alike is:
 * name, site, account, place and detail. The log has a line for each.
 * @param record takes an event that stands for several
 */
export const createDamper = (
  record: (event: AuditEvent) => void,
  { free = 10, every = 60_000, kinds = 500 }: DamperOptions = {},
): Damper => {
  const seen = new Map<string, Alike>()
  let timer: NodeJS.Timeout | undefined

  const tellTogether = (): void => {
    clearTimeout(timer)
    timer = undefined
    const all = [...seen.values()]
    seen.clear()
    for (const { count, latest } of all) if (count > free) record({ ...latest, times: count - free })
  }

  const alikeTo = (event: AuditEvent): Alike => {
    const { event: name, site, account, address, detail } = event
    const common = [name, site]
    const exact = JSON.stringify([...common, account, addressBlock(address), detail])
    const key = seen.has(exact) || seen.size < kinds ? exact : JSON.stringify(common)
    const alike = seen.get(key) ?? { count: 0, latest: event }
    seen.set(key, alike)
    return alike
  }

  return {
    admit: (event) => {
      if (!('isFlood' in EVENTS[event.event])) return true
      const alike = alikeTo(event)
      alike.count += 1
      alike.latest = event
      // The process may end before the minute does: closing tells what is left.
      timer ??= setTimeout(tellTogether, every).unref()
      return alike.count <= free
    },
    close: tellTogether,
  }
}
