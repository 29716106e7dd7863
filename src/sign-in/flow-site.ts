import type { Site } from '../policy/schema.ts'
import type { WaysNow } from '../policy/ways.ts'

/** The site on which somebody signs in, today and from where they are. */
export interface FlowSite {
  readonly site: Site
  readonly origin: string
  readonly realm: string
  readonly ways: Pick<WaysNow, 'open' | 'inGrace'>
}
