import { isLoopbackHost } from '../../lib/host-kind.ts'
import { error, warning } from '../../lib/settings/problem.ts'
import type { Check } from './context.ts'

const EVERYWHERE = new Set(['0.0.0.0', '::'])

/** Who terminates TLS, and whether the gate can know where visitors come from. */
export const checkListeners: Check = function* ({ listen, admin }, { sites }) {
  if (listen?.address === undefined) return
  const isBehindFront = (listen['trusted-proxies'] ?? []).length > 0
  const secure = sites.filter(([, { origin }]) => origin.startsWith('https:'))
  if (listen.tls === undefined && !isBehindFront && secure.length > 0) {
    const remedy = 'add `tls: { certificate: …, key: … }`, or name the front that terminates TLS in `trusted-proxies`'
    const sitesNamed = secure.map(([, { site }]) => site.site).join(', ')
    if (isLoopbackHost(listen.address)) {
      yield warning(
        ['listen', 'tls'],
        `a way to know visitors apart: ${sitesNamed} is https, so some front stands before the gate`,
        remedy,
      )
    } else
      yield error(
        ['listen', 'tls'],
        `TLS, since ${sitesNamed} is https and the gate listens beyond this machine`,
        remedy,
      )
  }
  for (const [at, { origin }] of sites) {
    if (listen.tls === undefined || origin.startsWith('https:')) continue
    yield error(
      ['sites', at],
      'sites that are https, since the gate speaks TLS',
      `${origin} is http: correct its \`origin\`, or remove \`listen.tls\``,
    )
  }
  const isOneAddress =
    admin?.address === listen.address || EVERYWHERE.has(admin?.address ?? '') || EVERYWHERE.has(listen.address)
  if (admin?.port !== undefined && admin.port === listen.port && admin.port !== 0 && isOneAddress) {
    yield error(
      ['admin', 'port'],
      'a port of its own',
      'choose another: health and metrics never share the port of visitors (G-05)',
    )
  }
}
