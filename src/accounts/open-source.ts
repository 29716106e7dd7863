import type { AuditTrail } from '../audit/events.ts'
import type { DirectorySettings, LegacyTableSettings } from '../config/instance.ts'
import type { Db } from '../database/tables.ts'
import type { Clock } from '../lib/clock.ts'
import type { PurposeKey } from '../lib/digest.ts'
import type { Log } from '../lib/log.ts'
import type { Random } from '../lib/random.ts'
import type { AccountDirectory } from './directory.ts'
import { createLdapSource } from './ldap/index.ts'
import { createLegacySource, type LegacySource } from './legacy/index.ts'
import { createLinks, type Links } from './linked/links.ts'
import type { AccountSource } from './linked/source.ts'
import type { PasswordHasher } from './password-hash.ts'

export interface OpenSourceParts {
  readonly db: Db
  readonly findById: AccountDirectory['findById']
  readonly hasher: PasswordHasher
  /** Derived for MARK_PURPOSE. */
  readonly key: PurposeKey
  readonly trail: Pick<AuditTrail, 'record'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** What a source is, for those who do not ask it about passwords only. */
export type OpenedSource =
  | { readonly kind: 'ldap'; readonly source: AccountSource; readonly links: Links }
  | { readonly kind: 'legacy-table'; readonly source: LegacySource; readonly links: Links }

/** Nothing is connected to before the first question. @throws {Error} when a filter of a directory cannot be read */
export const openSource = (
  name: string,
  settings: DirectorySettings | LegacyTableSettings,
  parts: OpenSourceParts,
): OpenedSource => {
  const links = createLinks({ ...parts, source: name })
  return settings.kind === 'ldap'
    ? { kind: 'ldap', source: createLdapSource({ ...parts, name, settings, links }), links }
    : { kind: 'legacy-table', source: createLegacySource({ ...parts, name, settings, links }), links }
}
