import { z } from 'zod'
import { digest } from '../lib/digest.ts'
import { accept, refuse, type Result } from '../lib/result.ts'
import { keys } from '../store/keys.ts'
import {
  DISOWNABLE_KINDS,
  NOTICE_ACTORS,
  type DisownableKind,
  type Notice,
  type NoticeKind,
  type NoticeOrigin,
} from './notice.ts'
import type { NoticeParts } from './parts.ts'

/** 128 random bits. */
const TOKEN_BYTES = 16
export const NOT_ME_TOKEN = /^[A-Za-z0-9_-]{22}$/

const HOUR = 3_600_000
/** A long weekend: people read professional mail on working days. */
export const NOT_ME_LIFETIME = 72 * HOUR
/** How long after its end a link is still known, to say what became of it. */
const REMEMBERED_AFTER = 24 * HOUR

const recordSchema = z.object({
  site: z.string(),
  realm: z.string(),
  account: z.string(),
  kind: z.enum(DISOWNABLE_KINDS),
  /** The factor that was added. */
  factor: z.string().nullable(),
  at: z.number(),
  until: z.number(),
  address: z.string(),
  device: z.string(),
  by: z.enum(NOTICE_ACTORS),
})

/** What somebody may say that it was not them. */
export type Disownable = z.output<typeof recordSchema>

/** Why a link does nothing. */
export type NotMeRefusal = 'expired' | 'used' | 'unknown'

/** A link as it is mailed. */
export interface NotMeLink {
  readonly token: string
  readonly until: number
}

export interface NotMeLinks {
  /** Null where it would take nothing back. */
  issue(notice: Notice, origin: NoticeOrigin): Promise<NotMeLink | null>
  /** What it is about. Looks only: whatever opens links, a mail scanner too, changes nothing (R22). */
  open(site: string, token: string): Promise<Result<Disownable, NotMeRefusal>>
  /** Takes it away, once: among parallel callers on all nodes one gets true. */
  take(token: string): Promise<boolean>
  /** What could not be done now can be asked for again by the same link. */
  putBack(token: string, record: Disownable): Promise<void>
}

const isDisownable = (kind: NoticeKind): kind is DisownableKind =>
  (DISOWNABLE_KINDS as readonly NoticeKind[]).includes(kind)

const parse = (text: string): Disownable | null => {
  try {
    return recordSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}

export const createNotMeLinks = ({
  store,
  clock,
  random,
}: Pick<NoticeParts, 'store' | 'clock' | 'random'>): NotMeLinks => {
  const write = (token: string, record: Disownable): Promise<boolean> =>
    store.set(keys.notMe(digest(token)), JSON.stringify(record), NOT_ME_LIFETIME + REMEMBERED_AFTER, 'if-absent')
  return {
    issue: async ({ kind, account, factors = [] }, { at, visitor, by = 'person' }) => {
      const [added = null] = kind === 'factor-added' ? factors.map(({ id }) => id) : []
      // What the network registers, an address or a number, the link would leave where it is: the account would not be safe.
      if (!isDisownable(kind) || (kind === 'factor-added' && added === null)) return null
      const token = random.token(TOKEN_BYTES)
      const now = clock.now()
      const until = now + NOT_ME_LIFETIME
      await write(token, {
        site: at.site.site,
        realm: at.realm,
        account: account.id,
        kind,
        factor: added,
        at: now,
        until,
        address: visitor.address ?? '',
        device: visitor.device,
        by,
      })
      return { token, until }
    },
    open: async (site, token) => {
      if (!NOT_ME_TOKEN.test(token)) return refuse('unknown')
      const name = digest(token)
      const text = await store.get(keys.notMe(name))
      if (text === null) return refuse((await store.get(keys.notMeUsed(name))) === null ? 'unknown' : 'used')
      const record = parse(text)
      if (record?.site !== site) return refuse('unknown')
      return clock.now() >= record.until ? refuse('expired') : accept(record)
    },
    take: async (token) => {
      const name = digest(token)
      if ((await store.take(keys.notMe(name))) === null) return false
      await store.set(keys.notMeUsed(name), '1', NOT_ME_LIFETIME)
      return true
    },
    putBack: async (token, record) => {
      await write(token, record)
    },
  }
}
