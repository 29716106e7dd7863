import type { Problem } from '../lib/settings/problem.ts'
import type { CardForm } from './card-listener-schema.ts'
import type { Config } from './schema.ts'

/** An LDAP directory: its password read, its authorities read (PEM). */
export interface DirectorySettings extends Omit<NonNullable<Config['directories']>[string], 'password-file'> {
  readonly kind: 'ldap'
}

/** A table of another application: its address read, its authorities read (PEM). */
export interface LegacyTableSettings extends Omit<NonNullable<Config['legacy-tables']>[string], 'url' | 'url-file'> {
  readonly kind: 'legacy-table'
  readonly url: string
}

/** Cards: the certificates of the authorities read (DER), every path absolute. */
export interface CardSettings extends Omit<NonNullable<Config['cards']>, 'authorities'> {
  readonly authorities: readonly Uint8Array[]
}

/** The instance as the gate uses it: secrets read from their files, every path absolute. */
export interface Instance extends Omit<
  Config,
  'store' | 'database' | 'workers' | 'directories' | 'legacy-tables' | 'cards'
> {
  readonly store: 'embedded' | { readonly redis: string; readonly prefix: string }
  readonly database: { readonly url: string }
  readonly workers: number
  /** Where accounts of sites live, beside the gate's own database, by the name that sites call it. */
  readonly accountSources: Readonly<Record<string, DirectorySettings | LegacyTableSettings>>
  readonly cards?: CardSettings
}

/** What the listener of cards is made from, as read. */
export interface CardListenerFiles {
  /** Null on a Unix socket. */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | null
  /** Null where the gate itself asks for the card. */
  readonly front: {
    readonly form: CardForm
    /** Who vouches for it, PEM; null where the secret does. */
    readonly ca: string | null
    readonly secret: string | null
  } | null
}

/** What the instance needs to know of a site; policy/load gives more. */
export interface InstanceSite {
  readonly site: {
    readonly site: string
    readonly hosts: readonly string[]
    /** A name of `accountSources`; undefined for the gate's own database. */
    readonly accounts?: string | undefined
    readonly ways: readonly { readonly methods: readonly string[] }[]
    readonly 'forward-auth': { readonly enabled: boolean }
    readonly cps: { readonly address?: string | undefined }
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
  /** Null where no cards are shown. */
  readonly cardListener: CardListenerFiles | null
  /** What departs from the rules of the field, but may be; those of the sites included. */
  readonly warnings: readonly Problem[]
}
