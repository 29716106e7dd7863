import type { JSONWebKeySet } from 'jose'
import type { Algorithm, KeyKind } from './key-file.ts'
import { deriveKey } from './key-material.ts'
import { scheduleOf, type Dated, type KeyState, type Overlap, type Schedule } from './key-schedule.ts'
import type { KeySet, StoredAssertionKey, StoredSecret } from './key-store.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/**
 * When a new key takes over, and how long the one before outlives its last signature.
 * - assertion: every reader of jwks.json has fetched the new one by then; assertions and their readers' caches end in minutes
 * - cookie: processes take the list when they start, so that there is a day to restart them all; a cookie lasts as long as a
 *   session at most
 * - general: running processes take it up at once; what it protects has no end that is known here
 */
export const OVERLAPS: Readonly<Record<KeyKind, Overlap>> = {
  assertion: { lead: 10 * MINUTE, kept: 60 * MINUTE },
  cookie: { lead: DAY, kept: 7 * DAY },
  general: { lead: 10 * MINUTE, kept: Infinity },
}

/** What may be said of a key; nothing secret. Times are milliseconds since the epoch. */
export interface KeyInfo {
  readonly kind: KeyKind
  readonly generation: number
  readonly file: string
  /** Thumbprint of an assertion key, null for a secret. */
  readonly kid: string | null
  readonly algorithm: Algorithm | null
  readonly state: KeyState
  readonly created: number
  readonly signsFrom: number
  /** When it stops being believed; null while no later key has been made. */
  readonly retiresAt: number | null
}

/** One reading of the folder, asked at different moments. */
export interface KeyView {
  assertion(now: number): Schedule<StoredAssertionKey>
  publicJwks(now: number): JSONWebKeySet
  cookieSecrets(now: number): readonly string[]
  derived(purpose: string, now: number): readonly Buffer[]
  list(now: number): KeyInfo[]
}

/** Keeps the answer to "which keys now" until the hour changes it: the data path asks at every request. */
const scheduled = <Key extends Dated>(keys: readonly Key[], overlap: Overlap) => {
  let known: Schedule<Key> | undefined
  let since = 0
  return (now: number): Schedule<Key> => {
    if (known === undefined || now >= known.holdsUntil || now < since) {
      known = scheduleOf(keys, overlap, now)
      since = now
    }
    return known
  }
}

/** Computes once for each schedule and purpose. */
const oncePer = <Key extends object, Value>(compute: (key: Key, purpose: string) => Value) => {
  const known = new WeakMap<Key, Map<string, Value>>()
  return (key: Key, purpose = ''): Value => {
    const values = known.get(key) ?? new Map<string, Value>()
    known.set(key, values)
    const value = values.get(purpose) ?? compute(key, purpose)
    values.set(purpose, value)
    return value
  }
}

const infoOf = (kind: KeyKind, { all }: Schedule<StoredAssertionKey | StoredSecret>): KeyInfo[] =>
  all.map(({ key, state, retiresAt }) => {
    const { generation, file, created, signsFrom } = key
    const { kid, algorithm } = 'kid' in key ? key : { kid: null, algorithm: null }
    return { kind, generation, file, kid, algorithm, state, created, signsFrom, retiresAt }
  })

export const viewOf = (set: KeySet): KeyView => {
  const assertion = scheduled(set.assertion, OVERLAPS.assertion)
  const cookie = scheduled(set.cookie, OVERLAPS.cookie)
  const general = scheduled(set.general, OVERLAPS.general)
  const jwks = oncePer(({ believed }: Schedule<StoredAssertionKey>) => ({
    keys: believed.map(({ publicJwk }) => publicJwk),
  }))
  const secrets = oncePer(({ believed }: Schedule<StoredSecret>) => believed.map(({ secret }) => secret))
  const derived = oncePer(({ believed }: Schedule<StoredSecret>, purpose) =>
    believed.map(({ secret }) => deriveKey(secret, purpose)),
  )
  return {
    assertion,
    publicJwks: (now) => jwks(assertion(now)),
    cookieSecrets: (now) => secrets(cookie(now)),
    derived: (purpose, now) => derived(general(now), purpose),
    list: (now) => [
      ...infoOf('assertion', assertion(now)),
      ...infoOf('cookie', cookie(now)),
      ...infoOf('general', general(now)),
    ],
  }
}
