import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import type { JwsAlgorithm } from './algorithms.ts'
import { parseKeySet, type KeySet, type VerifyKey } from './key-set.ts'

export type NoKey = 'key-unknown' | 'keys-unavailable'

/** Where the keys of one issuer come from. A name of a key means nothing outside of it (J-05, X-05). */
export interface KeySource {
  find(kid: string | undefined, algorithm: JwsAlgorithm): Promise<Result<readonly VerifyKey[], NoKey>>
}

/** Reads the text of a JWKS, or says in a few words why it could not. */
export type ReadKeys = () => Promise<Result<Uint8Array | string, string>>

export interface KeySourceTimes {
  /** After this time keys are read anew before they are used: a key that was withdrawn lives no longer. */
  readonly freshFor: number
  /** For this time nothing is read again, however many unknown names are asked for (J-08). */
  readonly coolDown: number
  /** How long keys that were read carry on while nothing can be read (J-09). */
  readonly staleFor: number
}

export interface KeySourceParts extends KeySourceTimes {
  readonly read: ReadKeys
  readonly clock: Clock
  readonly log: Log
  /** For the log: whose keys these are. */
  readonly name: string
}

/**
 * Keys that their owner may exchange while we run. One reading at a time serves all who wait for it. What cannot be read, or
 * is no JWKS, changes nothing: the keys of before carry on, and the log says so.
 */
export const createKeySource = (parts: KeySourceParts): KeySource => {
  const { clock, log, name, freshFor, coolDown, staleFor } = parts
  let held: { readonly keys: KeySet; readonly readAt: number } | null = null
  let triedAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | null = null

  const readOnce = async (): Promise<void> => {
    const text = await parts.read()
    const keys = text.ok ? parseKeySet(text.value) : text
    if (keys.ok) held = { keys: keys.value, readAt: clock.now() }
    else log.error({ issuer: name, reason: keys.reason, kept: held?.keys.kids.length ?? 0 }, 'keys could not be read')
  }

  const refresh = async (): Promise<void> => {
    if (reading === null && clock.now() - triedAt < coolDown) return
    if (reading === null) triedAt = clock.now()
    reading ??= readOnce().finally(() => (reading = null))
    await reading
  }

  const usable = (): KeySet | null => (held !== null && clock.now() - held.readAt < staleFor ? held.keys : null)

  return {
    find: async (kid, algorithm) => {
      if (held === null || clock.now() - held.readAt >= freshFor) await refresh()
      const known = (await usable()?.find(kid, algorithm)) ?? []
      if (known.length > 0) return accept(known)
      await refresh()
      const now = usable()
      if (now === null) return refuse('keys-unavailable')
      const found = await now.find(kid, algorithm)
      return found.length > 0 ? accept(found) : refuse('key-unknown')
    },
  }
}

/** Keys that never change while the process runs: a secret out of a settings file. */
export const fixedKeySource = (keys: KeySet): KeySource => ({
  find: async (kid, algorithm) => {
    const found = await keys.find(kid, algorithm)
    return found.length > 0 ? accept(found) : refuse('key-unknown')
  },
})
