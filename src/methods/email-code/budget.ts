import { addressBlock } from '../../lib/address.ts'
import { keyedDigest } from '../../lib/digest.ts'
import type { Question } from '../../sign-in/method.ts'
import { keys } from '../../store/keys.ts'
import { MAILS_PER_ACCOUNT_WINDOW, MAILS_PER_PLACE, optionsOf } from './options.ts'
import type { EmailCodeParts } from './parts.ts'

/** Milliseconds to wait before another mail may go to this account or be caused by this place; 0 when one may go now. */
export const mailBudget = async (
  { store, key }: Pick<EmailCodeParts, 'store' | 'key'>,
  { account, visitor, site }: Pick<Question, 'account' | 'visitor' | 'site'>,
): Promise<number> => {
  const counts = [
    {
      name: keys.count('mail-account', keyedDigest(key.current(), account.realm, account.id)),
      limit: optionsOf(site)['per-hour'],
      window: MAILS_PER_ACCOUNT_WINDOW,
    },
    {
      name: keys.count('mail-place', keyedDigest(key.current(), addressBlock(visitor.address))),
      limit: MAILS_PER_PLACE.count,
      window: MAILS_PER_PLACE.window,
    },
  ]
  const waits = await Promise.all(
    counts.map(async ({ name, limit, window }) =>
      (await store.increment(name, window)) <= limit ? 0 : ((await store.timeToLive(name)) ?? window),
    ),
  )
  return Math.max(...waits)
}
