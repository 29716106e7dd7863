import type { IncomingMessage, ServerResponse } from 'node:http'
import { isCardHeader } from '../identity/header-filter.ts'
import { normalizeAddress } from '../lib/address.ts'
import type { ErrorCode } from '../lib/errors.ts'
import { accept } from '../lib/result.ts'
import { addressFromFront, cardFromFront, isFromFront, type CardFront } from './card-front.ts'
import type { HandedOver } from './card-headers.ts'
import { cardOfHandshake } from './presented-card.ts'
import {
  createVisitorListener,
  type Arrival,
  type ListenerLimits,
  type TlsFiles,
  type VisitorListener,
} from './visitor-listener.ts'

/** Somebody at the card listener. */
export interface CardArrival {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly reference: string
  readonly address: string | undefined
  readonly card: HandedOver
}

/** What the listener is made from; the files of it may be exchanged while it stands. */
export interface CardListenerSettings {
  /** Null on a Unix socket. */
  readonly tls: Pick<TlsFiles, 'cert' | 'key'> | null
  readonly front: (CardFront & { readonly ca: string | null }) | null
  /** Certificates of the authorities of cards, PEM: browsers offer only what one of them has issued. */
  readonly authorities: readonly string[]
}

export interface CardListenerParts {
  readonly settings: CardListenerSettings
  readonly limits?: Partial<ListenerLimits> | undefined
  readonly onCard: (arrival: CardArrival) => void
  /** Refuses what is no visit of a card; `detail` is for log and trail. */
  readonly refuse: (at: Omit<CardArrival, 'card'>, code: ErrorCode, detail?: string) => void
  /** Told of names in a visitor's own request in which only a front may hand over a certificate (K-01). */
  readonly onSpoof: (at: Omit<CardArrival, 'card'>, names: readonly string[]) => void
  readonly nextReference: () => string
}

export interface CardListener extends Pick<VisitorListener, 'listen' | 'retire' | 'drain'> {
  /**
   * Looks at new files. Once the returned function is called, connections get them.
   * @throws when they cannot be used
   */
  prepare(settings: CardListenerSettings): () => void
}

/** What the trail says of whoever speaks to the gate in a front's place. */
const STRANGER = 'card-front-stranger'

const tlsOf = ({ tls, front, authorities }: CardListenerSettings): TlsFiles | null => {
  if (tls === null) return null
  const asks =
    front?.ca === undefined || front.ca === null
      ? { authorities, required: false }
      : { authorities: [front.ca], required: true }
  return { ...tls, asks }
}

const NO_WEB_SOCKETS = { endAll: () => undefined, count: () => 0 }

/**
 * Where cards are shown, and nothing else. A handshake never fails for what a card is: whoever shows none, or a bad one, gets
 * a page that says so (K-12). One request a connection: the next try is a handshake of its own (R36).
 */
export const createCardListener = (parts: CardListenerParts): CardListener => {
  let { settings } = parts
  const at = ({ request, response, reference }: Arrival): Omit<CardArrival, 'card'> => ({
    request,
    response,
    reference,
    address: settings.front === null ? normalizeAddress(request.socket.remoteAddress ?? '') : addressFromFront(request),
  })
  const receive = (arrival: Arrival): void => {
    const { request, response } = arrival
    const { front } = settings
    response.shouldKeepAlive = false
    if (front === null) {
      const names = request.rawHeaders.filter((name, nth) => nth % 2 === 0 && isCardHeader(name))
      if (names.length > 0) parts.onSpoof(at(arrival), names)
      parts.onCard({ ...at(arrival), card: accept(cardOfHandshake(request)) })
    } else if (isFromFront(request, front)) parts.onCard({ ...at(arrival), card: cardFromFront(request, front) })
    else parts.refuse(at(arrival), 'not-found', STRANGER)
  }
  const listener = createVisitorListener({
    tls: tlsOf(settings),
    limits: parts.limits,
    onRequest: receive,
    onUpgrade: (arrival) => parts.refuse({ ...at(arrival), ...arrival }, 'not-found'),
    onUnreadable: (arrival, code, detail) => parts.refuse(at(arrival), code, detail),
    nextReference: parts.nextReference,
    webSockets: NO_WEB_SOCKETS,
  })
  return {
    listen: (entrance) => listener.listen(entrance),
    prepare: (next) => {
      const use = listener.prepareTls(tlsOf(next))
      return () => {
        use()
        settings = next
      }
    },
    retire: () => listener.retire(),
    drain: (options) => listener.drain(options),
  }
}
