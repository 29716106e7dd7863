import { createHash } from 'node:crypto'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { TLSSocket } from 'node:tls'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'
import { listen } from './ports.ts'

/**
 * A foreign identity provider whose every answer a test writes itself, right or wrong. The look-alike beside this file is a
 * real one; this one says what no real one would.
 */

export const CLIENT_ID = 'portillon-test'
export const CLIENT_SECRET = 'a-secret-of-the-tests-alone'
export const REALM = '/auth/realms/esante-wallet'

/** PSC userinfo as in the facts, of an invented person. */
export const CAMILLE = {
  sub: 'f:00000000-0000-4000-8000-000000000000:899900000003',
  preferred_username: '899900000003',
  SubjectNameID: '899900000003',
  given_name: 'CAMILLE',
  family_name: 'EXEMPLE',
  codeCivilite: 'MME',
  email_verified: false,
  authMode: 'CARD',
  SubjectRole: ['10^1.2.250.1.213.1.1.5.5'],
  Secteur_Activite: 'SA01^1.2.250.1.71.4.2.4',
  SubjectOrganization: 'CENTRE HOSPITALIER FICTIF',
  SubjectOrganizationID: 'R9990001',
  Palier_Authentification: 'APPPRIP3^1.2.250.1.213.1.5.1.1.1',
  Mode_Acces_Raison: '',
  otherIds: [{ identifiant: '899900000003', origine: 'RPPS', qualite: 1 }],
  SubjectRefPro: {
    codeCivilite: 'MME',
    exercices: [
      {
        codeProfession: '10',
        codeCategorieProfessionnelle: 'C',
        codeCiviliteDexercice: 'DR',
        nomDexercice: 'EXEMPLE',
        prenomDexercice: 'CAMILLE',
        codeTypeSavoirFaire: 'S',
        codeSavoirFaire: 'SM36',
        activities: [
          {
            codeModeExercice: 'S',
            codeSecteurDactivite: 'SA01',
            codeGenreActivite: 'GENR01',
            numeroFinessSite: '990000028',
            numeroFinessetablissementJuridique: '990000010',
            numeroSiretSite: '',
            identifiantTechniqueDeLaStructure: 'R9990001',
            raisonSocialeSite: 'CENTRE HOSPITALIER FICTIF',
          },
        ],
      },
    ],
  },
} as const

type Json = Readonly<Record<string, unknown>>
type Endpoint = 'discovery' | 'keys' | 'token' | 'userinfo'

/** What the provider says next; each test writes what is to be wrong. */
export interface Script {
  /** Over those of an honest ID token; undefined takes one out. */
  claims: Json
  header: Json
  /** The whole of it, in place of one that is made. */
  idToken: ((honest: string, claims: Json) => string | Promise<string>) | null
  userinfo: Json
  /** Over what the description says. */
  description: Json
  /** Answers in place of an endpoint. */
  instead: Partial<Record<Endpoint, (request: IncomingMessage, response: ServerResponse) => void>>
  /** What is left out, or said otherwise, in the answer that the browser carries. */
  answer: Readonly<Record<string, string | null>>
}

const honest = (): Script => ({
  claims: {},
  header: {},
  idToken: null,
  userinfo: CAMILLE,
  description: {},
  instead: {},
  answer: {},
})

interface Grant {
  readonly nonce: string | null
  readonly challenge: string | null
  readonly redirectUri: string
}

const bodyOf = async (request: IncomingMessage): Promise<URLSearchParams> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

const json = (response: ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

export interface SigningKey {
  readonly privateKey: CryptoKey
  readonly jwk: JWK
  readonly kid: string
  readonly alg: string
}

export const makeKey = async (kid: string, alg = 'RS256'): Promise<SigningKey> => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }, kid, alg }
}

export interface ScriptedOptions {
  /** With `ca`, a client proves itself by a certificate of it and by nothing else (RFC 8705). */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string }
  readonly port?: number
}

export const startScriptedProvider = async (options: ScriptedOptions = {}) => {
  let script = honest()
  let signing = await makeKey('key-1')
  let published: JWK[] = [signing.jwk]
  const grants = new Map<string, Grant>()
  const asked: Record<Endpoint, number> = { discovery: 0, keys: 0, token: 0, userinfo: 0 }
  let codes = 0

  const sign = (claims: Json, header: Json = {}, key = signing): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT', ...header }).sign(key.privateKey)

  const honestClaims = (nonce: string | null): Json => {
    const now = Math.floor(Date.now() / 1_000)
    return {
      iss: issuer(),
      aud: CLIENT_ID,
      azp: CLIENT_ID,
      sub: script.userinfo['sub'],
      iat: now,
      exp: now + 120,
      auth_time: now,
      acr: 'eidas1',
      sid: 'session-1',
      ...(nonce !== null && { nonce }),
    }
  }

  const token = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request)
    const basic = `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64')}`
    const isCertified = request.socket instanceof TLSSocket && request.socket.authorized
    const isSecret = request.headers.authorization === basic || body.get('client_secret') === CLIENT_SECRET
    const isClient = options.tls?.ca === undefined ? isSecret : isCertified && body.get('client_id') === CLIENT_ID
    const grant = grants.get(body.get('code') ?? '')
    grants.delete(body.get('code') ?? '')
    const challenge = createHash('sha256')
      .update(body.get('code_verifier') ?? '')
      .digest('base64url')
    if (!isClient) json(response, 401, { error: 'invalid_client' })
    else if (grant === undefined || grant.challenge !== challenge || grant.redirectUri !== body.get('redirect_uri'))
      json(response, 400, { error: 'invalid_grant' })
    else {
      const claims = { ...honestClaims(grant.nonce), ...script.claims }
      const made = await sign(claims, script.header)
      const idToken = script.idToken === null ? made : await script.idToken(made, claims)
      json(response, 200, { access_token: 'access-1', token_type: 'Bearer', expires_in: 120, id_token: idToken })
    }
  }

  const endpoints: Record<Endpoint, (request: IncomingMessage, response: ServerResponse) => void | Promise<void>> = {
    discovery: (_request, response) =>
      json(response, 200, {
        issuer: issuer(),
        // The host on which people sign in is another one than that of the issuer.
        authorization_endpoint: `${origin().replace('127.0.0.1', 'localhost')}/auth`,
        token_endpoint: `${issuer()}/protocol/openid-connect/token`,
        userinfo_endpoint: `${issuer()}/protocol/openid-connect/userinfo`,
        jwks_uri: `${issuer()}/protocol/openid-connect/certs`,
        end_session_endpoint: `${issuer()}/protocol/openid-connect/logout`,
        authorization_response_iss_parameter_supported: true,
        acr_values_supported: ['0', '0'],
        ...script.description,
      }),
    keys: (_request, response) => json(response, 200, { keys: published }),
    token,
    userinfo: (request, response) => {
      if (request.headers.authorization === 'Bearer access-1') json(response, 200, script.userinfo)
      else response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end()
    },
  }
  const PATHS: Readonly<Record<string, Endpoint>> = {
    [`${REALM}/.well-known/wallet-openid-configuration`]: 'discovery',
    [`${REALM}/protocol/openid-connect/token`]: 'token',
    [`${REALM}/protocol/openid-connect/userinfo`]: 'userinfo',
    [`${REALM}/protocol/openid-connect/certs`]: 'keys',
  }
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const endpoint = PATHS[new URL(request.url ?? '', 'http://x').pathname]
    if (endpoint === undefined) {
      response.writeHead(404).end()
      return
    }
    asked[endpoint] += 1
    const answer = script.instead[endpoint] ?? endpoints[endpoint]
    void Promise.resolve(request).then((arrived) => answer(arrived, response))
  }
  const start = async (at: number) => {
    const made =
      options.tls === undefined
        ? createHttpServer(onRequest)
        : createHttpsServer(
            { ...options.tls, requestCert: options.tls.ca !== undefined, rejectUnauthorized: false },
            onRequest,
          )
    return { server: made, port: await listen(made, at) }
  }
  let running: Awaited<ReturnType<typeof start>> | null = await start(options.port ?? 0)
  const { port } = running
  const origin = () => `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
  const issuer = () => `${origin()}${REALM}`
  const stop = async (): Promise<void> => {
    const stopping = running
    running = null
    if (stopping === null) return
    stopping.server.closeAllConnections()
    await new Promise((resolve) => stopping.server.close(resolve))
  }

  return {
    port,
    issuer: issuer(),
    asked,
    /** What it says from now on: honest, but for this. */
    says: (fields: Partial<Script>) => {
      script = { ...honest(), ...fields }
    },
    sign,
    signingKey: () => signing,
    /** Signs with this key from now on. @param keys what it publishes */
    rotate: (key: SigningKey, keys: readonly JWK[] = [key.jwk]) => {
      signing = key
      published = [...keys]
    },
    /** The person signs in there: what the browser brings back, as path and query at the gate. */
    answerTo: (location: string): string => {
      const asking = new URL(location).searchParams
      codes += 1
      const code = `code-${codes}`
      grants.set(code, {
        nonce: asking.get('nonce'),
        challenge: asking.get('code_challenge'),
        redirectUri: asking.get('redirect_uri') ?? '',
      })
      const answer = new URL(asking.get('redirect_uri') ?? '')
      const said: Record<string, string | null> = {
        code,
        state: asking.get('state') ?? '',
        iss: issuer(),
        ...script.answer,
      }
      for (const [name, value] of Object.entries(said)) if (value !== null) answer.searchParams.set(name, value)
      return `${answer.pathname}${answer.search}`
    },
    stop,
    /** Where it was before. */
    start: async () => {
      running = await start(port)
    },
  }
}

export type ScriptedProvider = Awaited<ReturnType<typeof startScriptedProvider>>
