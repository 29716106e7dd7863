import { z } from 'zod'
import { digest } from '../lib/digest.ts'
import { accept, refuse, type Result } from '../lib/result.ts'
import { keys } from '../store/keys.ts'
import { NOTICE_KINDS, type Notice, type NoticeOrigin } from './notice.ts'
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
  kind: z.enum(NOTICE_KINDS),
  /** The factor that was added. */
  factor: z.string().nullable(),
  at: z.number(),
  until: z.number(),
  address: z.string(),
  device: z.string(),
})

/** What somebody may say that it was not them. */
export type Disownable = z.output<typeof recordSchema>

/** Why a link does nothing. */
export type NotMeRefusal = 'expired' | 'used' | 'unknown'

export interface NotMeLinks {
  issue(notice: Notice, origin: NoticeOrigin): Promise<{ readonly token: string; readonly until: number }>
  /** What it is about. Looks only: whatever opens links, a mail scanner too, changes nothing (R22). */
  open(site: string, token: string): Promise<Result<Disownable, NotMeRefusal>>
  /** Takes it away, once: among parallel callers on all nodes one gets true. */
  take(token: string): Promise<boolean>
  /** What could not be done now can be asked for again by the same link. */
  putBack(token: string, record: Disownable): Promise<void>
}

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
    issue: async ({ kind, account, factor }, { at, visitor }) => {
      const token = random.token(TOKEN_BYTES)
      const now = clock.now()
      const until = now + NOT_ME_LIFETIME
      await write(token, {
        site: at.site.site,
        realm: at.realm,
        account: account.id,
        kind,
        factor: kind === 'factor-added' ? (factor?.id ?? null) : null,
        at: now,
        until,
        address: visitor.address ?? '',
        device: visitor.device,
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
