import { readFileSync } from 'node:fs'
import { readSecret } from '../lib/settings/secret-file.ts'
import type { CardListener } from './card-listener-schema.ts'
import type { CardListenerFiles, Instance } from './instance.ts'

/** The same with the names of its files from the root. */
export const absoluteCards = (cards: CardListener, absolute: (name: string) => string): CardListener => {
  const { tls, front, socket } = cards
  const { ca, 'secret-file': secret } = front ?? {}
  return {
    ...cards,
    ...(socket !== undefined && { socket: absolute(socket) }),
    ...(tls && { tls: { certificate: absolute(tls.certificate), key: absolute(tls.key) } }),
    ...(front && {
      front: {
        ...front,
        ...(ca !== undefined && { ca: absolute(ca) }),
        ...(secret !== undefined && { 'secret-file': absolute(secret) }),
      },
    }),
  }
}

const secretIn = (file: string | undefined): string | null => {
  if (file === undefined) return null
  const secret = readSecret([], file, '/')
  if (!secret.ok) throw new Error('a secret file changed while it was read')
  return secret.value
}

/** Reads the files of the listener of cards, whose names are absolute; the checks have made sure that they can be read. */
export const readCards = ({ tls, cards }: Instance['listen']): CardListenerFiles | null => {
  if (cards === undefined) return null
  const own = cards.socket === undefined ? (cards.tls ?? tls) : undefined
  const { front } = cards
  return {
    tls: own === undefined ? null : { cert: readFileSync(own.certificate), key: readFileSync(own.key) },
    front:
      front === undefined
        ? null
        : {
            form: front.form,
            ca: front.ca === undefined ? null : readFileSync(front.ca, 'utf8'),
            secret: secretIn(front['secret-file']),
          },
  }
}
