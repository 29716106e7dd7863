import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { entriesOf } from '../../lib/settings/draft.ts'
import { error } from '../../lib/settings/problem.ts'
import type { Check } from './context.ts'

/** A host as requests may spell it: the port that goes without saying is the same host. */
const spelled = (host: string, origin: string): string => {
  const url = `${new URL(origin).protocol}//${host}`
  return URL.canParse(url) ? new URL(url).host : host
}

/** No two sites answer to one name: accounts, sessions and rules hang on it. */
export const checkSites: Check = function* ({ sites: files }, { directory, sites }) {
  for (const [at, name] of entriesOf(files)) {
    const file = resolve(directory, name)
    if (!existsSync(file))
      yield error(['sites', at], 'a site file that exists', `there is no file ${file}: correct the name, or create it`)
  }
  const names = new Map<string, number>()
  const hosts = new Map<string, string>()
  for (const [at, { site, origin }] of sites) {
    const twin = names.get(site.site)
    if (twin === undefined) names.set(site.site, at)
    else
      yield error(['sites', at], 'sites with different names', `rename it: sites[${twin}] is also called ${site.site}`)
    for (const host of site.hosts) {
      const owner = hosts.get(spelled(host, origin))
      if (owner === undefined) hosts.set(spelled(host, origin), site.site)
      else if (owner !== site.site || twin !== undefined) {
        yield error(['sites', at], 'each host in one site', `remove ${host} from ${site.site}: ${owner} has it`)
      }
    }
  }
}
