import { SignJWT, type JWTPayload } from 'jose'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import type { Proof, Site } from '../policy/schema.ts'
import type { CallContext, SignedIn } from '../policy/subject.ts'
import type { ContextValues } from './call-context.ts'
import type { AssertionKey } from './key-material.ts'
import type { Keyring } from './keyring.ts'

/**
 * How strongly the person proved who they are: read this one, not `amr`, to grant rights. 1: means of a transition, such as a
 * password and a mailed code; 2: two real factors; 3: a card or its equal. It is the level of the site's policy. It makes no
 * claim to a level of eIDAS: that is the homologation's to decide.
 */
const ACR = { 1: 'urn:portillon:level:1', 2: 'urn:portillon:level:2', 3: 'urn:portillon:level:3' } as const

/**
 * Method names of RFC 8176. A mailed code has none of its own: `otp` says that a one-time code was given, as other gates do,
 * while the RFC thinks of RFC 4226 and 6238; the claim `way` tells them apart. Never `mfa` for these two: for the CNIL a
 * password and a mailed code are two steps, not two factors (T-25). A passkey is `pop`: whether its key lives in hardware
 * (`hwk`) nobody here can tell, because no attestation is asked for. What a provider or a hospital did is theirs to say: their proof
 * adds no name.
 */
const AMR: Readonly<Record<Proof, string | null>> = {
  password: 'pwd',
  'email-code': 'otp',
  totp: 'otp',
  passkey: 'pop',
  'recovery-code': 'otp',
  // Nothing was proved but the password: the application is told no more than that.
  'remembered-device': null,
  cps: 'sc',
  'pro-sante-connect': null,
  oidc: null,
  'contextual-call': null,
}

/** What is held in the hand and known to nobody else: with a password, two factors. */
const POSSESSION: ReadonlySet<Proof> = new Set(['totp', 'recovery-code'])

/** Held, and opened by what the person knows or is: the verification of a passkey's user is demanded, a card has its PIN. */
const OPENED_BY_OWNER: ReadonlySet<Proof> = new Set(['passkey', 'cps'])

const amrOf = (methods: readonly Proof[]): readonly string[] => {
  const isMultiFactor =
    methods.some((method) => OPENED_BY_OWNER.has(method)) ||
    (methods.includes('password') && methods.some((method) => POSSESSION.has(method)))
  const names = methods.map((method) => AMR[method]).filter((name) => name !== null)
  return [...new Set(names), ...(isMultiFactor ? ['mfa'] : [])]
}

/** Far more than people who work at one moment; an entry is about a kilobyte. */
const MAX_KEPT = 20_000
const SID_LENGTH = 32

/** Gives the assertion for a session: at once when it is known, null on a site that wants none. */
export type Mint = (subject: SignedIn, sessionDigest: string) => string | null | Promise<string | null>

export interface AssertionMinter {
  /**
   * @param origin public origin of the site, the `iss` of its assertions
   * @param valuesOf what a call that opened the session tells the application
   */
  forSite(
    site: Pick<Site, 'identity'> & Partial<Pick<Site, 'contextual-call'>>,
    origin: string,
    valuesOf?: (call: CallContext) => ContextValues,
  ): Mint
}

export interface AssertionMinterParts {
  readonly keyring: Keyring
  readonly clock: Clock
  readonly random: Random
}

interface Kept {
  /** A token of a key that no longer signs is never handed out, or a withdrawn key would live on in here. */
  readonly kid: string
  readonly mintedAt: number
  readonly renewAt: number
  token: string | Promise<string>
}

const seconds = (milliseconds: number) => Math.floor(milliseconds / 1_000)

/** The one practice that the person works in during this session; absent where none is known or asked for. */
const practiceClaim = ({ practice }: SignedIn): JWTPayload => {
  if (practice === undefined) return {}
  const { finess, structure, profession, speciality } = practice
  return { practice: { finess, structure, profession, speciality } }
}

const claimsOf = (subject: SignedIn, sessionDigest: string): JWTPayload => ({
  sub: subject.account,
  // Cut, so that it is neither the session id nor the name of its record; enough to tell sessions apart.
  sid: sessionDigest.slice(0, SID_LENGTH),
  auth_time: seconds(subject.authenticatedAt),
  acr: ACR[subject.level],
  amr: [...amrOf(subject.methods)],
  way: subject.way,
  login: subject.login,
  name: subject.name,
  given_name: subject.givenName,
  family_name: subject.familyName,
  ...(subject.nationalId === null ? {} : { national_id: subject.nationalId }),
  roles: [...subject.roles],
  ...practiceClaim(subject),
})

/** For which call the session goes on, and of its patient what the policy says: only ever what was verified. */
const createCtx =
  (mapping: Readonly<Record<string, keyof ContextValues>>, valuesOf: (call: CallContext) => ContextValues) =>
  ({ call }: SignedIn): { readonly ctx?: Readonly<Record<string, string>> } => {
    if (call === undefined) return {}
    const values = Object.keys(mapping).length === 0 ? {} : valuesOf(call)
    const told = Object.entries(mapping).flatMap(([name, field]) => {
      const value = values[field]
      return value === undefined ? [] : [[name, value] as const]
    })
    return { ctx: { ...Object.fromEntries(told), partner: call.partner, reference: call.reference } }
  }

/**
 * Makes the signed statement that the application receives (DESIGN §8). One is made for a session and key, kept for half its
 * life, and handed out without waiting; requests that ask at the same moment share one signature. A failed signature is not
 * kept, and the request that waited for it fails: no request goes on without its statement.
 */
export const createAssertionMinter = ({ keyring, clock, random }: AssertionMinterParts): AssertionMinter => {
  const sign = (claims: JWTPayload, { kid, algorithm, privateKey }: AssertionKey): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid, typ: 'JWT' }).sign(privateKey)

  return {
    forSite: ({ identity, 'contextual-call': calls }, origin, valuesOf = () => ({})) => {
      const ctx = createCtx(calls?.deliver.ctx ?? {}, valuesOf)
      const { assertion } = identity
      if (assertion === undefined) return () => null
      const { audience, lifetime } = assertion
      const kept = new LRUCache<string, Kept>({ max: MAX_KEPT })

      const mint = (subject: SignedIn, session: string, key: AssertionKey, now: number): Promise<string> => {
        const times = { iat: seconds(now), exp: seconds(now + lifetime) }
        const claims = {
          iss: origin,
          aud: audience,
          ...times,
          jti: random.token(16),
          ...claimsOf(subject, session),
          ...ctx(subject),
        }
        const token = sign(claims, key)
        const entry: Kept = { kid: key.kid, mintedAt: now, renewAt: now + lifetime / 2, token }
        kept.set(session, entry)
        token.then(
          (ready) => (entry.token = ready),
          () => kept.peek(session) === entry && kept.delete(session),
        )
        return token
      }

      return (subject, session) => {
        const now = clock.now()
        const key = keyring.signingKey(now)
        const known = kept.get(session)
        const isFresh = known?.kid === key.kid && now >= known.mintedAt && now < known.renewAt
        return isFresh ? known.token : mint(subject, session, key, now)
      }
    },
  }
}
