import type { Problem } from '../lib/settings/problem.ts'
import type { Config } from './schema.ts'

/** The instance as the gate uses it: secrets read from their files, every path absolute. */
export interface Instance extends Omit<Config, 'store' | 'database' | 'workers'> {
  readonly store: 'embedded' | { readonly redis: string; readonly prefix: string }
  readonly database: { readonly url: string }
  readonly workers: number
}

/** What the instance needs to know of a site; policy/load gives more. */
export interface InstanceSite {
  readonly site: {
    readonly site: string
    readonly hosts: readonly string[]
    readonly ways: readonly { readonly methods: readonly string[] }[]
    readonly 'forward-auth': { readonly enabled: boolean }
  }
  readonly origin: string
  readonly warnings: readonly Problem[]
}

export interface LoadedConfig<Site extends InstanceSite> {
  readonly config: Instance
  readonly file: string
  readonly directory: string
  readonly sites: readonly Site[]
  /** Certificate chain and key as read, PEM; null where a front terminates TLS. */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | null
  /** What departs from the rules of the field, but may be; those of the sites included. */
  readonly warnings: readonly Problem[]
}
