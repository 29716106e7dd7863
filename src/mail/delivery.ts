import { setTimeout as pause } from 'node:timers/promises'
import { refuse, type Result } from '../lib/result.ts'
import type { Letter } from './letter.ts'
import type { DeliveryFailure, MailTransport } from './transport.ts'

export interface DeliveryOptions {
  readonly transport: MailTransport
  /** Waits between the tries, milliseconds; there is one more try than waits. */
  readonly backOff: readonly number[]
  /** What one mail may take over all its tries, milliseconds. */
  readonly limit: number
}

export interface Delivery {
  readonly tries: number
  readonly result: Result<void, DeliveryFailure>
}

const STOPPED: DeliveryFailure = { reason: 'stopped', mayRetry: false }
const OUT_OF_TIME: DeliveryFailure = { reason: 'timed-out', mayRetry: false }
const FAULT: DeliveryFailure = { reason: 'fault', mayRetry: false }

/**
 * Hands one letter to a transport, again where that can help: a 4xx answer, a connection that fails, a silent server.
 * The limit spans all tries, because a server that answers one byte at a time never stays silent for long (E-02).
 * @returns a function that never throws; `stop` gives the letter up
 */
export const createDelivery = ({ transport, backOff, limit }: DeliveryOptions) => {
  const tryOnce = (letter: Letter, signal: AbortSignal) =>
    transport.deliver(letter, signal).catch(() => refuse(FAULT) as Result<void, DeliveryFailure>)

  return async (letter: Letter, stop: AbortSignal): Promise<Delivery> => {
    if (stop.aborted) return { tries: 0, result: refuse(STOPPED) }
    const giveUp = new AbortController()
    let givenUp = OUT_OF_TIME
    const timer = setTimeout(() => giveUp.abort(), limit)
    const onStop = () => {
      givenUp = STOPPED
      giveUp.abort()
    }
    stop.addEventListener('abort', onStop, { once: true })
    try {
      let tries = 1
      let result = await tryOnce(letter, giveUp.signal)
      for (const wait of backOff) {
        if (result.ok || !result.reason.mayRetry) break
        await pause(wait, undefined, { signal: giveUp.signal }).catch(() => {})
        if (giveUp.signal.aborted) break
        tries += 1
        result = await tryOnce(letter, giveUp.signal)
      }
      if (!result.ok && giveUp.signal.aborted) result = refuse(givenUp)
      return { tries, result }
    } finally {
      clearTimeout(timer)
      stop.removeEventListener('abort', onStop)
    }
  }
}
