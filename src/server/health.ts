/** One thing that must work for the gate to serve: its name and a question that rejects when it does not. */
export interface Check {
  readonly name: string
  readonly ask: () => Promise<void>
}

/** Each part by its name. */
export type Parts = Readonly<Record<string, 'ok' | 'failed'>>

export interface Health {
  readonly ready: boolean
  /** Told to stop: no new visitors (O-01). */
  readonly draining: boolean
  readonly parts: Parts
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
