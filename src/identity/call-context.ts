import { LRUCache } from 'lru-cache'
import type { CallValue } from '../policy/contextual-call.ts'
import type { Site } from '../policy/schema.ts'
import type { CallContext } from '../policy/subject.ts'
import type { Sealed } from './sealed.ts'

export type ContextValues = Readonly<Partial<Record<CallValue, string>>>

/** What a session that a call has opened tells the application of it. */
export interface CallContexts {
  close(site: string, id: string, values: ContextValues): string
  /** Nothing for a context of another site, or under a key that is gone: the application is told nothing, never another's. */
  open(site: string, context: Pick<CallContext, 'id' | 'sealed'>): ContextValues
}

const MAX_KEPT = 10_000
const NONE: ContextValues = {}

export const createCallContexts = (sealed: Sealed): CallContexts => {
  const opened = new LRUCache<string, ContextValues>({ max: MAX_KEPT })
  const binding = (site: string, id: string) => `context ${site} ${id}`
  return {
    close: (site, id, values) => sealed.close(binding(site, id), values),
    open: (site, { id, sealed: text }) => {
      const name = `${site} ${id} ${text}`
      const known = opened.get(name)
      if (known !== undefined) return known
      const values = (sealed.open(binding(site, id), text) ?? NONE) as ContextValues
      opened.set(name, values)
      return values
    },
  }
}

/** A site, as far as its plain identity headers go. */
export type HeaderSite = Pick<Site, 'identity'> & Partial<Pick<Site, 'contextual-call'>>

/** The headers by which a site's application is told of a call, in the order of the policy. */
export const callHeaders = (site: HeaderSite): readonly (readonly [name: string, value: CallValue])[] =>
  Object.entries(site['contextual-call']?.deliver.headers ?? {})

/** Every plain header that the gate alone may set, in the order in which they are sent and signed. */
export const identityHeaderNames = (site: HeaderSite): readonly string[] => [
  ...Object.keys(site.identity.headers),
  ...callHeaders(site).map(([name]) => name),
]
