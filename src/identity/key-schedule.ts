/**
 * When keys sign and when they are only believed, worked out from the times in the files alone. Nothing is agreed upon
 * between nodes: two nodes that read the same files, whenever they were started, come to the same answer.
 */
export interface Dated {
  /** Rises by one with each new key of a kind; the later one takes over. */
  readonly generation: number
  /** Milliseconds since the epoch. */
  readonly signsFrom: number
}

export interface Overlap {
  /** How long a new key is known to everybody before it signs. */
  readonly lead: number
  /** How long a key is still believed after it has stopped signing. */
  readonly kept: number
}

export const KEY_STATES = ['next', 'signing', 'kept', 'retired'] as const
export type KeyState = (typeof KEY_STATES)[number]

export interface Scheduled<Key extends Dated> {
  readonly key: Key
  readonly state: KeyState
  /** When it stops being believed; null while no later key is there, and for kinds that are kept for ever. */
  readonly retiresAt: number | null
}

export interface Schedule<Key extends Dated> {
  /** Latest generation first. */
  readonly all: readonly Scheduled<Key>[]
  readonly signing: Key | undefined
  /** Every key whose signature is believed, the signing one first. */
  readonly believed: readonly Key[]
  /** Until when this answer holds, if no file changes. */
  readonly holdsUntil: number
}

/**
 * The latest key whose time has come signs. When no time has come (a clock set back, the signing key taken away by hand) the
 * earliest key signs: there is always one.
 */
export const scheduleOf = <Key extends Dated>(keys: readonly Key[], overlap: Overlap, now: number): Schedule<Key> => {
  const latestFirst = [...keys].sort((a, b) => b.generation - a.generation)
  const signing = latestFirst.find((key) => key.signsFrom <= now) ?? latestFirst.at(-1)

  let stopsAt = Infinity
  const all = latestFirst.map((key): Scheduled<Key> => {
    const end = stopsAt + overlap.kept
    stopsAt = Math.min(stopsAt, key.signsFrom)
    const isLater = signing !== undefined && key.generation > signing.generation
    const state = key === signing ? 'signing' : isLater ? 'next' : now < end ? 'kept' : 'retired'
    return { key, state, retiresAt: Number.isFinite(end) ? end : null }
  })

  const times = all.flatMap(({ key, retiresAt }) => [key.signsFrom, retiresAt ?? Infinity]).filter((time) => time > now)
  const others = all.filter(({ state }) => state === 'next' || state === 'kept').map(({ key }) => key)
  return {
    all,
    signing,
    believed: signing === undefined ? [] : [signing, ...others],
    holdsUntil: Math.min(Infinity, ...times),
  }
}
