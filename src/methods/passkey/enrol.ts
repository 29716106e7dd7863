import type { Account } from '../../accounts/directory.ts'
import type { Factor } from '../../accounts/factors.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import type { Site } from '../../policy/schema.ts'
import type { StatementFault } from '../../sign-in/method.ts'
import { readCreated, type Created } from './browser-answer.ts'
import { CHALLENGE_LIFETIME, drawChallenge, takeChallenge, type Asked } from './challenge.ts'
import { authenticatorDataFault, clientDataFault } from './client-data.ts'
import { descriptorOf, enrolledAt } from './enrolled.ts'
import { library, type AttestationObject } from './library.ts'
import type { PasskeyParts } from './parts.ts'
import { relyingPartyOf, type RelyingParty } from './relying-party.ts'
import { writePasskey, type StoredPasskey } from './stored.ts'
import { userHandleOf } from './user-handle.ts'

/** Signatures that are verified, best first: EdDSA, ES256, RS256, as COSE numbers them. Every authenticator knows one. */
const ALGORITHMS = [-8, -7, -257]

/** Who enrols, where: the digest of the session, or of the attempt, that holds the fresh proof (T-19). */
export interface PasskeyHolder {
  readonly digest: string
  readonly account: Account
  readonly site: Site
}

export type PasskeyEnrolRefusal =
  | { readonly reason: 'malformed' | 'expired' | 'full' | 'known' }
  | { readonly reason: 'refused'; readonly cause: StatementFault }

export interface PasskeyEnrolment {
  /** What the browser makes a passkey from, as JSON; the former challenge of this holder is dead. */
  begin(holder: PasskeyHolder): Promise<string>
  /** Enrols what the browser made. `label`: the person's own name for it. */
  confirm(holder: PasskeyHolder, given: string, label: string): Promise<Result<Factor, PasskeyEnrolRefusal>>
}

const askedOf = ({ digest }: PasskeyHolder): Asked => ({ for: 'holder', digest })

/** Where a passkey is a way by itself it has to be found without a login; elsewhere older security keys serve as well. */
const residence = ({ ways }: Site): 'required' | 'preferred' =>
  ways.some(({ methods }) => methods[0] === 'passkey') ? 'required' : 'preferred'

const optionsFor = async (parts: PasskeyParts, holder: PasskeyHolder): Promise<string> => {
  const { account, site } = holder
  const party = relyingPartyOf(site)
  const challenge = await drawChallenge(parts, askedOf(holder))
  const present = await enrolledAt(parts, account.id, party)
  const { generateRegistrationOptions } = await library()
  const options = await generateRegistrationOptions({
    rpName: party.name,
    rpID: party.id,
    userID: new Uint8Array(userHandleOf(account.id)),
    userName: account.login,
    userDisplayName: account.name,
    challenge: new Uint8Array(Buffer.from(challenge, 'base64url')),
    timeout: CHALLENGE_LIFETIME,
    // Which make of authenticator people have is nobody's business here, and would have to be kept up for ever.
    attestationType: 'none',
    excludeCredentials: present.map(descriptorOf),
    authenticatorSelection: { residentKey: residence(site), userVerification: 'required' },
    supportedAlgorithmIDs: ALGORITHMS,
  })
  return JSON.stringify(options)
}

interface Made {
  readonly passkey: StoredPasskey
  readonly counter: number
}

/**
 * No certificates were asked for, and browsers take them out. Whoever sends some all the same is not read: the library would
 * ask the addresses that stand in them, from within the network, for lists of what was revoked.
 */
const isWithoutCertificates = (object: AttestationObject): boolean => {
  const format: string = object.get('fmt')
  return format === 'none' || (format === 'packed' && object.get('attStmt').get('x5c') === undefined)
}

const verify = async (
  { id, rawId, type, response }: Created,
  challenge: string,
  party: RelyingParty,
): Promise<Result<Made, StatementFault>> => {
  const fault = clientDataFault(response.clientDataJSON, { type: 'webauthn.create', challenge, party })
  if (fault !== null) return refuse(fault)
  const { verifyRegistrationResponse, decodeAttestationObject } = await library()
  try {
    const object = decodeAttestationObject(new Uint8Array(Buffer.from(response.attestationObject, 'base64url')))
    if (!isWithoutCertificates(object)) return refuse('malformed')
    const spoken = authenticatorDataFault(Buffer.from(object.get('authData')), party)
    if (spoken !== null) return refuse(spoken)
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: { id, rawId, type, response, clientExtensionResults: {} },
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    })
    // The id in the signed data is the one that counts; a browser that says another is not to be believed.
    if (!verified || registrationInfo.credential.id !== id) return refuse('signature')
    const { credential, credentialDeviceType, credentialBackedUp } = registrationInfo
    const passkey: StoredPasskey = {
      id,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      rp: party.id,
      transports: response.transports,
      mayBeCopied: credentialDeviceType === 'multiDevice',
      isCopied: credentialBackedUp,
    }
    return accept({ passkey, counter: credential.counter })
  } catch {
    // The library throws for whatever is wrong with what the browser made.
    return refuse('signature')
  }
}

export const createPasskeyEnrolment = (parts: PasskeyParts): PasskeyEnrolment => ({
  begin: (holder) => optionsFor(parts, holder),
  confirm: async (holder, given, label) => {
    const { account, site } = holder
    const created = readCreated(given)
    if (created === null) return refuse({ reason: 'malformed' })
    const challenge = await takeChallenge(parts, askedOf(holder))
    if (challenge === null) return refuse({ reason: 'expired' })
    const made = await verify(created, challenge, relyingPartyOf(site))
    if (!made.ok) return refuse({ reason: 'refused', cause: made.reason })
    const present = await parts.factors.of(account.id, 'passkey')
    if (present.length >= site.passkey['per-account']) return refuse({ reason: 'full' })
    const { passkey, counter } = made.value
    const fields = { credential: passkey.id, label, secret: writePasskey(passkey), counter }
    const factor = await parts.credentials.add(account.id, fields)
    return factor === null ? refuse({ reason: 'known' }) : accept(factor)
  },
})
