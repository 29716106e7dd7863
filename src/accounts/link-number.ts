import { accept, refuse, type Result } from '../lib/result.ts'
import type { Desk } from './desk.ts'
import { forgetRemembered } from './devices-forgotten.ts'
import { isNationalId } from './national-id.ts'
import type { Changed, NumberUnlinked } from './outcomes.ts'
import { takeFactors } from './take-factors.ts'

/** `taken`: an open account of the site has this identifier, and two would let nobody in. */
export type NumberRefusal = 'login-unknown' | 'national-id-malformed' | 'taken'

/** Registers the PS_IdNat of somebody, by which their card, Pro Santé Connect and the calls of their establishment lead to them. */
export const linkNumber = async (
  desk: Desk,
  realm: string,
  login: string,
  nationalId: string,
): Promise<Result<Changed, NumberRefusal>> => {
  if (!isNationalId(nationalId)) return refuse('national-id-malformed')
  const account = await desk.find(realm, login)
  if (account === null) return refuse('login-unknown')
  const others = (await desk.all(realm)).filter((one) => one.nationalId === nationalId && one.id !== account.id)
  if (others.some(({ disabled }) => !disabled)) return refuse('taken')
  if (account.nationalId === nationalId) return accept({ account, changed: false })
  await forgetRemembered(desk.db, account.id)
  const changed = await desk.change(account.id, { national_id: nationalId })
  desk.record('account.identity-linked', changed)
  return accept({ account: changed, changed: true })
}

/** Takes the identifier away, with everything that the person linked, and ends their sessions. */
export const unlinkNumber = async (
  desk: Desk,
  realm: string,
  login: string,
): Promise<Result<NumberUnlinked, 'login-unknown'>> => {
  const account = await desk.find(realm, login)
  if (account === null) return refuse('login-unknown')
  const removed = await takeFactors(desk.db, account.id, 'identity')
  const { nationalId } = account
  const isChanged = removed.length > 0 || nationalId !== null
  const changed = isChanged ? await desk.change(account.id, { national_id: null }) : account
  if (isChanged) desk.record('account.identity-unlinked', changed)
  const sessions = await desk.endAll(changed, 'factors-reset')
  return accept({ account: changed, changed: isChanged, sessions, removed, nationalId })
}
