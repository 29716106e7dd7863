import { z } from 'zod'
import type { PasswordHolder } from '../accounts/own-passwords.ts'
import { digest, isSameDigest, keyedDigest } from '../lib/digest.ts'
import { accept, refuse, type Result } from '../lib/result.ts'
import type { FlowSite } from '../sign-in/flow-site.ts'
import { keys } from '../store/keys.ts'
import type { PasswordParts } from './parts.ts'

/** 192 random bits (T-21). */
const TOKEN_BYTES = 24
export const RESET_TOKEN = /^[A-Za-z0-9_-]{32}$/

/** How long after its end a link is still known, to say what became of it. */
const REMEMBERED_AFTER = 24 * 3_600_000

const recordSchema = z.object({
  site: z.string(),
  realm: z.string(),
  account: z.string(),
  until: z.number(),
  state: z.string(),
})

/** Why a link does nothing. */
export type LinkRefusal =
  | 'expired'
  | 'used'
  /** A newer one was sent. */
  | 'replaced'
  /** Password or address of the account have changed since it was sent, or the account was closed. */
  | 'outdated'
  /** Nobody knows it (any more). */
  | 'unknown'

export interface ResetLinks {
  /** Makes a link; the former ones of this account are dead from now on. */
  issue(at: FlowSite, holder: PasswordHolder): Promise<{ token: string; until: number }>
  /** Whose link it is, as long as it can be used. Looks only: whatever opens links, a mail scanner too, changes nothing (R22). */
  open(at: FlowSite, token: string): Promise<Result<PasswordHolder, LinkRefusal>>
  /** Takes it away, once: among parallel callers on all nodes one gets true. */
  take(token: string): Promise<boolean>
}

const parse = (text: string): z.output<typeof recordSchema> | null => {
  try {
    return recordSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}

/**
 * What a link was made for: this password at this address. Whoever changes either, the gate or a command beside it, makes
 * the link worthless.
 */
const stateOf = (key: Buffer, { account, passwordSetAt }: PasswordHolder): string =>
  keyedDigest(key, 'reset-link', account.id, String(passwordSetAt), account.email ?? '')

export const createResetLinks = ({ store, clock, random, key, own }: Omit<PasswordParts, 'onChanged'>): ResetLinks => ({
  issue: async (at, holder) => {
    const { realm, id } = holder.account
    const lifetime = at.site.password['reset-link']
    const life = lifetime + REMEMBERED_AFTER
    const token = random.token(TOKEN_BYTES)
    const until = clock.now() + lifetime
    const record = { site: at.site.site, realm, account: id, until, state: stateOf(key.current(), holder) }
    await store.set(keys.resetLink(digest(token)), JSON.stringify(record), life, 'if-absent')
    await store.set(keys.resetNewest(realm, id), digest(token), life)
    return { token, until }
  },
  open: async (at, token) => {
    if (!RESET_TOKEN.test(token)) return refuse('unknown')
    const name = digest(token)
    const text = await store.get(keys.resetLink(name))
    if (text === null) return refuse((await store.get(keys.resetUsed(name))) === null ? 'unknown' : 'used')
    const record = parse(text)
    if (record?.site !== at.site.site) return refuse('unknown')
    if (clock.now() >= record.until) return refuse('expired')
    if ((await store.get(keys.resetNewest(record.realm, record.account))) !== name) return refuse('replaced')
    const holder = await own.findById(record.realm, record.account)
    const isSame = holder !== null && key.every().some((one) => isSameDigest(stateOf(one, holder), record.state))
    return isSame && !holder.account.disabled ? accept(holder) : refuse('outdated')
  },
  take: async (token) => {
    const name = digest(token)
    if ((await store.take(keys.resetLink(name))) === null) return false
    await store.set(keys.resetUsed(name), '1', REMEMBERED_AFTER)
    return true
  },
})
