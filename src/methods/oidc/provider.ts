import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import { createCircuit, type Circuit } from './circuit.ts'
import { readDescription, type DiscoveryRefusal } from './discovery.ts'
import { createOutbound, OutboundFault, type BoundedFetch, type OutboundCause } from './outbound.ts'
import type { ProviderProfile } from './profile.ts'
import { reachedBy, type Reached } from './reached.ts'

/** Why a provider cannot be asked now. */
export type Unavailable = OutboundCause | DiscoveryRefusal | 'paused' | 'not-yet' | 'no-credentials'

export interface Provider {
  readonly profile: ProviderProfile
  /** Null when it can be asked; else why not: the button says so, and nobody waits. */
  readonly fault: () => Unavailable | null
  /** Its description: the one that is held, or read now when there is none; bounded in time. */
  readonly reach: () => Promise<Result<Reached, Unavailable>>
  /**
   * One exchange with it. What comes to nothing counts against it; after some in a row it is left alone for a while.
   * @throws what `use` throws, when the provider has answered
   */
  readonly ask: <Value>(use: (reached: Reached) => Promise<Value>) => Promise<Result<Value, Unavailable>>
  readonly close: () => Promise<void>
}

export interface ProviderParts {
  readonly clock: Clock
  readonly log: Log
}

/** How often a description is read anew; and one that could not be read, soon at first: the network may come up after the gate. */
const REFRESH = 10 * 60_000
const RETRIES = [1_000, 3_000, 10_000, 15_000] as const

const pauseAfter = (failures: number): number => (failures === 0 ? REFRESH : (RETRIES[failures - 1] ?? 15_000))

/** Says in the log, once each time, that a provider begins or ceases to answer. */
const createTelling = ({ site, method, issuer }: ProviderProfile, log: Log) => {
  let told: Unavailable | null | undefined
  return (reason: Unavailable | null): void => {
    if (reason === told) return
    told = reason
    const fields = { site, method, issuer, reason }
    if (reason === null) log.info(fields, 'the provider answers')
    else log.error(fields, 'the provider cannot be asked; the other ways stay open')
  }
}

/** Reads the description now and in the background, one reading at a time, and keeps what was read last. */
const createReading = (
  profile: ProviderProfile,
  { clock, log }: ProviderParts,
  { fetch, circuit, tell }: { fetch: BoundedFetch; circuit: Circuit; tell: (reason: Unavailable | null) => void },
) => {
  let reached: Reached | null = null
  let why: Unavailable = 'not-yet'
  let reading: Promise<void> | null = null
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  let failures = 0

  const readOnce = async (): Promise<void> => {
    const read = await readDescription(profile, fetch).catch((thrown: unknown) =>
      refuse(thrown instanceof OutboundFault ? thrown.reason : ('unreachable' as const)),
    )
    if (read.ok) {
      reached = reachedBy(profile, read.value, reached, { fetch, clock, log })
      failures = 0
      circuit.succeeded()
    } else {
      failures += 1
      why = read.reason
      circuit.failed()
    }
    tell(reached === null ? why : null)
  }

  const read = (): Promise<void> => {
    reading ??= readOnce().finally(() => {
      reading = null
      clearTimeout(timer)
      if (!isClosed) timer = setTimeout(() => void read(), pauseAfter(failures)).unref()
    })
    return reading
  }

  return {
    held: () => reached,
    why: () => why,
    read,
    close: () => {
      isClosed = true
      clearTimeout(timer)
    },
  }
}

/** One for which the site has nothing yet to prove itself with: it is never asked, and the button says so. */
const unregistered = (profile: ProviderProfile, log: Log): Provider => {
  createTelling(profile, log)('no-credentials')
  const refused = refuse('no-credentials' as const)
  return {
    profile,
    fault: () => 'no-credentials',
    reach: () => Promise.resolve(refused),
    ask: () => Promise.resolve(refused),
    close: () => Promise.resolve(),
  }
}

/** A provider, asked within bounds; whether it answers never stops the gate, nor any other way in (E-03, R37). */
export const createProvider = (profile: ProviderProfile, parts: ProviderParts): Provider => {
  const { secret, certificate } = profile.credentials
  if (secret === null && certificate === null) return unregistered(profile, parts.log)
  const outbound = createOutbound(profile)
  const circuit = createCircuit(parts)
  const tell = createTelling(profile, parts.log)
  const reading = createReading(profile, parts, { fetch: outbound.fetch, circuit, tell })

  const fault: Provider['fault'] = () => {
    if (reading.held() === null) return reading.why()
    return circuit.isOpen() ? 'paused' : null
  }

  const reach: Provider['reach'] = async () => {
    if (circuit.isOpen()) return refuse('paused')
    if (reading.held() === null) await reading.read()
    const reached = reading.held()
    return reached === null ? refuse(reading.why()) : accept(reached)
  }

  const failed = (reason: OutboundCause) => {
    circuit.failed()
    if (circuit.isOpen()) tell(reason)
    return refuse(reason)
  }

  const ask: Provider['ask'] = async (use) => {
    const at = await reach()
    if (!at.ok) return at
    if (!circuit.admits()) return refuse('paused')
    try {
      const value = await use(at.value)
      circuit.succeeded()
      tell(null)
      return accept(value)
    } catch (thrown) {
      if (thrown instanceof OutboundFault) return failed(thrown.reason)
      // It has answered, whatever it was.
      circuit.succeeded()
      throw thrown
    }
  }

  void reading.read()
  return {
    profile,
    fault,
    reach,
    ask,
    close: async () => {
      reading.close()
      await outbound.close()
    },
  }
}
