import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { remedyForReadFault } from '../../lib/settings/check-settings.ts'
import type { Draft } from '../../lib/settings/draft.ts'
import { error, type Finding } from '../../lib/settings/problem.ts'
import { readSecret } from '../../lib/settings/secret-file.ts'
import type { CardListener } from '../card-listener-schema.ts'
import type { Check, CheckContext } from './context.ts'
import { checkCertificate } from './tls.ts'

const AT = ['listen', 'cards']
const EVERYWHERE = new Set(['0.0.0.0', '::'])

/** A secret that nobody finds by trying. */
const SHORTEST_SECRET = 32

function* checkSecret(name: string, directory: string): Generator<Finding> {
  const path = [...AT, 'front', 'secret-file']
  const secret = readSecret(path, name, directory)
  if (!secret.ok) yield secret.reason
  else if (!/^[\x21-\x7e]+$/.test(secret.value) || secret.value.length < SHORTEST_SECRET) {
    yield error(
      path,
      `a secret of at least ${SHORTEST_SECRET} printable ASCII characters without blanks`,
      'make one: `openssl rand -base64 48`',
    )
  }
}

function* checkAuthority(name: string, directory: string): Generator<Finding> {
  const path = [...AT, 'front', 'ca']
  const file = resolve(directory, name)
  try {
    new X509Certificate(readFileSync(file))
  } catch (thrown) {
    const isUnreadable = thrown instanceof Error && 'syscall' in thrown
    const why = isUnreadable ? remedyForReadFault(thrown) : 'it holds no certificate'
    yield error(path, 'a file with a certificate in PEM form', `${file}: ${why}`)
  }
}

/** K-14: by what the front shows who it is. An address alone shows nothing. */
function* checkFront({ socket, front }: Draft<CardListener>, directory: string): Generator<Finding> {
  const { ca, 'secret-file': secret } = front ?? {}
  if (socket !== undefined) {
    if (secret === undefined)
      yield error([...AT, 'front'], '`secret-file`, since the front comes by a socket', 'add `secret-file: …`')
    if (ca !== undefined)
      yield error([...AT, 'front', 'ca'], 'nothing, since there is no TLS on a socket', 'remove it, or remove `socket`')
  } else {
    if (ca === undefined) {
      const remedy = 'add `ca: …` with the authority of its certificate, or use `socket` with `secret-file`'
      yield error([...AT, 'front'], 'a front that shows who it is by a certificate of its own (K-14)', remedy)
    }
    if (secret !== undefined) {
      const remedy = 'remove it, or add `socket`'
      yield error([...AT, 'front', 'secret-file'], 'nothing, since a certificate shows who the front is', remedy)
    }
  }
  if (secret !== undefined) yield* checkSecret(secret, directory)
  if (ca !== undefined) yield* checkAuthority(ca, directory)
}

/** The listener itself: who ends its TLS, and that its port is its own. */
function* checkDoor(
  { listen, admin }: Parameters<Check>[0],
  cards: Draft<CardListener>,
  context: CheckContext,
): Generator<Finding> {
  if (cards.socket !== undefined) {
    if (cards.front === undefined)
      yield error([...AT, 'socket'], 'a port, since browsers come to it themselves', 'remove `socket`, or add `front`')
    if (cards.tls !== undefined)
      yield error([...AT, 'tls'], 'nothing, since there is no TLS on a socket', 'remove it, or remove `socket`')
    return
  }
  if (cards.tls === undefined && listen?.tls === undefined) {
    const remedy =
      'add `tls: { certificate: …, key: … }`; where a front asks for the card, it speaks TLS to the gate too'
    yield error(AT, 'TLS: a card is shown in its handshake', remedy)
  }
  if (cards.tls !== undefined) {
    const hosts = context.sites.flatMap(([, { site }]) => cardHostOf(site.cps.address))
    const names = cards.front === undefined ? hosts : []
    yield* checkCertificate([...AT, 'tls'], cards.tls, names, context)
  }
  const others = [
    { name: 'listen.port', at: listen },
    { name: 'admin.port', at: admin },
  ]
  for (const { name, at } of others) {
    if (cards.port === undefined || cards.port === 0 || cards.port !== at?.port) continue
    const [one = '', other = ''] = [cards.address, at.address]
    if (one !== other && !EVERYWHERE.has(one) && !EVERYWHERE.has(other)) continue
    yield error([...AT, 'port'], 'a port of its own', `choose another: ${name} is the same`)
  }
}

const cardHostOf = (address: string | undefined): string[] =>
  address === undefined ? [] : [new URL(address.replace('://*.', '://any.')).hostname]

/** Cards are shown to a listener of their own, to which each site that takes cards sends its people. */
export const checkCardListener: Check = function* (config, context) {
  const cards = config.listen?.cards
  const users = context.sites.filter(([, { site }]) => site.ways.some(({ methods }) => methods.includes('cps')))
  if (cards === undefined) {
    if (users.length > 0) {
      const names = users.map(([, { site }]) => site.site).join(', ')
      yield error(['listen'], `\`cards\`, since people of ${names} show their card`, 'add `cards: { port: 8444 }`')
    }
    return
  }
  yield* checkDoor(config, cards, context)
  if (cards.front !== undefined) yield* checkFront(cards, context.directory)
}
