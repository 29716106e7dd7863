import { z } from 'zod'
import type { Factor } from '../../accounts/factors.ts'

/** How a browser may reach an authenticator; what it does not know, it ignores (WebAuthn §5.8.4). */
export const transports = z.array(z.string().regex(/^[a-z-]{1,20}$/)).max(8)

const schema = z.object({
  /** The credential id and the public key (COSE), base64url. */
  id: z.string(),
  publicKey: z.string(),
  /** The RP ID that it was made for: a site that moved to another host cannot ask for it any more. */
  rp: z.string(),
  transports,
  /** Whether it may be copied to other devices, which never changes, and whether it has been. */
  mayBeCopied: z.boolean(),
  isCopied: z.boolean(),
})

/** What is kept of a passkey in its factor: nothing that signs, but nothing that somebody may exchange either. */
export type StoredPasskey = z.output<typeof schema>

export const writePasskey = (passkey: StoredPasskey): string => JSON.stringify(schema.parse(passkey))

/** @throws for a factor that is no passkey */
export const readPasskey = ({ secret }: Pick<Factor, 'secret'>): StoredPasskey => schema.parse(JSON.parse(secret ?? ''))
