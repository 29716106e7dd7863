import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Site } from '../policy/schema.ts'
import type { Target } from '../lib/target.ts'

/** One request on its way through, as soon as it is known to be well formed and for which site. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly site: Site
  /** The site's public origin, from configuration. */
  readonly origin: string
  readonly target: Target
  /** The visitor's address as far as it can be trusted; undefined when a listed proxy sent something unreadable (H-10). */
  readonly address: string | undefined
  /** What the visitor can quote and the log and the audit trail repeat: 12 characters. */
  readonly reference: string
}
