import { readFileSync } from 'node:fs'
import { createAnswerRules, framedAnswerRules } from '../gateway/answer-rules.ts'
import { createUpstream } from '../gateway/upstream-pool.ts'
import type { GatewaySite } from '../gateway/site.ts'
import type { AssertionMinter } from '../identity/assertion.ts'
import { createHeaderFilter, createIdentityNames } from '../identity/header-filter.ts'
import { createIdentityHeaders } from '../identity/headers.ts'
import { createRequestSigner } from '../identity/request-signature.ts'
import { createPolicy } from '../policy/decide.ts'
import type { LoadedSite } from '../policy/load.ts'
import type { CallContext } from '../policy/subject.ts'
import { cookieName } from '../portal/cookies.ts'
import type { PortalSite } from '../portal/visit.ts'
import { createPeek } from '../session/peek.ts'
import { callContexts } from './join-calls.ts'
import type { Foundations } from './foundations.ts'
import type { AppSettings } from './settings.ts'

/** One site, as the data path and as the pages see it. */
export interface JoinedSite {
  readonly gateway: GatewaySite
  readonly portal: PortalSite
}

export const joinSite = (
  foundations: Foundations,
  { clock, random }: AppSettings,
  minter: AssertionMinter,
  { site, origin, secure, realm, signatureSecret }: LoadedSite,
): JoinedSite => {
  const { keyring, cache } = foundations
  const policy = createPolicy(site)
  const peek = createPeek({
    cache,
    secrets: () => keyring.cookieSecrets(),
    cookieName: cookieName({ secure }, 'session'),
    site: site.site,
    clock,
  })
  const scheme = origin.slice(0, origin.indexOf('//'))
  const origins = new Set([origin, ...site.hosts.map((host) => `${scheme}//${host}`)])
  const contexts = callContexts(foundations, { random })
  const valuesOf = (call: CallContext) => contexts.open(site.site, call)
  const answers = createAnswerRules(site, origin, origins)
  const ca = site.upstream.ca === undefined ? undefined : readFileSync(site.upstream.ca, 'utf8')
  return {
    gateway: {
      site,
      origin,
      origins,
      prefix: site.prefix,
      realm,
      policy,
      callLinks: new Set(site.partners.flatMap(({ link }) => (link === undefined ? [] : [link.path]))),
      isOurHeader: createHeaderFilter(site),
      isIdentityHeader: createIdentityNames(site),
      identityHeaders: createIdentityHeaders(site, valuesOf),
      assertion: minter.forSite(site, origin, valuesOf),
      sign: createRequestSigner(site, signatureSecret, { clock, random }),
      peek,
      upstream: createUpstream(site.upstream, ca),
      answers,
      framedAnswers: framedAnswerRules(answers, site['contextual-call']?.frames ?? []),
    },
    portal: { site, origin, secure, prefix: site.prefix, realm, policy, peek },
  }
}
