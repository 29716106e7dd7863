import type { Request, Response } from 'express'
import type { Provider } from '../../methods/oidc/provider.ts'
import type { EndedThere } from '../../methods/oidc/provider-sessions.ts'
import type { ProviderMethod } from '../../policy/provider-credentials.ts'
import { textOf } from '../form.ts'
import type { PortalParts } from '../portal-parts.ts'
import { providerAt } from '../provider-at.ts'
import { visitOf } from '../visit.ts'

const answer = (response: Response, status: number, error?: string): void => {
  response.status(status).set('Cache-Control', 'no-store')
  if (error === undefined) response.end()
  else response.json({ error })
}

const traceOf = (response: Response) => {
  const { site, address, reference } = visitOf(response.req)
  return { site: site.site.site, reference, ...(address === undefined ? {} : { address }) }
}

const endSessions = async (
  parts: PortalParts,
  response: Response,
  { profile }: Provider,
  ended: EndedThere,
): Promise<void> => {
  const digests = await parts.providers.sessions.takeEnded(profile.site, profile.issuer, ended)
  for (const { digest, record } of await parts.lifecycle.end('provider', ...digests)) {
    parts.trail.record({
      event: 'session.ended-at-provider',
      account: record.account,
      login: record.login,
      method: profile.method,
      session: digest,
      detail: profile.issuer,
      ...traceOf(response),
    })
  }
}

/**
 * POST of the provider itself, without a browser: a session of its own has ended, and with it those that it had opened here,
 * on all nodes (OIDC Back-Channel Logout 1.0). A session that is unknown here has ended already.
 */
export const takeBackChannelLogout =
  (parts: PortalParts, method: ProviderMethod) =>
  async (request: Request, response: Response): Promise<void> => {
    const provider = providerAt(parts, response, method)
    if (provider === null) return
    const { issuer, site } = provider.profile
    if (!parts.providers.mayTell(provider)) {
      response.set('Retry-After', '5')
      answer(response, 429, 'temporarily_unavailable')
      return
    }
    const judged = await parts.providers.judgeLogoutToken(provider, textOf(request.body, 'logout_token'))
    if (judged.ok) {
      await endSessions(parts, response, provider, judged.value)
      answer(response, 200)
      return
    }
    const detail = `${judged.reason} ${issuer}`
    parts.trail.record({ event: 'provider.logout-refused', method, detail, ...traceOf(response), site })
    answer(response, 400, 'invalid_request')
  }
