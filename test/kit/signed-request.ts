import assert from 'node:assert/strict'
import { createIdentityHeaders } from '../../src/identity/headers.ts'
import { createRequestSigner, type SignedRequest } from '../../src/identity/request-signature.ts'
import { systemRandom } from '../../src/lib/random.ts'
import type { Site } from '../../src/policy/schema.ts'
import type { SignedIn, Subject } from '../../src/policy/subject.ts'
import { createManualClock } from './clock.ts'

/** Requests as the gate signs them, without a gate: what verifiers are held against. */

export const SIGNATURE_SECRET = '0123456789abcdefghijklmnopqrstuvwxyz-ABCD'
export const SIGNED_AT = '2026-11-23T09:00:00.700Z'
export const SIGNED_HEADERS = { 'X-Remote-User': 'login', 'X-User-Name': 'name', 'X-User-RPPS': 'rpps' } as const

export const ZOE: SignedIn = {
  kind: 'signed-in',
  account: 'a-1',
  login: 'z.oeuvrard',
  name: 'Zoé Œuvrard',
  givenName: 'Zoé',
  familyName: 'Œuvrard',
  email: 'zoe@hopital.example.test',
  nationalId: null,
  roles: ['medecin'],
  way: 'mailed-code',
  level: 1,
  methods: ['password', 'email-code'],
  authenticatedAt: Date.UTC(2026, 10, 23),
}

export const REQUEST: SignedRequest = {
  method: 'GET',
  host: 'dcc.example.test',
  target: '/dcc/%7Ea;x=1?q=%C3%A9&empty=',
}

export const signingSite = (encoding: Site['identity']['encoding'] = 'percent-utf8', lifetime = 60_000) => ({
  identity: {
    headers: SIGNED_HEADERS,
    encoding,
    signature: { 'key-id': 'dcc-2026', 'secret-file': '', lifetime },
  },
})

export interface SignedMessage {
  readonly method: string
  readonly url: string
  /** The headers that the application receives, names and values in turns. */
  readonly rawHeaders: readonly string[]
}

export const valueIn = ({ rawHeaders }: SignedMessage, name: string): string | undefined =>
  rawHeaders.find((_value, at) => at % 2 === 1 && rawHeaders[at - 1] === name)

export const createSigning = (site = signingSite(), clock = createManualClock(SIGNED_AT)) => {
  const sign = createRequestSigner(site, SIGNATURE_SECRET, { clock, random: systemRandom })
  assert.ok(sign !== null)
  const headersOf = createIdentityHeaders(site)
  return (request = REQUEST, subject: Subject = ZOE, assertion = 'e30.e30.c2ln'): SignedMessage => {
    const identity = headersOf(subject)
    const fields = sign(request, identity, assertion)
    const rawHeaders = ['Host', request.host, ...identity.flat(), 'X-Portillon-Assertion', assertion, ...fields]
    return { method: request.method, url: request.target, rawHeaders }
  }
}
