import { entriesOf } from '../../lib/settings/draft.ts'
import { error } from '../../lib/settings/problem.ts'
import type { Check } from './context.ts'

const hostOf = (address: string): string => (URL.canParse(address) ? new URL(address).host : '')

/** A card is shown at an address of its own: where a certificate is asked for once, every page of that address asks for it. */
export const checkCard: Check = function* (site) {
  const address = site.cps?.address
  const users = entriesOf(site.ways).filter(([, { methods }]) => methods?.includes('cps') === true)
  for (const [at] of address === undefined ? users : []) {
    const remedy =
      'add `cps: { address: https://… }` to the site: the name or port of `listen.cards`, as browsers see it'
    yield error(['ways', at, 'methods'], 'an address where people show their card (`cps.address`)', remedy)
  }
  if (address === undefined) return
  const host = hostOf(address.replace('://*.', '://any.'))
  if (host === '') {
    yield error(['cps', 'address'], 'an address that a browser understands', 'correct the host or the port')
  } else if (entriesOf(site.hosts).some(([, own]) => hostOf(`https://${own}`) === host)) {
    const remedy = 'take another name, or another port: browsers would ask for a certificate on every page of the site'
    yield error(['cps', 'address'], 'another address than that of the site', remedy)
  }
}
