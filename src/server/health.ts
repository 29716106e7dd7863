/** One thing that must work for the gate to serve: its name and a question that rejects when it does not. */
export interface Check {
  readonly name: string
  readonly ask: () => Promise<void>
}

export type ListStanding = 'fresh' | 'stale' | 'missing'

/** Each part by its name. */
export type Parts = Readonly<Record<string, 'ok' | 'failed'>>

export interface Health {
  readonly ready: boolean
  /** Told to stop: no new visitors (O-01). */
  readonly draining: boolean
  readonly parts: Parts
  /** Lists of revoked cards; whether one that is late makes the instance unready, its settings say (G20). */
  readonly 'card-lists'?: Readonly<Record<string, ListStanding>>
  /** Of an instance with worker processes: how many serve, of how many. */
  readonly workers?: { readonly ready: number; readonly of: number }
}

const PATIENCE = 3_000

const askOne = async (check: Check): Promise<readonly [string, 'ok' | 'failed']> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('too late')), PATIENCE)
  })
  try {
    await Promise.race([check.ask(), late])
    return [check.name, 'ok']
  } catch {
    return [check.name, 'failed']
  } finally {
    clearTimeout(timer)
  }
}

/** Asks everything at once; what does not answer within three seconds has failed. */
export const askAll = async (checks: readonly Check[]): Promise<Parts> =>
  Object.fromEntries(await Promise.all(checks.map(askOne)))

export const isSound = (parts: Parts): boolean => Object.values(parts).every((state) => state === 'ok')

/** A part that one process cannot reach has failed. */
export const joinParts = (all: readonly Parts[]): Parts => {
  const joined: Record<string, 'ok' | 'failed'> = {}
  for (const [name, state] of all.flatMap((parts) => Object.entries(parts)))
    joined[name] = joined[name] === 'failed' ? 'failed' : state
  return joined
}

/** How the lists of revoked cards stand, where there are some. */
export const cardListHealth = (
  states: readonly { readonly name: string; readonly state: ListStanding }[],
): Pick<Health, 'card-lists'> =>
  states.length === 0 ? {} : { 'card-lists': Object.fromEntries(states.map(({ name, state }) => [name, state])) }
