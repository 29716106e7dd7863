import type { Site } from '../../policy/schema.ts'
import { CHALLENGE_LIFETIME, drawChallenge, type Asked } from './challenge.ts'
import { descriptorOf, enrolledAt } from './enrolled.ts'
import { library } from './library.ts'
import type { PasskeyParts } from './parts.ts'
import { relyingPartyOf } from './relying-party.ts'

/**
 * What the browser asks a passkey with, as JSON.
 * @param account whose passkeys are meant; null for whoever answers: then the browser shows those that it has
 */
export const optionsToAsk = async (
  parts: PasskeyParts,
  asked: Asked,
  site: Site,
  account: string | null,
): Promise<string> => {
  const party = relyingPartyOf(site)
  const challenge = await drawChallenge(parts, asked)
  const meant = account === null ? [] : await enrolledAt(parts, account, party)
  const { generateAuthenticationOptions } = await library()
  const options = await generateAuthenticationOptions({
    rpID: party.id,
    challenge: new Uint8Array(Buffer.from(challenge, 'base64url')),
    timeout: CHALLENGE_LIFETIME,
    userVerification: 'required',
    allowCredentials: meant.map(descriptorOf),
  })
  return JSON.stringify(options)
}
