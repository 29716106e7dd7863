import type { Factor } from '../../accounts/factors.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import type { StatementFault } from '../../sign-in/method.ts'
import type { Asserted } from './browser-answer.ts'
import { authenticatorDataFault, clientDataFault } from './client-data.ts'
import { library } from './library.ts'
import type { PasskeyParts } from './parts.ts'
import type { RelyingParty } from './relying-party.ts'
import { readPasskey, writePasskey, type StoredPasskey } from './stored.ts'

interface Verified {
  readonly counter: number
  readonly mayBeCopied: boolean
  readonly isCopied: boolean
}

/**
 * The signature itself. The counter is not the library's to judge: it does so before it has looked at the signature, and
 * anybody could then make the trail speak of a copied authenticator.
 */
const verify = async (
  asserted: Asserted,
  passkey: StoredPasskey,
  challenge: string,
  party: RelyingParty,
): Promise<Verified | null> => {
  const { verifyAuthenticationResponse } = await library()
  const { id, rawId, type, response } = asserted
  const { clientDataJSON, authenticatorData, signature } = response
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        id,
        rawId,
        type,
        response: { clientDataJSON, authenticatorData, signature },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      credential: {
        id: passkey.id,
        publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
        counter: 0,
      },
    })
    if (!verified) return null
    const { newCounter, credentialDeviceType, credentialBackedUp } = authenticationInfo
    return { counter: newCounter, mayBeCopied: credentialDeviceType === 'multiDevice', isCopied: credentialBackedUp }
  } catch {
    // The library throws for whatever is wrong with a statement: all of it proves nothing.
    return null
  }
}

/** Judges a signed statement of a passkey that is enrolled; the challenge has been taken before (WebAuthn §7.2). */
export const judgeAssertion = async (
  { factors, credentials }: Pick<PasskeyParts, 'factors' | 'credentials'>,
  {
    asserted,
    factor,
    challenge,
    party,
  }: {
    readonly asserted: Asserted
    readonly factor: Factor
    readonly challenge: string
    readonly party: RelyingParty
  },
): Promise<Result<undefined, StatementFault>> => {
  const { clientDataJSON, authenticatorData } = asserted.response
  const fault =
    clientDataFault(clientDataJSON, { type: 'webauthn.get', challenge, party }) ??
    authenticatorDataFault(Buffer.from(authenticatorData, 'base64url'), party)
  if (fault !== null) return refuse(fault)
  const passkey = readPasskey(factor)
  // Made for a former host, or for another site of the same people.
  if (passkey.rp !== party.id) return refuse('site')
  const verified = await verify(asserted, passkey, challenge, party)
  if (verified === null) return refuse('signature')
  // Whether it may be copied is written into it when it is made: another answer is not from the same authenticator.
  if (verified.mayBeCopied !== passkey.mayBeCopied) return refuse('signature')
  if (!(await credentials.countUp(factor.id, verified.counter))) return refuse('cloned')
  if (verified.isCopied !== passkey.isCopied)
    await factors.replaceSecret(factor, writePasskey({ ...passkey, isCopied: verified.isCopied }))
  return accept(undefined)
}
