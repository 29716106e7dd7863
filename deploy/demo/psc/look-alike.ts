import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Configuration, Grant, Provider } from 'oidc-provider'
import { errorPage, peoplePage, signingOutPage } from './pages.ts'
import { userinfoOf, type PscPerson } from './people.ts'

/**
 * Looks like Pro Santé Connect to the gate: its paths below the realm, its scope, its userinfo, its description in a place of
 * its own. A certified provider does the rest; it is there on machines where the tests can run, and nowhere else.
 */

const REALM = '/auth/realms/esante-wallet'
const CONNECT = `${REALM}/protocol/openid-connect`
const SCOPE = 'openid scope_all'

export interface PscClient {
  readonly id: string
  readonly secret: string
  readonly redirectUri: string
  readonly postLogoutRedirectUri: string
  readonly backChannelLogoutUri: string
}

export interface PscLookAlike {
  readonly issuer: string
  close(): Promise<void>
}

const configurationOf = (client: PscClient, people: readonly PscPerson[]): Configuration => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const known = new Map(people.map((person) => [userinfoOf(person).sub, userinfoOf(person)]))
  const [someone] = known.values()
  return {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: [client.redirectUri],
        post_logout_redirect_uris: [client.postLogoutRedirectUri],
        backchannel_logout_uri: client.backChannelLogoutUri,
        backchannel_logout_session_required: true,
        require_auth_time: true,
        scope: SCOPE,
      },
    ],
    cookies: { keys: [randomBytes(24).toString('hex')] },
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'psc-1', alg: 'RS256', use: 'sig' }] },
    scopes: SCOPE.split(' '),
    claims: { openid: ['sub'], scope_all: Object.keys(someone ?? {}).filter((name) => name !== 'sub') },
    acrValues: ['eidas1'],
    conformIdTokenClaims: true,
    routes: {
      authorization: '/auth',
      token: `${CONNECT}/token`,
      userinfo: `${CONNECT}/userinfo`,
      jwks: `${CONNECT}/certs`,
      end_session: `${CONNECT}/logout`,
    },
    findAccount: (_, accountId) => {
      const claims = known.get(accountId)
      return claims === undefined ? undefined : { accountId, claims: () => claims }
    },
    // The gate of the demonstration lives on this machine, where a real provider would refuse to call.
    fetch: (url, options) => {
      const { method, headers, body } = options ?? {}
      return fetch(url, { ...(method && { method }), ...(headers && { headers }), ...(body && { body }) })
    },
    ttl: { AccessToken: 120, Grant: 14_400, IdToken: 120, Interaction: 600, Session: 14_400 },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    renderError: (context, out) => {
      context.type = 'html'
      context.body = errorPage(out.error)
    },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context, form) => {
          context.body = signingOutPage(form)
        },
      },
    },
  }
}

/** Nobody is asked what the client may know: Pro Santé Connect does not ask either. */
const grantTo = async (provider: Provider, accountId: string, clientId: string): Promise<Grant> => {
  const grant: Grant = new provider.Grant({ accountId, clientId })
  grant.addOIDCScope(SCOPE)
  await grant.save()
  return grant
}

const fieldsOf = async (request: IncomingMessage): Promise<URLSearchParams> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

const interact = async (
  provider: Provider,
  people: readonly PscPerson[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  if (request.method !== 'POST') {
    await provider.interactionDetails(request, response)
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(peoplePage(request.url ?? '', people))
    return
  }
  const chosen = (await fieldsOf(request)).get('person')
  const person = people.find(({ nationalId }) => nationalId === chosen)
  const result =
    person === undefined
      ? { error: 'access_denied', error_description: 'cancelled by the person' }
      : { login: { accountId: userinfoOf(person).sub, acr: 'eidas1' } }
  await provider.interactionFinished(request, response, result)
}

/** Starts it on a free port of this machine. @throws when the provider is not installed */
export const startPscLookAlike = async (client: PscClient, people: readonly PscPerson[]): Promise<PscLookAlike> => {
  const { Provider: Implementation } = await import('oidc-provider')
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}${REALM}`
  const provider: Provider = new Implementation(issuer, {
    ...configurationOf(client, people),
    loadExistingGrant: ({ oidc }) => {
      const accountId = oidc.session?.accountId
      return accountId === undefined || oidc.client === undefined
        ? Promise.resolve(undefined)
        : grantTo(provider, accountId, oidc.client.clientId)
    },
  })
  const handle = provider.callback()
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    // The standard place is not the one that Pro Santé Connect has for clients of its wallet.
    if (request.url === `${REALM}/.well-known/wallet-openid-configuration`)
      request.url = '/.well-known/openid-configuration'
    else if (request.url === '/.well-known/openid-configuration') request.url = '/nowhere'
    if (request.url?.startsWith('/interaction/') !== true) void handle(request, response)
    else interact(provider, people, request, response).catch(() => response.writeHead(400).end(errorPage('expired')))
  })
  return {
    issuer,
    close: async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
