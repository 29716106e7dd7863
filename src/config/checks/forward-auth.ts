import { parseAddressBlock } from '../../lib/address.ts'
import { entriesOf } from '../../lib/settings/draft.ts'
import { error } from '../../lib/settings/problem.ts'
import type { Check } from './context.ts'

const PROXIES = ['listen', 'trusted-proxies']

const isEverybody = (network: string): boolean => parseAddressBlock(network)?.[1] === 0

/**
 * R19: who may ask for decisions is named, or nobody may. Whoever asks also says which request is meant and gets the
 * identity of whoever's cookie comes along: a list that is empty or holds everybody stops the start.
 */
export const checkForwardAuth: Check = function* ({ listen }, { sites }) {
  const asking = sites.filter(([, { site }]) => site['forward-auth'].enabled).map(([, { site }]) => site.site)
  const proxies = listen?.['trusted-proxies']
  if (asking.length === 0 || proxies === undefined) return
  if (proxies.length === 0) {
    yield error(
      PROXIES,
      'at least one proxy: nobody else may ask for decisions',
      `name the proxy that asks for ${asking.join(', ')}, or remove \`forward-auth\` there`,
    )
  }
  for (const [at, network] of entriesOf(proxies)) {
    if (!isEverybody(network)) continue
    yield error(
      [...PROXIES, at],
      'a proxy or a network of proxies, not everybody: whoever is listed may ask for decisions',
      `name the proxy that asks for ${asking.join(', ')}`,
    )
  }
}
