import { accept, refuse, type Result } from '../lib/result.ts'
import type { Desk } from './desk.ts'
import { isNationalId } from './national-id.ts'
import type { Changed, Closed } from './outcomes.ts'

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
  const changed = await desk.change(account.id, { national_id: nationalId })
  desk.record('account.identity-linked', changed)
  return accept({ account: changed, changed: true })
}

/** Takes the identifier away, with everything that the person linked, and ends their sessions. */
export const unlinkNumber = async (
  desk: Desk,
  realm: string,
  login: string,
): Promise<Result<Closed, 'login-unknown'>> => {
  const account = await desk.find(realm, login)
  if (account === null) return refuse('login-unknown')
  const linked = await desk.db
    .deleteFrom('factors')
    .where('account', '=', account.id)
    .where('kind', '=', 'identity')
    .returning('id')
    .execute()
  const isChanged = linked.length > 0 || account.nationalId !== null
  const changed = isChanged ? await desk.change(account.id, { national_id: null }) : account
  if (isChanged) desk.record('account.identity-unlinked', changed)
  return accept({ account: changed, changed: isChanged, sessions: await desk.endAll(changed, 'factors-reset') })
}
