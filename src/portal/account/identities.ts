import { isEvidenceMethod } from '../../sign-in/evidence.ts'
import { arrivalHref } from '../arrival-pages.ts'
import { linkTarget } from '../link-evidence.ts'
import type { PageModels } from '../pages.ts'
import type { PortalParts } from '../portal-parts.ts'
import type { Visit } from '../visit.ts'
import type { Person } from './person.ts'

/** Of the methods that name somebody, those that people present themselves: a call comes from an establishment. */
const PRESENTED = ['cps', 'pro-sante-connect', 'oidc'] as const

/** A number as it is; of a provider the host, which people may have seen in their browser. */
export const shownIdentity = (label: string): string => (URL.canParse(label) ? new URL(label).host : label)

/** What of the site leads to a page on which something can be presented. */
const presentable = (parts: PortalParts, { site, address }: Visit) => {
  const { open } = site.policy.waysAt(parts.clock.now(), address)
  const asked = new Set(open.flatMap(({ methods }) => methods.filter(isEvidenceMethod)))
  return PRESENTED.filter((method) => asked.has(method))
}

/** Cards and accounts at providers that lead to this account, and what could be linked (G19). */
export const identitiesOf = async (
  parts: PortalParts,
  visit: Visit,
  { account }: Person,
): Promise<Pick<PageModels['account'], 'identities' | 'linkable'>> => {
  const { site } = visit
  const linked = await parts.factors.of(account.id, 'identity')
  const rows = linked.map(({ id, label, createdAt }) => ({
    id,
    label: shownIdentity(label),
    since: new Date(createdAt).toISOString(),
  }))
  const registered = account.nationalId === null ? [] : [{ id: null, label: account.nationalId, since: null }]
  const hasNumber = (await parts.identities.nationalIdOf(account)) !== null
  const sealed = parts.targets.seal(site.site.site, linkTarget(site))
  // One number serves card and Pro Santé Connect alike; another provider may name its people by itself.
  const left = presentable(parts, visit).filter((method) => method === 'oidc' || !hasNumber)
  return {
    identities: [...registered, ...rows],
    linkable: left.map((method) => ({ method, href: arrivalHref(site, method, sealed) })),
  }
}
