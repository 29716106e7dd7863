import type { Db, DevicesTable } from '../database/tables.ts'
import type { Clock } from '../lib/clock.ts'
import { digest } from '../lib/digest.ts'
import type { Random } from '../lib/random.ts'
import { forgetDevices, forgetRemembered, NOTHING_REMEMBERED } from './devices-forgotten.ts'

/** 256 random bits, in a cookie that no script sees. */
const SECRET_BYTES = 32
const SECRET = /^[A-Za-z0-9_-]{43}$/

const DAY = 86_400_000

/** A browser that was not seen for so long is forgotten; no browser keeps a cookie for longer. */
export const DEVICE_LIFETIME = 400 * DAY

/** Devices of one account; the one that was away longest makes room. */
const MOST = 20

/** How often one process looks for devices that are too old. */
const SWEEP = DAY / 24

/** That the second factor of a way was proved in this browser, and need not be for a while (R25). */
export interface Remembrance {
  readonly way: string
  readonly since: number
  readonly until: number
}

/** A browser in which the second factor is not asked for, as its owner sees it. Times in milliseconds since the epoch. */
export interface RememberedDevice extends Remembrance {
  readonly id: string
  readonly site: string
  readonly label: string
  readonly address: string
  readonly lastSeen: number
}

export interface DeviceSeen {
  readonly account: string
  readonly site: string
  /** What the browser holds, as it sent it. */
  readonly secret: string | undefined
  readonly label: string
  readonly address: string
  /** Asked for by the person just now, who has proved everything of that way. */
  readonly remember: { readonly way: string; readonly until: number } | null
}

export interface Welcome {
  /** What the browser holds from now on. */
  readonly secret: string
  /** The account was never used in this browser, but in another one before. */
  readonly isNew: boolean
}

/** Whether a browser is one that its owner has signed in with; grants nothing. */
export interface KnownDevices {
  /** @param secret what the browser sent in its cookie; anything that is no secret of ours is unknown */
  isKnown(account: string, secret: string | undefined): Promise<boolean>
}

/** The browsers of all accounts. A database that is away throws `Fault('accounts-unavailable')`. */
export interface Devices extends KnownDevices {
  /** After a complete sign-in. */
  welcome(seen: DeviceSeen): Promise<Welcome>
  /** What is remembered of this browser for this person and has not run out; null: everything is asked for. */
  remembrance(account: string, secret: string | undefined): Promise<Remembrance | null>
  /** Newest first. */
  remembered(account: string): Promise<readonly RememberedDevice[]>
  /** Asks for the second factor again, in one browser or in all. @returns how many there were */
  endRemembrance(account: string, id?: string): Promise<number>
  /** Every browser is a stranger again. @returns how many were known */
  forget(account: string): Promise<number>
}

export interface DeviceParts {
  readonly db: Db
  readonly clock: Clock
  readonly random: Random
}

/** @param secret as it came, from outside */
const hashOf = (secret: string | undefined): string | null =>
  secret !== undefined && SECRET.test(secret) ? digest(secret) : null

const remembranceOf = (row: DevicesTable, now: number): Remembrance | null => {
  const { remembered_way: way, remembered_at: since, remembered_until: until } = row
  return way === null || since === null || until === null || until <= now ? null : { way, since, until }
}

/** So that nothing is kept for ever, without a timer of its own. */
const createSweep = ({ db, clock }: DeviceParts): (() => Promise<void>) => {
  let sweptAt = -Infinity
  return async () => {
    const now = clock.now()
    if (now - sweptAt < SWEEP) return
    sweptAt = now
    await db
      .deleteFrom('devices')
      .where('last_seen', '<', now - DEVICE_LIFETIME)
      .execute()
  }
}

const find = async (
  { db, clock }: DeviceParts,
  account: string,
  secret: string | undefined,
): Promise<DevicesTable | undefined> => {
  const hash = hashOf(secret)
  if (hash === null) return undefined
  return db
    .selectFrom('devices')
    .selectAll()
    .where('account', '=', account)
    .where('hash', '=', hash)
    .where('last_seen', '>=', clock.now() - DEVICE_LIFETIME)
    .executeTakeFirst()
}

const makeRoom = async ({ db }: DeviceParts, account: string): Promise<void> => {
  await db
    .deleteFrom('devices')
    .where('account', '=', account)
    .where('id', 'not in', (query) =>
      query
        .selectFrom('devices')
        .select('id')
        .where('account', '=', account)
        .orderBy('last_seen', 'desc')
        .orderBy('id')
        .limit(MOST),
    )
    .execute()
}

/**
 * A browser that is new to an account, or is to be remembered, gets another secret: whoever noted the one of before, on a
 * workstation of many, or put it there, holds nothing. Others who use this browser keep what they had.
 */
const renew = async ({ db, random }: DeviceParts, former: string | undefined): Promise<string> => {
  const secret = random.token(SECRET_BYTES)
  const hash = hashOf(former)
  if (hash !== null)
    await db
      .updateTable('devices')
      .set({ hash: digest(secret) })
      .where('hash', '=', hash)
      .execute()
  return secret
}

const write = async ({ db, clock, random }: DeviceParts, seen: DeviceSeen, secret: string): Promise<void> => {
  const { account, site, label, address, remember } = seen
  const now = clock.now()
  const remembering =
    remember === null ? {} : { remembered_way: remember.way, remembered_at: now, remembered_until: remember.until }
  const row = { account, site, hash: digest(secret), label, address, first_seen: now, last_seen: now }
  await db
    .insertInto('devices')
    .values({ id: random.token(16), ...row, ...NOTHING_REMEMBERED, ...remembering })
    // Two tabs of one browser finish at once.
    .onConflict((conflict) =>
      conflict.columns(['account', 'hash']).doUpdateSet({ label, address, last_seen: now, ...remembering }),
    )
    .execute()
}

const listRemembered = async ({ db, clock }: DeviceParts, account: string): Promise<readonly RememberedDevice[]> => {
  const now = clock.now()
  const rows = await db
    .selectFrom('devices')
    .selectAll()
    .where('account', '=', account)
    .where('remembered_until', '>', now)
    .orderBy('remembered_at', 'desc')
    .orderBy('id')
    .execute()
  return rows.flatMap((row) => {
    const remembrance = remembranceOf(row, now)
    const { id, site, label, address, last_seen: lastSeen } = row
    return remembrance === null ? [] : [{ id, site, label, address, lastSeen, ...remembrance }]
  })
}

export const createDevices = (parts: DeviceParts): Devices => {
  const { db, clock } = parts
  const sweep = createSweep(parts)
  return {
    isKnown: async (account, secret) => (await find(parts, account, secret)) !== undefined,

    welcome: async (seen) => {
      const { account } = seen
      await sweep()
      const known = await find(parts, account, seen.secret)
      const others =
        known === undefined
          ? await db.selectFrom('devices').select('id').where('account', '=', account).executeTakeFirst()
          : undefined
      const isKept = known !== undefined && seen.remember === null && seen.secret !== undefined
      const secret = isKept ? seen.secret : await renew(parts, seen.secret)
      await write(parts, seen, secret)
      if (known === undefined) await makeRoom(parts, account)
      return { secret, isNew: known === undefined && others !== undefined }
    },

    remembrance: async (account, secret) => {
      const row = await find(parts, account, secret)
      return row === undefined ? null : remembranceOf(row, clock.now())
    },

    remembered: (account) => listRemembered(parts, account),
    endRemembrance: (account, id) => forgetRemembered(db, account, id),
    forget: (account) => forgetDevices(db, account),
  }
}
