import { isLoopbackHost, isPrivateHost } from '../../lib/host-kind.ts'
import { entriesOf, type Draft } from '../../lib/settings/draft.ts'
import { error, warning, type Finding } from '../../lib/settings/problem.ts'
import { originOf } from '../origin.ts'
import type { Site } from '../schema.ts'
import type { Check } from './context.ts'

const isPort = (text: string | undefined): boolean =>
  text === undefined || (Number(text) >= 1 && Number(text) <= 65_535)

/** The host as a URL of the site's scheme writes it: without the port that goes without saying. */
const canonicalHost = (host: string, scheme: string): string => {
  const url = `${scheme}//${host}`
  return URL.canParse(url) ? new URL(url).host : host
}

function* checkList(site: Draft<Site>, scheme: string): Generator<Finding> {
  const seen = new Map<string, number>()
  for (const [at, host] of entriesOf(site.hosts)) {
    const path = ['hosts', at]
    if (!URL.canParse(`${scheme}//${host}`)) {
      yield error(path, 'a host name that a browser understands', 'correct the name or the port')
      continue
    }
    const name = canonicalHost(host, scheme)
    const first = seen.get(name)
    if (first === undefined) seen.set(name, at)
    else yield error(path, 'each host once', `remove it: hosts[${first}] is the same`)
  }
}

function* checkOrigin(site: Draft<Site>): Generator<Finding> {
  const { origin } = site
  if (origin === undefined) return
  if (!URL.canParse(origin)) {
    yield error(['origin'], 'an address that a browser understands', 'correct the host or the port')
    return
  }
  const { protocol, host, hostname } = new URL(origin)
  const hosts = entriesOf(site.hosts).map(([, name]) => canonicalHost(name, protocol))
  if (hosts.length > 0 && !hosts.includes(host)) {
    yield error(
      ['origin'],
      `an address of one of the hosts: ${hosts.join(', ')}`,
      `add ${host} to \`hosts\`, or correct the origin`,
    )
  }
  if (protocol === 'http:' && !isLoopbackHost(hostname)) {
    yield error(
      ['origin'],
      'https://, except on this machine itself (localhost, 127.0.0.1, [::1])',
      `write https://${host}: over http, passwords and sessions can be read on the way`,
    )
  }
}

function* checkUpstream(site: Draft<Site>): Generator<Finding> {
  const address = site.upstream?.url
  if (address === undefined) return
  const path = ['upstream', 'url']
  if (!URL.canParse(address) || !isPort(/:(\d+)$/.exec(address)?.[1])) {
    yield error(path, 'http:// or https://, a host and a port, no path', 'correct the host or the port')
    return
  }
  const { protocol, host, hostname } = new URL(address)
  if (entriesOf(site.hosts).some(([, name]) => canonicalHost(name, protocol) === host)) {
    yield error(
      path,
      'the address of the application, not of the gate',
      'name the inner address of the application: this one comes back here',
    )
  }
  if (protocol === 'http:' && !isPrivateHost(hostname)) {
    yield warning(
      path,
      'https://, or an inner address',
      'write https://, or reach the application over an inner network: records and identities pass here',
    )
  }
}

export const checkHosts: Check = function* (site) {
  const [first] = entriesOf(site.hosts).map(([, host]) => host)
  const origin = site.origin ?? (first === undefined ? undefined : originOf({ hosts: [first] }))
  yield* checkList(site, origin?.startsWith('http:') === true ? 'http:' : 'https:')
  yield* checkOrigin(site)
  yield* checkUpstream(site)
}
