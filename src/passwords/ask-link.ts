import type { PasswordHolder } from '../accounts/own-passwords.ts'
import { addressBlock } from '../lib/address.ts'
import { codeOf } from '../lib/errors.ts'
import { keyedDigest } from '../lib/digest.ts'
import type { FlowSite } from '../sign-in/flow-site.ts'
import { personOf, recordWave, traceOf } from '../sign-in/trace.ts'
import type { Visitor } from '../sign-in/visitor.ts'
import { keys } from '../store/keys.ts'
import { writeResetLink } from './letters.ts'
import type { ResetLinks } from './links.ts'
import type { PasswordParts } from './parts.ts'

const HOUR = 3_600_000

/**
 * Links in an hour (T-09): for one account from one place, for one account, from one place. A stranger who asks again and
 * again fills the first and leaves the owner, elsewhere, the rest of the second (C-05); a hospital is one place.
 */
const LIMITS = { pair: 3, account: 10, place: 100 } as const

const isWithinLimits = async (
  parts: PasswordParts,
  { account }: PasswordHolder,
  visitor: Visitor,
): Promise<boolean> => {
  const { store, key } = parts
  const person = [account.realm, account.id]
  const place = addressBlock(visitor.address)
  const count = async (what: keyof typeof LIMITS, ...of: readonly string[]): Promise<boolean> =>
    (await store.increment(keys.count(`reset-${what}`, keyedDigest(key.current(), ...of)), HOUR)) <= LIMITS[what]
  // One after the other: what is refused from one place costs the account nothing.
  return (await count('place', place)) && (await count('pair', ...person, place)) && (await count('account', ...person))
}

/** Why no mail goes out; null when one does. */
const obstacleOf = async (
  parts: PasswordParts,
  holder: PasswordHolder | null,
  visitor: Visitor,
): Promise<'unknown' | 'disabled' | 'no-address' | 'too-often' | null> => {
  if (holder === null) return 'unknown'
  if (holder.account.disabled) return 'disabled'
  if (holder.account.email === null) return 'no-address'
  return (await isWithinLimits(parts, holder, visitor)) ? null : 'too-often'
}

const send = async (
  parts: PasswordParts,
  links: ResetLinks,
  at: FlowSite,
  visitor: Visitor,
  login: string,
): Promise<void> => {
  // Names are guessed here as at the sign-in, and count there (C-06), whether somebody has them or not (C-01). The door itself
  // stays open: it is the way in while strangers fail at the other (C-05).
  recordWave(parts.trail, at, visitor, await parts.throttle.failed({ realm: at.realm, address: visitor.address }))
  const holder = await parts.own.findByLogin(at.realm, login)
  const obstacle = await obstacleOf(parts, holder, visitor)
  const trace = { ...(holder === null ? {} : personOf(holder.account)), ...traceOf(at, visitor) }
  if (holder === null || obstacle !== null) {
    parts.trail.record({ event: 'password.link-refused', detail: obstacle ?? 'unknown', ...trace })
    return
  }
  const link = await links.issue(at, holder)
  const mail = writeResetLink(parts.renderers, { at, visitor, holder, now: parts.clock.now() }, link)
  if (mail === null) {
    parts.trail.record({ event: 'password.link-refused', detail: 'no-sender', ...trace })
    return
  }
  parts.mailer.enqueue(mail, (state) => {
    if (state === 'failed') parts.trail.record({ event: 'password.link-undelivered', ...trace })
  })
  parts.trail.record({ event: 'password.link-sent', ...trace })
}

/**
 * Mails a link to whoever has this login, if somebody has, may have one and has an address. Called when the answer, the same
 * for every login, is already given: neither it nor its time can tell which of all this was the case (C-01, C-02). For the
 * same reason a failure reaches the log alone.
 */
export const askForLink = (
  parts: PasswordParts,
  links: ResetLinks,
  at: FlowSite,
  visitor: Visitor,
  login: string,
): Promise<void> =>
  send(parts, links, at, visitor, login).catch((thrown: unknown) => {
    const fields = { error: codeOf(thrown), err: thrown, site: at.site.site, reference: visitor.reference }
    parts.log.error(fields, 'a link for a new password could not be made')
  })
