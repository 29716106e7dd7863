import { z } from 'zod'
import type { Account } from '../../accounts/directory.ts'
import type { Factor } from '../../accounts/factors.ts'
import { isSameDigest, keyedDigest } from '../../lib/digest.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import type { Site } from '../../policy/schema.ts'
import type { Visitor } from '../../sign-in/visitor.ts'
import { keys } from '../../store/keys.ts'
import { checkAddress, type AddressRefusal } from './address-rules.ts'
import { mailBudget } from './budget.ts'
import { optionsOf } from './options.ts'
import type { EmailCodeParts } from './parts.ts'

/** Who adds an address: the session with the fresh proof. */
export interface AddressHolder {
  readonly digest: string
  readonly account: Account
  readonly site: Site
  readonly origin: string
  readonly visitor: Visitor
}

export type AddRefusal =
  { readonly reason: AddressRefusal | 'known' | 'full' } | { readonly reason: 'too-often'; readonly wait: number }

export type ConfirmRefusal =
  { readonly reason: 'expired' | 'dead' | 'malformed' } | { readonly reason: 'wrong'; readonly left: number }

export interface AddressEnrolment {
  /** Mails a code to an address that is not the account's yet. */
  begin(holder: AddressHolder, address: string): Promise<Result<undefined, AddRefusal>>
  /** The address that waits for its code, or null. */
  pending(holder: Pick<AddressHolder, 'digest' | 'account'>): Promise<string | null>
  confirm(holder: AddressHolder, given: string): Promise<Result<Factor, ConfirmRefusal>>
}

const schema = z.object({ account: z.string(), address: z.string(), hash: z.string(), until: z.number() })

const parse = (text: string | null): z.output<typeof schema> | null =>
  text === null ? null : schema.parse(JSON.parse(text))

/** An address receives codes only once a code sent there has come back (seed 001; T-10). */
export const createAddressEnrolment = (parts: EmailCodeParts): AddressEnrolment => {
  const { store, clock, random, key, factors, mailer } = parts
  const nameOf = (digest: string) => keys.enrolment(`email.${digest}`)
  const hashOf = (secret: Buffer, digest: string, code: string) => keyedDigest(secret, 'confirm-address', digest, code)

  const waiting = async ({ digest, account }: Pick<AddressHolder, 'digest' | 'account'>) => {
    const record = parse(await store.get(nameOf(digest)))
    return record?.account === account.id && clock.now() < record.until ? record : null
  }

  return {
    begin: async (holder, address) => {
      const { account, site, visitor, digest } = holder
      const options = optionsOf(site)
      const refused = checkAddress(site, address)
      if (refused !== null) return refuse({ reason: refused })
      const known = await factors.of(account.id, 'email')
      const all = [account.email, ...known.map(({ label }) => label)]
      if (all.some((one) => one?.toLowerCase() === address.toLowerCase())) return refuse({ reason: 'known' })
      if (known.length >= options.addresses['per-account']) return refuse({ reason: 'full' })
      const wait = await mailBudget(parts, { account, visitor, site })
      if (wait > 0) return refuse({ reason: 'too-often', wait })
      const code = random.digits(options.digits)
      const until = clock.now() + options.lifetime
      const record = { account: account.id, address, hash: hashOf(key.current(), digest, code), until }
      await store.set(nameOf(digest), JSON.stringify(record), options.lifetime)
      await store.delete(keys.count('address-tries', digest))
      mailer.enqueue(parts.writeAddress({ ...holder, to: address, code, requestedAt: clock.now(), until }))
      return accept(undefined)
    },
    pending: async (holder) => (await waiting(holder))?.address ?? null,
    confirm: async (holder, given) => {
      const options = optionsOf(holder.site)
      const code = given.replaceAll(/[\s\u00a0\u202f-]/g, '')
      if (!/^\d+$/.test(code) || code.length !== options.digits) return refuse({ reason: 'malformed' })
      const record = await waiting(holder)
      if (record === null) return refuse({ reason: 'expired' })
      const count = await store.increment(keys.count('address-tries', holder.digest), options.lifetime)
      if (count > options.tries) return refuse({ reason: 'dead' })
      const isRight = key.every().some((one) => isSameDigest(record.hash, hashOf(one, holder.digest, code)))
      if (!isRight)
        return count >= options.tries
          ? refuse({ reason: 'dead' })
          : refuse({ reason: 'wrong', left: options.tries - count })
      if ((await store.take(nameOf(holder.digest))) === null) return refuse({ reason: 'expired' })
      return accept(await factors.add(holder.account.id, { kind: 'email', label: record.address, secret: null }))
    },
  }
}
