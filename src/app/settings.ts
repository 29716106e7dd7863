import type { CardListenerFiles, Instance } from '../config/instance.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Random } from '../lib/random.ts'
import type { MailerLimits } from '../mail/mailer.ts'
import type { Outbox } from '../mail/outbox.ts'
import type { MailTransport } from '../mail/transport.ts'
import type { LoadedSite } from '../policy/load.ts'
import type { InMachineTurn } from '../server/machine-turns.ts'
import type { ListenerLimits, TlsFiles } from '../server/visitor-listener.ts'

/** What an instance is made from; `serve` reads it from files, `demo` makes it up. */
export interface AppSettings {
  readonly config: Pick<Instance, 'listen' | 'admin' | 'store' | 'keys' | 'drain'> &
    Partial<Pick<Instance, 'workers' | 'accountSources' | 'cards'>>
  readonly databaseUrl: string
  readonly tls: TlsFiles | null
  /** What the listener of cards is made from; without it there is none. */
  readonly cardListener?: CardListenerFiles | null
  /** Other limits of the listener than the usual ones. */
  readonly limits?: Partial<ListenerLimits>
  readonly sites: readonly LoadedSite[]
  readonly transport: MailTransport
  /** How long the mail server may stay silent, milliseconds. */
  readonly mailTimeout: number
  /** Other limits of the queue of mails than the usual ones. */
  readonly mailLimits?: MailerLimits
  /** The outbox page of the demonstration; null for a real instance. */
  readonly outbox: Outbox | null
  /** Work that takes a core is done in turns with the other processes of the instance; without it, at once. */
  readonly inMachineTurn?: InMachineTurn
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}
