import { z } from 'zod'
import type { Sealed } from '../../identity/sealed.ts'
import type { Clock } from '../../lib/clock.ts'
import { digest, isSameDigest } from '../../lib/digest.ts'
import type { Random } from '../../lib/random.ts'
import { CALL_VALUES, type CallValue } from '../../policy/contextual-call.ts'
import { keys } from '../../store/keys.ts'
import type { Store } from '../../store/store.ts'

/** As long as a sign-in may take: the person may have to prove a second factor first. */
export const PENDING_LIFETIME = 15 * 60_000
/** From the arrival to the next request of the same browser. */
export const ARRIVAL_LIFETIME = 2 * 60_000

const pendingSchema = z.object({
  site: z.string(),
  partner: z.string(),
  finess: z.string(),
  partnerName: z.string(),
  /** What the page of arrival, the log and the trail call it. */
  reference: z.string(),
  identity: z.union([
    z.object({ kind: z.literal('national-id'), nationalId: z.string() }),
    z.object({ kind: z.literal('subject'), issuer: z.string(), subject: z.string() }),
  ]),
  values: z.partialRecord(z.enum([...CALL_VALUES] as [CallValue, ...CallValue[]]), z.string()),
  /** Keyed digest of the patient; null when the call names none. */
  patient: z.string().nullable(),
  target: z.string().nullable(),
  level: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  roles: z.array(z.string()).nullable(),
  isTest: z.boolean(),
  isFramed: z.boolean(),
  /** Digest of what the browser holds that brought it. */
  holder: z.string(),
  arrivedAt: z.number(),
})

/** A verified call, between its arrival and the page of the application. */
export type PendingCall = z.output<typeof pendingSchema>

/** What the browser is given: a name for the address, and what it proves to be the same browser by. */
export interface Arrival {
  readonly name: string
  readonly proof: string
}

export interface PendingCalls {
  keep(call: Omit<PendingCall, 'holder' | 'arrivedAt'>): Promise<Arrival>
  find(site: string, name: string): Promise<PendingCall | null>
  /** Whether that browser brought it. @param proof what it holds; undefined when it sent nothing */
  isHolder(call: PendingCall, proof: string | undefined): boolean
  /**
   * A call that arrived in a frame where the browser keeps no cookie goes on in a window of its own, under another name;
   * once, and soon: until then its name alone is what it goes by. Null otherwise.
   */
  moveOut(name: string, call: PendingCall): Promise<Arrival | null>
  /** Once, among any number of requests on all nodes: a session may be asked for. */
  open(name: string): Promise<boolean>
  /** Takes the call away, once: the application is told. */
  take(name: string): Promise<boolean>
}

/** Letters alone: the name is part of the name of a cookie too. */
export const CALL_NAME = /^[a-p]{32}$/

const lettersOf = (token: string): string =>
  Buffer.from(token, 'base64url')
    .toString('hex')
    .replaceAll(/[0-9a-f]/g, (digit) => 'abcdefghijklmnop'[Number.parseInt(digit, 16)] ?? '')

export interface PendingParts {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly sealed: Sealed
}

export const createPendingCalls = ({ store, clock, random, sealed }: PendingParts): PendingCalls => {
  const keep: PendingCalls['keep'] = async (call) => {
    const name = lettersOf(random.token(16))
    const proof = random.token(18)
    const pending: PendingCall = { ...call, holder: digest(proof), arrivedAt: clock.now() }
    await store.set(
      keys.call(digest(name)),
      sealed.close(`${call.site} ${name}`, pending),
      PENDING_LIFETIME,
      'if-absent',
    )
    return { name, proof }
  }
  return {
    keep,
    find: async (site, name) => {
      if (!CALL_NAME.test(name)) return null
      const text = await store.get(keys.call(digest(name)))
      const read = text === null ? null : pendingSchema.safeParse(sealed.open(`${site} ${name}`, text))
      return read?.success === true ? read.data : null
    },
    isHolder: ({ holder }, proof) => proof !== undefined && isSameDigest(digest(proof), holder),
    moveOut: async (name, call) => {
      const isRecent = clock.now() - call.arrivedAt < ARRIVAL_LIFETIME
      if (!call.isFramed || !isRecent || (await store.take(keys.call(digest(name)))) === null) return null
      const { holder: _, arrivedAt: __, ...rest } = call
      return keep({ ...rest, isFramed: false })
    },
    open: (name) => store.set(keys.callOpened(digest(name)), '1', PENDING_LIFETIME, 'if-absent'),
    take: async (name) => (await store.take(keys.call(digest(name)))) !== null,
  }
}
