import { canonicalText, chainHash, type AuditRecord } from './canonical.ts'
import type { Head } from './chain.ts'
import type { SealCheck } from './seal.ts'

/** An event in its place, as it was read from the table or from an export. */
export interface Link {
  readonly seq: number
  readonly record: AuditRecord
  readonly hash: string
  readonly seal: string
}

export type FlawKind =
  /** Events before this one are not there. */
  | 'removed'
  /** What it says is not what was written, or it stood elsewhere, or was put in. */
  | 'changed'
  /** Its hash was computed anew by somebody without a key of the gate. */
  | 'unsealed'
  /** When the gate wrote it, the end of the chain had been written by somebody else. */
  | 'noticed'
  /** A log of then says another hash. */
  | 'other-than-logged'
  /** Events after this one, the last, are not there. */
  | 'cut-off'
  /** Events after what the chain calls its last. */
  | 'surplus'
  /** The chain's own note of where it begins and ends is not the gate's. */
  | 'ends-unsealed'
  /** What an export says of itself was not said by the gate. */
  | 'statement-unsealed'
  /** No purge explains why the chain begins there. */
  | 'beginning-unexplained'

export interface Flaw {
  readonly kind: FlawKind
  readonly seq: number
  readonly record?: AuditRecord
}

/** What is written when the beginning of a chain is purged; read again when the beginning has to be explained. */
export const purgeDetail = (first: number, last: number, before: string, hash: string): string =>
  `events ${first} to ${last}, older than ${before}; hash of the last: ${hash}`

const purgedOf = ({ event, detail = '' }: AuditRecord): Head | undefined => {
  const said = event === 'audit.purged' ? /^events \d+ to (\d+), .*: ([\w-]{43})$/.exec(detail) : null
  return said === null ? undefined : { seq: Number(said[1]), hash: said[2] ?? '' }
}

const isNotice = ({ event, detail = '' }: AuditRecord): boolean =>
  event === 'audit.broken' && detail.startsWith('when writing')

/** Broken places that are told one by one. */
const TOLD = 20

export interface ChainCheck {
  take(link: Link): void
  /** A flaw that is not one of a single event. */
  add(flaw: Flaw): void
  readonly count: number
  readonly flaws: readonly Flaw[]
  readonly flawCount: number
  readonly first: Link | undefined
  readonly last: Link | undefined
  /** The last event of all that a purge took away, as the latest purge says. */
  readonly purged: Head | undefined
}

export interface ChainCheckParts {
  /** The event before the first one; without it the first hash cannot be computed, only its seal be looked at. */
  readonly after: Head | undefined
  /** Null where no key is at hand: an export in other hands. */
  readonly seals: SealCheck | null
  /** What logs of then say, by place. */
  readonly logged: ReadonlyMap<number, string>
}

/** Goes along a chain, event after event, and remembers only where it is and the first places at which it is broken. */
export const createChainCheck = ({ after, seals, logged }: ChainCheckParts): ChainCheck => {
  const flaws: Flaw[] = []
  let flawCount = 0
  let previous = after
  let count = 0
  let first: Link | undefined
  let last: Link | undefined
  let purged: Head | undefined

  const add = (flaw: Flaw): void => {
    flawCount += 1
    if (flaws.length < TOLD) flaws.push(flaw)
  }

  /** Behind a gap the hash before is not known: the seal alone speaks for that event. */
  const kindOf = ({ seq, record, hash, seal }: Link, before: Head | undefined): FlawKind | undefined => {
    if (before !== undefined && chainHash(before.hash, canonicalText(seq, record)) !== hash) return 'changed'
    if (seals !== null && !seals.ofEvent(hash, seal)) return 'unsealed'
    if (isNotice(record)) return 'noticed'
    const said = logged.get(seq)
    return said === undefined || said === hash ? undefined : 'other-than-logged'
  }

  return {
    take: (link) => {
      const { seq, record, hash } = link
      const hasGap = previous !== undefined && seq !== previous.seq + 1
      if (hasGap) add({ kind: 'removed', seq, record })
      const kind = kindOf(link, hasGap ? undefined : previous)
      if (kind !== undefined) add({ kind, seq, record })
      previous = { seq, hash }
      purged = purgedOf(record) ?? purged
      count += 1
      first ??= link
      last = link
    },
    add,
    flaws,
    get count() {
      return count
    },
    get flawCount() {
      return flawCount
    },
    get first() {
      return first
    },
    get last() {
      return last
    },
    get purged() {
      return purged
    },
  }
}
