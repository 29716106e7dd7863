import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { StatementFault } from '../../sign-in/method.ts'
import type { RelyingParty } from './relying-party.ts'

const schema = z.object({
  type: z.string(),
  challenge: z.string(),
  origin: z.string(),
  crossOrigin: z.boolean().optional(),
  topOrigin: z.string().optional(),
})

const parse = (encoded: string): z.output<typeof schema> | null => {
  try {
    return schema.safeParse(JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'))).data ?? null
  } catch {
    return null
  }
}

/**
 * What the browser says about where it was asked, and for what. The library judges it again; here each fault has its name,
 * so that the trail tells a page that imitates ours from an answer that came late.
 */
export const clientDataFault = (
  encoded: string,
  wanted: {
    readonly type: 'webauthn.create' | 'webauthn.get'
    readonly challenge: string
    readonly party: RelyingParty
  },
): StatementFault | null => {
  const said = parse(encoded)
  if (said?.type !== wanted.type) return 'malformed'
  if (said.challenge !== wanted.challenge) return 'challenge'
  // Within a page of another site, as nobody's browser shows ours (frame-ancestors): not even with our origin.
  const isFramed = said.crossOrigin === true || said.topOrigin !== undefined
  return said.origin !== wanted.party.origin || isFramed ? 'origin' : null
}

const RP_ID_HASH = 32
const USER_PRESENT = 0x01
const USER_VERIFIED = 0x04

/** What the authenticator says about whom it answered and whether the person proved to it who they are (WebAuthn §6.1). */
export const authenticatorDataFault = (data: Buffer, party: RelyingParty): StatementFault | null => {
  const flags = data.at(RP_ID_HASH)
  if (flags === undefined) return 'malformed'
  const hash = createHash('sha256').update(party.id).digest()
  if (!hash.equals(data.subarray(0, RP_ID_HASH))) return 'site'
  return (flags & USER_PRESENT) === 0 || (flags & USER_VERIFIED) === 0 ? 'unverified' : null
}
