import { z } from 'zod'
import type { Account } from '../../accounts/directory.ts'
import type { Factor } from '../../accounts/factors.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import { keys } from '../../store/keys.ts'
import { digitsOf, judgeCode, newSecret } from './code.ts'
import type { TotpParts } from './parts.ts'

/** How long a secret waits for its first code. */
export const ENROLMENT_LIFETIME = 15 * 60_000

/** Wrong first codes after which another secret has to be read. */
const TRIES = 10

export type EnrolRefusal =
  | { readonly reason: 'malformed' | 'wrong' | 'expired' | 'full' }
  | { readonly reason: 'clock-apart'; readonly ahead: number }

/**
 * Who enrols: the digest of the session, or of the attempt, that holds the fresh proof. A secret serves nobody else: the
 * victim of a prepared link enrols nothing of the attacker (T-19).
 */
export interface Holder {
  readonly digest: string
  readonly account: Account
}

export interface TotpEnrolment {
  /** The secret that waits for its first code; the same one again while it waits, so that a reloaded page shows no other. */
  begin(holder: Holder): Promise<string>
  /** Proves that the application has the secret, and enrols it. `label`: the person's own name for it. */
  confirm(holder: Holder, given: string, label: string, most: number): Promise<Result<Factor, EnrolRefusal>>
}

const pendingSchema = z.object({ account: z.string(), closed: z.string() })

const rowOf = ({ digest, account }: Holder) => ({ account: account.id, id: digest, kind: 'totp-pending' })

export const createTotpEnrolment = ({ store, clock, random, factors, secrets }: TotpParts): TotpEnrolment => {
  const pending = async (holder: Holder): Promise<string | null> => {
    const text = await store.get(keys.enrolment(holder.digest))
    if (text === null) return null
    const { account, closed } = pendingSchema.parse(JSON.parse(text))
    return account === holder.account.id ? secrets.open(rowOf(holder), closed) : null
  }

  return {
    begin: async (holder) => {
      const waiting = await pending(holder)
      if (waiting !== null) return waiting
      const secret = newSecret(random)
      const value = JSON.stringify({ account: holder.account.id, closed: secrets.close(rowOf(holder), secret) })
      await store.set(keys.enrolment(holder.digest), value, ENROLMENT_LIFETIME)
      return secret
    },
    confirm: async (holder, given, label, most) => {
      const code = digitsOf(given)
      if (code === null) return refuse({ reason: 'malformed' })
      const secret = await pending(holder)
      if (secret === null) return refuse({ reason: 'expired' })
      if ((await store.increment(keys.count('enrolment', holder.digest), ENROLMENT_LIFETIME)) > TRIES) {
        await store.delete(keys.enrolment(holder.digest))
        return refuse({ reason: 'expired' })
      }
      const judged = judgeCode(secret, code, clock.now())
      if (judged.kind === 'apart') return refuse({ reason: 'clock-apart', ahead: judged.ahead })
      if (judged.kind === 'wrong') return refuse({ reason: 'wrong' })
      if ((await factors.of(holder.account.id, 'totp')).length >= most) return refuse({ reason: 'full' })
      // Two clicks on the button enrol one application.
      if ((await store.take(keys.enrolment(holder.digest))) === null) return refuse({ reason: 'expired' })
      const factor = await factors.add(holder.account.id, { kind: 'totp', label, secret })
      // The code that proved it is spent (T-17).
      await factors.claim(factor.id, judged.step)
      return accept(factor)
    },
  }
}
