import type { InstanceSite, LoadedConfig } from './instance.ts'

/** What is opened once, at start, and held: where the gate listens, what it leans on, how many processes it has. */
const HELD = ['admin', 'store', 'database', 'keys', 'workers'] as const

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

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
  const { admin, store, database, keys, workers } = old
  const { address, port } = old.listen
  return {
    inForce: {
      ...after,
      config: { ...given, admin, store, database, keys, workers, listen: { ...given.listen, address, port } },
      tls: keepsTls ? before.tls : after.tls,
    },
    waiting,
  }
}
