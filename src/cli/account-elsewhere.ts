import type { LookedUp } from '../accounts/linked/source.ts'
import type { LoadedSite } from '../policy/load.ts'
import { lookedUpSheet } from './account-lines.ts'
import type { Office } from './account-office.ts'
import { fail } from './failure.ts'

const KINDS = { ldap: 'an LDAP directory', 'legacy-table': 'a table of another application' } as const

/** Where the accounts of a site live, in words; null for the gate's own database. */
export const elsewhereOf = ({ config }: Pick<Office, 'config'>, { site }: LoadedSite): string | null => {
  if (site.accounts === undefined) return null
  const kind = config.accountSources[site.accounts]?.kind
  return kind === undefined ? site.accounts : `${site.accounts}, ${KINDS[kind]}`
}

/** Says that something has to be done where the accounts live, when that is not here. */
export const isKeptElsewhere = (office: Pick<Office, 'config'>, site: LoadedSite, next: string): boolean => {
  const where = elsewhereOf(office, site)
  if (where === null) return false
  fail(`the accounts of ${site.site.site} live in ${where}`, next)
  return true
}

/** Whether the source says itself where codes are mailed; where it does not, the gate keeps addresses. */
export const tellsAddresses = ({ config }: Pick<Office, 'config'>, { site }: LoadedSite): boolean => {
  const source = site.accounts === undefined ? undefined : config.accountSources[site.accounts]
  if (source === undefined) return false
  return source.kind === 'ldap' || source.columns.email !== undefined
}

/** What the source of a site says of a login; null where accounts live in the gate, or nobody there has it. */
export const lookElsewhere = async (office: Office, site: LoadedSite, login: string): Promise<LookedUp | null> => {
  const opened = await office.elsewhere.sourceOf(site)
  const found = await opened?.source.lookUp(login)
  if (found === undefined || found.ok) return found?.value ?? null
  if (found.reason !== 'unknown') {
    const why = found.reason === 'ambiguous' ? 'several people have this login' : 'what it says of them cannot be used'
    fail(`${site.site.accounts ?? ''}: ${why}`, 'nobody can sign in with it until that is put right there')
  }
  return null
}

/** The lines of somebody whom the source knows and who has never signed in here. */
export const newcomerLines = (source: string, found: LookedUp): string[] => [
  ...lookedUpSheet(source, found),
  `${found.person.login} has not signed in here yet: the account is made when they do.`,
]
