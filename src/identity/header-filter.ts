import { identityHeaderNames, type HeaderSite } from './call-context.ts'
import { CARD_HEADER_FAMILIES, CARD_HEADERS } from './card-header-names.ts'

/**
 * Whole families, by how their names begin.
 * - `X-Portillon-`: the assertion and whatever the gate marks itself by (H-13)
 * - `X-Forwarded-`: where the visitor came from is said by the gate alone (H-09), and the -User, -Groups and -Client-Cert of
 *   other gates are identities too
 * - `X-Original-`, `X-Rewrite-`: the address or method of a request "before rewriting", which frameworks prefer to the real
 *   one (H-11, CVE-2018-14773)
 */
const FAMILIES = ['X-Portillon-', 'X-Forwarded-', 'X-Original-', 'X-Rewrite-']

const SINGLE = [
  ...['Forwarded', 'Forwarded-For', 'X-Forward-For', 'X-Host', 'X-ProxyUser-Ip'],
  ...['X-Real-IP', 'X-Client-IP', 'Client-IP', 'X-Remote-IP', 'X-Remote-Addr', 'X-Cluster-Client-IP', 'True-Client-IP'],
  ...['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'],
  // Becomes the variable HTTP_PROXY of a CGI program, and from there its proxy (CVE-2016-5385).
  'Proxy',
]

/**
 * A name without all that servers map onto each other or leave out when they make variables of header names: `X_User`,
 * `X.User`, `X User` and `X-User_` are all one to some server behind us (H-03, R18).
 */
const fold = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

/** RFC 9421; whoever else signs a request, the application believes the gate alone (H-16). */
const SIGNATURE = ['Signature', 'Signature-Input']

/** The names of a site that say who somebody is, or prove it. */
const identityNames = (site: HeaderSite): string[] => [
  ...identityHeaderNames(site),
  ...(site.identity.signature === undefined ? [] : SIGNATURE),
]

/** Whether a name, in any spelling, hands over a certificate. */
const createCardNames = (): ((folded: string) => boolean) => {
  const names = new Set(CARD_HEADERS.map(fold))
  const families = CARD_HEADER_FAMILIES.map(fold)
  return (folded) => names.has(folded) || families.some((family) => folded.startsWith(family))
}
const isFoldedCard = createCardNames()

/** Tells the names in which fronts hand over the certificate of a visitor. */
export const isCardHeader = (rawName: string): boolean => isFoldedCard(fold(rawName))

const MAX_KNOWN = 2_000

/**
 * Tells the names that only the gate may set, or that would make the application see another request than was judged.
 * Whatever a visitor sends under them, in any spelling, is not forwarded.
 */
export const createHeaderFilter = (site: HeaderSite): ((rawName: string) => boolean) => {
  const names = new Set([...identityNames(site), ...SINGLE].map(fold))
  const families = FAMILIES.map(fold)
  const isFoldedOurs = (folded: string) =>
    names.has(folded) || families.some((family) => folded.startsWith(family)) || isFoldedCard(folded)
  // A handful of spellings make up all traffic; a visitor who invents names fills the table and is then merely slower.
  const known = new Map<string, boolean>()

  return (rawName) => {
    let isOurs = known.get(rawName)
    if (isOurs === undefined) {
      isOurs = isFoldedOurs(fold(rawName))
      if (known.size < MAX_KNOWN) known.set(rawName, isOurs)
    }
    return isOurs
  }
}

/**
 * Tells the names that say who somebody is. From a visitor they are an attempt, worth a line in the log (H-01); the other
 * names of the filter are what an honest front writes.
 */
export const createIdentityNames = (site: HeaderSite): ((rawName: string) => boolean) => {
  const names = new Set(identityNames(site).map(fold))
  return (rawName) =>
    names.has(fold(rawName)) || fold(rawName).startsWith(fold('X-Portillon-')) || isCardHeader(rawName)
}
