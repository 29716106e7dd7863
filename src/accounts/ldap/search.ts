import { AndFilter, EqualityFilter, FilterParser, OrFilter, type Client, type Filter } from 'ldapts'
import type { DirectorySettings } from '../../config/instance.ts'
import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../lib/errors.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import { loginKey } from '../login-key.ts'
import { attributesOf, idValue, readEntry, type FoundEntry } from './entry.ts'

/** Ids in one question: far below what a server takes, and what it gives at most. */
const CHUNK = 40

export interface DirectorySearch {
  /** The one person who may type this. */
  byLogin(client: Client, login: string): Promise<Result<FoundEntry, 'unknown' | 'ambiguous'>>
  byIds(client: Client, externalIds: readonly string[]): Promise<readonly FoundEntry[]>
  /** The names of the groups that this entry is a member of, where they have to be searched. */
  groupsOf(client: Client, dn: string): Promise<readonly string[]>
}

/**
 * Filters are built of values, never of text: there is nothing to escape, so nothing that is typed can mean anything but
 * itself (C-17). Referrals are not followed.
 * @throws {Error} when a filter of the settings cannot be read
 */
export const createDirectorySearch = (settings: DirectorySettings, clock: Clock): DirectorySearch => {
  const { base, groups, 'login-attributes': logins } = settings
  const people = FilterParser.parseString(settings.filter)
  const isGroup = groups === undefined ? undefined : FilterParser.parseString(groups.filter)
  const attributes = attributesOf(settings)
  // The client knows an attribute of bytes by the very name that the server answers with.
  const explicitBufferAttributes = [settings.attributes.id, settings.attributes.id.toLowerCase()]

  const search = async (client: Client, filter: Filter, sizeLimit: number): Promise<FoundEntry[]> => {
    const options = {
      scope: 'sub',
      filter,
      attributes,
      explicitBufferAttributes,
      sizeLimit,
      derefAliases: 'never',
    } as const
    const { searchEntries } = await client.search(base, options)
    return searchEntries.map((entry) => {
      const found = readEntry(entry, settings, clock.now())
      if (found !== undefined) return found
      throw new Fault('accounts-unavailable', `the directory gives no ${settings.attributes.id}: see attributes.id`)
    })
  }
  const anyOf = (filters: Filter[]): Filter => new AndFilter({ filters: [people, new OrFilter({ filters })] })

  return {
    byLogin: async (client, login) => {
      const typed = loginKey(login)
      if (!typed.ok) return refuse('unknown')
      const value = login.normalize('NFC').trim()
      const filter = anyOf(logins.map((attribute) => new EqualityFilter({ attribute, value })))
      const entries = await search(client, filter, 2)
      if (entries.length > 1) return refuse('ambiguous')
      // Directories know more spellings of a name than the gate, which counts wrong tries by its own.
      const isMeant = ({ logins: known }: FoundEntry) =>
        known.some((each) => {
          const key = loginKey(each)
          return key.ok && key.value === typed.value
        })
      const [entry] = entries
      return entry !== undefined && isMeant(entry) ? accept(entry) : refuse('unknown')
    },
    byIds: async (client, externalIds) => {
      const found: FoundEntry[] = []
      for (let from = 0; from < externalIds.length; from += CHUNK) {
        const chunk = externalIds.slice(from, from + CHUNK)
        const attribute = settings.attributes.id
        const filter = anyOf(chunk.map((id) => new EqualityFilter({ attribute, value: idValue(id) })))
        found.push(...(await search(client, filter, 0)))
      }
      return found
    },
    groupsOf: async (client, dn) => {
      if (groups === undefined || isGroup === undefined) return []
      const isMember = new EqualityFilter({ attribute: groups.member, value: dn })
      const filter = new AndFilter({ filters: [isGroup, isMember] })
      const { searchEntries } = await client.search(groups.base, { scope: 'sub', filter, attributes: ['1.1'] })
      return searchEntries.map((entry) => entry.dn)
    },
  }
}
