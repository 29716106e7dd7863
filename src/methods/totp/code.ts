import { ScureBase32Plugin, verifySync } from 'otplib'
import type { Random } from '../../lib/random.ts'

/** RFC 6238 as every application knows it: SHA-1, six digits, thirty seconds; others are shown wrong by some of them. */
const STEP = 30
const DIGITS = 6

/** Steps of drift that are accepted on each side (RFC 6238 §5.2; T-16): a code lives a minute and a half at most. */
const DRIFT = 1

/** How far a clock may be apart to be told so, in steps: ten minutes (R24). Nothing is accepted there. */
const FAR = 20

export type Judged =
  /** The time step whose code it is. */
  | { readonly kind: 'right'; readonly step: number }
  /** The code of a moment too far away, milliseconds: ahead when positive. */
  | { readonly kind: 'apart'; readonly ahead: number }
  | { readonly kind: 'wrong' }

const SECRET_BYTES = 20
const base32 = new ScureBase32Plugin()

/** 160 random bits (RFC 4226 §4 R6), base32 without padding, as applications take them. */
export const newSecret = (random: Random): string =>
  base32.encode(Buffer.from(random.token(SECRET_BYTES), 'base64url'), { padding: false })

const findStep = (secret: string, code: string, now: number, drift: number): number | null => {
  const epoch = Math.floor(now / 1_000)
  const result = verifySync({ secret, token: code, epoch, period: STEP, digits: DIGITS, epochTolerance: drift * STEP })
  return result.valid && 'delta' in result ? result.delta : null
}

/**
 * Judges six digits by the server's clock alone (T-16), in constant time for each step.
 * @param now milliseconds since the epoch
 */
export const judgeCode = (secret: string, code: string, now: number): Judged => {
  const near = findStep(secret, code, now, DRIFT)
  if (near !== null) return { kind: 'right', step: Math.floor(now / 1_000 / STEP) + near }
  const far = findStep(secret, code, now, FAR)
  return far === null ? { kind: 'wrong' } : { kind: 'apart', ahead: far * STEP * 1_000 }
}

/** The six digits of what was typed, or null: applications show them with a blank in the middle. */
export const digitsOf = (given: string): string | null => {
  const digits = given.replaceAll(/[\s\u00a0\u202f-]/g, '')
  return /^\d{6}$/.test(digits) ? digits : null
}
