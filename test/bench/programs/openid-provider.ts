import { createServer } from 'node:http'
import { Provider, type Grant } from 'oidc-provider'
import { listen } from '../../kit/ports.ts'
import { IDENTITY } from '../upstream.ts'

/**
 * An OpenID provider of this machine for one client and one person, who is signed in as soon as somebody asks. CLIENT_SECRET
 * and REDIRECT_URI come from the environment.
 */

const { CLIENT_SECRET: secret, REDIRECT_URI: redirect } = process.env
if (secret === undefined || redirect === undefined) throw new Error('CLIENT_SECRET and REDIRECT_URI are needed')

const server = createServer()
const port = await listen(server)

const provider: Provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: 'bench', client_secret: secret, redirect_uris: [redirect] }],
  cookies: { keys: [secret] },
  claims: { openid: ['sub'] },
  findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, { uid }) => `/sign-in/${uid}` },
  // Nobody is asked what the client may know.
  loadExistingGrant: async ({ oidc }): Promise<Grant | undefined> => {
    const accountId = oidc.session?.accountId
    const clientId = oidc.client?.clientId
    if (accountId === undefined || clientId === undefined) return undefined
    const grant: Grant = new provider.Grant({ accountId, clientId })
    grant.addOIDCScope('openid')
    await grant.save()
    return grant
  },
})

const handle = provider.callback()
server.on('request', (request, response) => {
  if (request.url?.startsWith('/sign-in/') !== true) {
    void handle(request, response)
    return
  }
  provider
    .interactionFinished(request, response, { login: { accountId: IDENTITY.login } })
    .catch((thrown: unknown) => response.writeHead(500).end(String(thrown)))
})
process.stdout.write(`listening on ${port}\n`)
