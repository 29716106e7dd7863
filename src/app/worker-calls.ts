import type { LoadedConfig } from '../config/instance.ts'
import type { HeldList } from '../methods/cps/lists/list.ts'
import type { LoadedSite } from '../policy/load.ts'
import type { Cut, DrainOptions } from '../server/draining.ts'
import type { Parts } from '../server/health.ts'
import type { Entrances } from './serving.ts'
import type { Figures } from '../server/metrics.ts'

/**
 * The settings in force. The main process alone reads files and hands over what it read: all workers serve by the same
 * settings, and one that is replaced while an operator is editing does not read half of them.
 */
export interface InForce {
  readonly loaded: LoadedConfig<LoadedSite>
  /** Encrypts the tickets of TLS sessions, which a visitor may bring to another worker; never on a disk. */
  readonly ticketKeys: Buffer
}

/** What the main process asks a worker. */
export interface WorkerCalls {
  /** Begin to serve. Gives the port. */
  start(how: {
    readonly inForce: InForce
    readonly entrances: Entrances
    readonly cardLists: readonly HeldList[]
  }): Promise<number>
  /** Judge cards by these lists of revoked ones from now on. */
  takeCardLists(lists: readonly HeldList[]): void
  /** Answers as soon as the event loop turns. */
  turns(): void
  health(): Promise<Parts>
  figures(): Promise<Figures>
  /** Make everything for new settings, and change nothing yet. Rejects when that cannot be done. */
  prepare(next: InForce): Promise<void>
  /** Serve by what was prepared. */
  commit(): void
  discard(): void
  retire(): void
  /** End: requests in flight first. */
  end(options: DrainOptions): Promise<Cut>
}
