import { parseTarget } from '../lib/path.ts'
import type { ReturnTarget } from '../lib/return-target.ts'
import type { PortalSite } from './visit.ts'

/** The page on which the owner of a kept form decides; short, so that no browser shortens it when it says whence it comes. */
export const keptFormHref = ({ prefix }: Pick<PortalSite, 'prefix'>, handle: string): string =>
  `${prefix}/kept-form?${new URLSearchParams({ form: handle }).toString()}`

/** Where the window ends in which somebody has signed in again beside a page of the application (G9). */
export const doneHref = ({ prefix }: Pick<PortalSite, 'prefix'>): string => `${prefix}/sign-in/done`

/** Where a call goes on once the person has proved the second factor that they need. */
export const callDeliveryHref = ({ prefix }: Pick<PortalSite, 'prefix'>, call: string): string =>
  `${prefix}/contextual-call/deliver?call=${call}`

const isCallDelivery = (site: Pick<PortalSite, 'prefix'>, path: string): boolean =>
  /^[a-p]{32}$/.test(path.slice(callDeliveryHref(site, '').length)) && path.startsWith(callDeliveryHref(site, ''))

/** Pages of ours that only show something: somebody who had to prove anew who they are comes back to them. */
export const isAccountPage = ({ prefix }: Pick<PortalSite, 'prefix'>, path: string): boolean =>
  new RegExp(`^${prefix}/account(?:/[a-z-]+)?(?:\\?|$)`).test(path)

/**
 * Where a person goes once signed in: to the form that waits for them, or the page they asked for; to the first page when
 * that is one of the gate's own or a sign-out, which would send them round in circles or straight out again (R-07).
 */
export const destinationOf = (site: PortalSite, target: ReturnTarget | undefined): string => {
  if (target === undefined) return '/'
  if (target.form !== undefined) return keptFormHref(site, target.form)
  if (target.path === doneHref(site)) return target.path
  if (isAccountPage(site, target.path) || isCallDelivery(site, target.path)) return target.path
  const parsed = parseTarget('GET', target.path)
  if (!parsed.ok) return '/'
  const { path } = parsed.value
  const isOurs =
    path.toLowerCase() === site.prefix.toLowerCase() || path.toLowerCase().startsWith(`${site.prefix.toLowerCase()}/`)
  return isOurs || site.policy.isUpstreamSignOut(path) ? '/' : target.path
}

/** The page that tells of a way about to end, on the way to a page (G8). */
export const endingHref = ({ prefix }: Pick<PortalSite, 'prefix'>, sealed: string): string =>
  `${prefix}/sign-in/ending?${new URLSearchParams({ to: sealed }).toString()}`

/** The link to « Mot de passe oublié ? », from which one comes back with the target kept. */
export const forgottenHref = ({ prefix }: Pick<PortalSite, 'prefix'>, sealed: string): string =>
  `${prefix}/password/forgot${sealed === '' ? '' : `?${new URLSearchParams({ to: sealed }).toString()}`}`

/** The link to the sign-in page that keeps a target. */
export const signInHref = (site: PortalSite, sealed: string, why?: string): string => {
  const query = new URLSearchParams(sealed === '' ? {} : { to: sealed })
  if (why !== undefined) query.set('why', why)
  const text = query.toString()
  return `${site.prefix}/sign-in${text === '' ? '' : `?${text}`}`
}
