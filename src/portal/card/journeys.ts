import { z } from 'zod'
import { digest } from '../../lib/digest.ts'
import { CARD_REFUSALS } from '../../methods/cps/card.ts'
import type { Random } from '../../lib/random.ts'
import { keys } from '../../store/keys.ts'
import type { Store } from '../../store/store.ts'

/** How long somebody may look for their card and type its code: what the browser asks for comes before our listener is reached. */
export const JOURNEY_LIFETIME = 10 * 60_000

/** From the card listener back to the site the browser goes by itself. */
const TICKET_LIFETIME = 2 * 60_000

/** 144 random bits. */
const HANDLE_BYTES = 18
export const CARD_HANDLE = /^[A-Za-z0-9_-]{24}$/

/**
 * Why a card let nobody in. `none`: nothing was shown, which is all that can be seen of a card that is not there and of a
 * wrong PIN (K-12); `over`: too late, twice, or in another browser. Each has its texts (`cardRefused.<reason>`).
 */
export const CARD_REASONS = ['none', ...CARD_REFUSALS, 'over'] as const
export type CardReason = (typeof CARD_REASONS)[number]

const journeySchema = z.object({
  site: z.string(),
  /** As attempts name it: the card of whoever opened the link of somebody else serves nobody (S-02). */
  browser: z.string(),
  to: z.string(),
  /** Digest of the handle of the sign-in that the card is to complete. */
  attempt: z.string().nullable(),
})

const ticketSchema = journeySchema.extend({
  outcome: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('shown'), nationalId: z.string(), trace: z.string() }),
    z.object({
      kind: z.literal('refused'),
      reason: z.enum(CARD_REASONS),
      /** Under which the trail has it: the page quotes the same (R33). */
      reference: z.string(),
    }),
  ]),
})

/** Somebody on the way from the site to the card listener. */
export type CardJourney = z.output<typeof journeySchema>
/** Somebody on the way back, and what became of their card. */
export type CardTicket = z.output<typeof ticketSchema>

/** Both ways of a card journey; what is taken is taken once, on all nodes (T-02). */
export interface CardJourneys {
  begin(journey: CardJourney): Promise<string>
  take(handle: string): Promise<CardJourney | null>
  issue(ticket: CardTicket): Promise<string>
  redeem(handle: string): Promise<CardTicket | null>
}

const parse = <Schema extends z.ZodType>(schema: Schema, text: string | null): z.output<Schema> | null => {
  if (text === null) return null
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return null
  }
}

export const createCardJourneys = ({
  store,
  random,
}: {
  readonly store: Store
  readonly random: Random
}): CardJourneys => {
  const put = async (keyOf: (digest: string) => string, record: object, life: number): Promise<string> => {
    const handle = random.token(HANDLE_BYTES)
    await store.set(keyOf(digest(handle)), JSON.stringify(record), life, 'if-absent')
    return handle
  }
  const take = async (keyOf: (digest: string) => string, handle: string): Promise<string | null> =>
    CARD_HANDLE.test(handle) ? store.take(keyOf(digest(handle))) : null
  return {
    begin: (journey) => put(keys.cardJourney, journey, JOURNEY_LIFETIME),
    take: async (handle) => parse(journeySchema, await take(keys.cardJourney, handle)),
    issue: (ticket) => put(keys.cardTicket, ticket, TICKET_LIFETIME),
    redeem: async (handle) => parse(ticketSchema, await take(keys.cardTicket, handle)),
  }
}
