import type { AuditTable } from '../database/tables.ts'
import type { Random } from '../lib/random.ts'
import { EVENTS, type AuditEvent } from './events.ts'
import { oneLine } from './one-line.ts'

/** An event as it will stand in the table, before it has its place in the chain. */
export type AuditEntry = Omit<AuditTable, 'seq' | 'hash' | 'seal'>

/** Makes the entry of what happened at a moment. */
export type NewEntry = (at: number, event: AuditEvent) => AuditEntry

/** In the order of writing: time, then this process, then its count, so that a repeated write is recognised. */
const createIds = (random: Random): ((at: number) => string) => {
  const process = random.token(9)
  let last = 0
  let count = 0
  return (at) => {
    // A clock that is set back must not shuffle what this process says.
    last = Math.max(last, at)
    count += 1
    return `${last.toString(16).padStart(12, '0')}-${process}-${count.toString(16).padStart(8, '0')}`
  }
}

export const createEntries = (random: Random): NewEntry => {
  const nextId = createIds(random)
  const field = (value = ''): string | null => (value === '' ? null : oneLine(value))
  return (at, event) => ({
    id: nextId(at),
    at,
    event: event.event,
    result: EVENTS[event.event].result,
    site: field(event.site),
    account: field(event.account),
    login: field(event.login),
    actor: field(event.actor),
    way: field(event.way),
    method: field(event.method),
    address: field(event.address),
    session: field(event.session),
    detail: field(event.detail),
    reference: field(event.reference),
    times: event.times ?? null,
  })
}
