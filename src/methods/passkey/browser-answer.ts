import { z } from 'zod'
import { transports } from './stored.ts'

/** Base64url without padding. @param bytes most that it may stand for */
const encoded = (bytes: number) =>
  z
    .string()
    .min(1)
    .max(Math.ceil((bytes * 4) / 3))
    .regex(/^[A-Za-z0-9_-]+$/)

/** The longest credential id that there may be (WebAuthn §5.1.3). */
const credentialId = encoded(1_023)

const created = z.object({
  id: credentialId,
  rawId: credentialId,
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: encoded(2_048),
    attestationObject: encoded(8_192),
    transports: transports.catch([]).default([]),
  }),
})

const asserted = z.object({
  id: credentialId,
  rawId: credentialId,
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: encoded(2_048),
    authenticatorData: encoded(2_048),
    signature: encoded(1_024),
    userHandle: encoded(64).nullish(),
  }),
})

/** A new credential, as `PublicKeyCredential.toJSON` writes it. */
export type Created = z.output<typeof created>
/** A signed statement, as `PublicKeyCredential.toJSON` writes it. */
export type Asserted = z.output<typeof asserted>

const read = <Output>(schema: z.ZodType<Output>, given: string): Output | null => {
  try {
    return schema.safeParse(JSON.parse(given)).data ?? null
  } catch {
    return null
  }
}

/** Null for anything that no browser says. */
export const readCreated = (given: string): Created | null => read(created, given)
export const readAsserted = (given: string): Asserted | null => read(asserted, given)
