import { X509Certificate } from 'node:crypto'
import type { AuditTrail } from '../audit/events.ts'
import type { CardListenerFiles } from '../config/instance.ts'
import { createCardListener, type CardListener, type CardListenerSettings } from '../server/card-listener.ts'
import type { Joined } from './join.ts'
import type { AppSettings } from './settings.ts'

const pem = (der: Uint8Array): string => new X509Certificate(der).toString()

const listenerOf = (files: CardListenerFiles, { cards }: AppSettings['config']): CardListenerSettings => ({
  ...files,
  authorities: (cards?.authorities ?? []).map(pem),
})

/** The listener of cards, as a part of a process that serves. */
export interface CardServing extends Pick<CardListener, 'listen' | 'retire' | 'drain'> {
  /** @throws when the files of new settings cannot be used */
  prepare(settings: AppSettings): () => void
}

/** Null where no cards are shown. */
export const createCardServing = (
  { cardListener, config, limits, log }: AppSettings,
  current: () => Joined,
  nextReference: () => string,
  trail: Pick<AuditTrail, 'record'>,
): CardServing | null => {
  if (cardListener === undefined || cardListener === null) return null
  const listener = createCardListener({
    settings: listenerOf(cardListener, config),
    limits,
    onCard: (arrival) => {
      const { onCard, refusals } = current()
      if (onCard === null) refusals.refuse(arrival, 'not-found')
      else onCard(arrival)
    },
    refuse: (at, code, detail) => current().refusals.refuse(at, code, detail),
    onSpoof: ({ address, reference }, names) => {
      log.warn({ names, address, reference }, 'headers with a certificate were ignored')
      const from = address === undefined ? {} : { address }
      trail.record({ event: 'identity.forged', detail: names.join(', '), reference, ...from })
    },
    nextReference,
  })
  return {
    ...listener,
    prepare: (next) => {
      const files = next.cardListener
      return files === undefined || files === null ? () => undefined : listener.prepare(listenerOf(files, next.config))
    },
  }
}
