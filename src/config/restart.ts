import type { CardListener } from './card-listener-schema.ts'
import type { InstanceSite, LoadedConfig } from './instance.ts'

/** What is opened once, at start, and held: where the gate listens, what it leans on, how many processes it has. */
const HELD = ['admin', 'store', 'database', 'keys', 'workers'] as const

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** Where cards are shown, and by whom they are asked for: everything but the content of files. */
const cardDoorOf = (cards: CardListener | undefined) =>
  cards && [cards.address, cards.port, cards.socket, cards.front?.form, cards.front?.ca !== undefined]

/**
 * New settings as far as a running instance can take them up; what is only read at start stays as it was.
 * @returns what is in force from now on, and the names of the settings that wait for a restart
 */
export const takeUp = <Site extends InstanceSite>(
  before: LoadedConfig<Site>,
  after: LoadedConfig<Site>,
): { readonly inForce: LoadedConfig<Site>; readonly waiting: readonly string[] } => {
  const [old, given] = [before.config, after.config]
  const waiting: string[] = HELD.filter((name) => !isSame(old[name], given[name]))
  for (const name of ['address', 'port'] as const) {
    if (old.listen[name] !== given.listen[name]) waiting.push(`listen.${name}`)
  }
  // A listener that speaks TLS cannot begin to speak without it, nor the other way round.
  const keepsTls = (before.tls === null) !== (after.tls === null)
  if (keepsTls) waiting.push('listen.tls')
  const keepsCards = !isSame(cardDoorOf(old.listen.cards), cardDoorOf(given.listen.cards))
  if (keepsCards) waiting.push('listen.cards')
  const { admin, store, database, keys, workers } = old
  const { address, port } = old.listen
  return {
    inForce: {
      ...after,
      config: {
        ...given,
        admin,
        store,
        database,
        keys,
        workers,
        listen: { ...given.listen, address, port, ...(keepsCards && { cards: old.listen.cards }) },
      },
      tls: keepsTls ? before.tls : after.tls,
      cardListener: keepsCards ? before.cardListener : after.cardListener,
    },
    waiting,
  }
}
