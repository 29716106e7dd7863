import type { Draft } from '../../lib/settings/draft.ts'
import type { Finding } from '../../lib/settings/problem.ts'
import type { InstanceSite } from '../instance.ts'
import type { Config } from '../schema.ts'

export interface CheckContext {
  readonly file: string
  /** Folder of the instance file: what relative file names start from. */
  readonly directory: string
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The sites that could be read, by their position in the list. */
  readonly sites: readonly (readonly [number, InstanceSite])[]
  /** Whether the setting was given by an environment variable. */
  readonly isFromEnvironment: (path: string) => boolean
}

/** One group of checks between the settings of an instance; looks at files, changes nothing. */
export type Check = (config: Draft<Config>, context: CheckContext) => Iterable<Finding>
