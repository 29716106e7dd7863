import type { SessionRecord } from './record.ts'

/**
 * Milliseconds that a session has left at `now`, zero or less when it is over: until it has been idle for too long, and
 * never beyond its absolute limit, whatever happens (S-07, R29).
 * @param lastActivity when the person last did something; what a page does by itself does not count
 */
export const timeLeft = (record: Pick<SessionRecord, 'idle' | 'endsAt'>, lastActivity: number, now: number): number =>
  Math.floor(Math.min(lastActivity + record.idle, record.endsAt) - now)
