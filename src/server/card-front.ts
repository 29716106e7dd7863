import type { IncomingMessage } from 'node:http'
import { normalizeAddress } from '../lib/address.ts'
import { digest, isSameDigest } from '../lib/digest.ts'
import { readCardHeaders, type CardHeaderForm, type HandedOver } from './card-headers.ts'

/** A front that asks for cards in place of the gate. */
export interface CardFront {
  readonly form: CardHeaderForm
  /** What it sends to show who it is; null where it has shown a certificate in the handshake already. */
  readonly secret: string | null
}

const SECRET_FIELD = 'x-portillon-front'

/** Whether a request comes from the front (K-14): compared without telling by time how much of it was right. */
export const isFromFront = ({ headers }: IncomingMessage, { secret }: CardFront): boolean => {
  if (secret === null) return true
  const given = headers[SECRET_FIELD]
  return typeof given === 'string' && isSameDigest(digest(given), digest(secret))
}

export const cardFromFront = ({ rawHeaders }: IncomingMessage, { form }: CardFront): HandedOver =>
  readCardHeaders(form, rawHeaders)

/** Where the front says that the visitor is; of several hops that which it has seen itself. */
export const addressFromFront = ({ headers }: IncomingMessage): string | undefined => {
  const said = headers['x-forwarded-for']
  const last = typeof said === 'string' ? said.split(',').at(-1)?.trim() : undefined
  return last === undefined ? undefined : normalizeAddress(last)
}
