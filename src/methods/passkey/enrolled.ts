import type { Factor } from '../../accounts/factors.ts'
import type { PasskeyParts } from './parts.ts'
import type { RelyingParty } from './relying-party.ts'
import { readPasskey, type StoredPasskey } from './stored.ts'

export interface Enrolled {
  readonly factor: Factor
  readonly passkey: StoredPasskey
}

/** The passkeys of an account that answer to this site: one made for another host of the same people never does. */
export const enrolledAt = async (
  { factors }: Pick<PasskeyParts, 'factors'>,
  account: string,
  party: RelyingParty,
): Promise<readonly Enrolled[]> =>
  (await factors.of(account, 'passkey'))
    .map((factor) => ({ factor, passkey: readPasskey(factor) }))
    .filter(({ passkey }) => passkey.rp === party.id)

/** As browsers are told which passkeys are meant. */
export const descriptorOf = ({ passkey }: Enrolled) => ({ id: passkey.id, transports: passkey.transports })
