import type { Draft } from '../../lib/settings/draft.ts'
import type { Finding } from '../../lib/settings/problem.ts'
import type { Site } from '../schema.ts'

export interface CheckContext {
  /** Folder of the site file: what relative file names start from. */
  readonly directory: string
  /** The day in Paris, YYYY-MM-DD. */
  readonly today: string
}

/** One group of checks between the settings of a site; pure, apart from looking at the files that are named. */
export type Check = (site: Draft<Site>, context: CheckContext) => Iterable<Finding>
