import { entriesOf, type Draft } from '../../lib/settings/draft.ts'
import { warning, type Finding } from '../../lib/settings/problem.ts'
import { covers } from '../match.ts'
import type { Site } from '../schema.ts'
import type { Check } from './context.ts'

/** A rule that speaks only of what the container keeps to itself is never asked. */
function* checkClosed(site: Draft<Site>): Generator<Finding> {
  const closed = entriesOf(site.upstream?.closed).map(([, pattern]) => pattern.toLowerCase())
  for (const [at, rule] of entriesOf(site.rules)) {
    const paths = entriesOf(rule.match?.path).map(([, pattern]) => pattern.toLowerCase())
    if (paths.length === 0 || !paths.every((path) => closed.some((wide) => covers(wide, path)))) continue
    yield warning(
      ['rules', at],
      'a path outside `upstream.closed`',
      'remove it: those paths are closed to everybody before any rule is asked; or take them out of `upstream.closed`',
    )
  }
}

/** Browsers refuse a cookie for a domain in which the host that sets it does not lie. */
function* checkCookieDomains(site: Draft<Site>): Generator<Finding> {
  const hosts = entriesOf(site.hosts).map(([, host]) => host.split(':', 1)[0] ?? '')
  for (const [at, domain] of entriesOf(site.upstream?.cookies?.domains)) {
    if (hosts.some((host) => host === domain || host.endsWith(`.${domain}`))) continue
    yield warning(
      ['upstream', 'cookies', 'domains', at],
      'a domain in which a host of the site lies',
      'correct it, or remove it: browsers refuse such a cookie',
    )
  }
}

/** What browsers do by themselves, whatever a site says. */
function* checkEmbedding(site: Draft<Site>): Generator<Finding> {
  for (const [at, rule] of entriesOf(site.rules)) {
    if (rule.embed !== 'anywhere' || rule.allow === 'anyone') continue
    yield warning(
      ['rules', at, 'embed'],
      '`same-site`, or `own-pages`',
      'write `same-site`: in pages of other domains browsers do not send the session (SameSite=Lax), and nobody is signed in there',
    )
  }
}

export const checkBrowsers: Check = function* (site) {
  yield* checkClosed(site)
  yield* checkCookieDomains(site)
  yield* checkEmbedding(site)
}
