import type { decodeAttestationObject } from '@simplewebauthn/server/helpers'

export type AttestationObject = ReturnType<typeof decodeAttestationObject>

/** Read with the first passkey: a process that sees none needs neither the time nor the memory. */
export const library = async () => ({
  ...(await import('@simplewebauthn/server')),
  ...(await import('@simplewebauthn/server/helpers')),
})
