import type { Site, Way } from '../policy/schema.ts'

/** The site on which somebody signs in, today. */
export interface FlowSite {
  readonly site: Site
  readonly origin: string
  readonly realm: string
  readonly openWays: readonly Way[]
}
