import type { AuditEvent } from '../audit/events.ts'
import { accept, refuse, type Result } from '../lib/result.ts'
import type { NotMeLinks, Disownable, NotMeRefusal } from './links.ts'
import type { NoticeOrigin } from './notice.ts'
import type { NoticeParts } from './parts.ts'

/** What is done once somebody has said that it was not them. */
export interface Disowned {
  /** The password is worthless; false where it is kept elsewhere. */
  readonly isPasswordInvalid: boolean
  /** Means of signing in that were taken back. */
  readonly factors: number
}

type Trace = Pick<AuditEvent, 'site' | 'account' | 'login' | 'reference' | 'address'>

/** What was added then, and whatever was added since: who did the one may have done the other. */
const takeBackFactors = async (parts: NoticeParts, record: Disownable, trace: Trace): Promise<number> => {
  const all = await parts.factors.of(record.account)
  const doubtful = all.filter(({ id, createdAt }) => id === record.factor || createdAt >= record.at)
  for (const { id, kind } of doubtful) {
    if (!(await parts.factors.remove(record.account, id))) continue
    const method = kind === 'email' ? 'email-code' : kind
    parts.trail.record({ event: 'factor.removed', method, ...trace, detail: 'not-me' })
  }
  return doubtful.length
}

const endSessions = async (parts: NoticeParts, { realm, account }: Disownable, trace: Trace): Promise<void> => {
  for (const { digest } of await parts.lifecycle.endAll(realm, account, 'revoked')) {
    parts.trail.record({ event: 'session.revoked', ...trace, session: digest, detail: 'not-me' })
  }
}

const isFailed = (outcome: PromiseSettledResult<unknown>): outcome is PromiseRejectedResult =>
  outcome.status === 'rejected'

/**
 * Shuts an account to whoever was in it: the password first, so that nobody signs in anew while sessions end. It lets nobody
 * in. All of it can be done again, so that a link whose work was broken off by a fault still serves.
 * @throws the fault that kept something from being done; the rest is done
 */
const shut = async (parts: NoticeParts, record: Disownable, keep: number, trace: Trace): Promise<Disowned> => {
  const { realm, account } = record
  const [password] = await Promise.allSettled([parts.invalidatePassword({ realm, account, keep })])
  const [factors, ...others] = await Promise.allSettled([
    takeBackFactors(parts, record, trace),
    parts.devices.forget(account),
    endSessions(parts, record, trace),
  ])
  const failed = [password, factors, ...others].find(isFailed)
  if (failed !== undefined) throw failed.reason
  return {
    isPasswordInvalid: password.status === 'fulfilled' && password.value,
    factors: factors.status === 'fulfilled' ? factors.value : 0,
  }
}

/** « Ce n'est pas moi »: takes the link, once on all nodes, and undoes what can be undone (R31). */
export const disown = async (
  parts: NoticeParts,
  links: NotMeLinks,
  { at, visitor }: NoticeOrigin,
  token: string,
): Promise<Result<Disowned, NotMeRefusal>> => {
  const place = visitor.address === undefined ? {} : { address: visitor.address }
  const trace = { site: at.site.site, reference: visitor.reference, ...place }
  const opened = await links.open(at.site.site, token)
  const refused = opened.ok ? ((await links.take(token)) ? null : 'used') : opened.reason
  if (!opened.ok || refused !== null) {
    parts.trail.record({ event: 'notice.refused', ...trace, detail: refused ?? 'unknown' })
    return refuse(refused ?? 'unknown')
  }
  const record = opened.value
  try {
    const account = await parts.directory.findById(record.realm, record.account)
    const whose = { account: record.account, ...(account === null ? {} : { login: account.login }) }
    const disowned = await shut(parts, record, at.site.password.history, { ...trace, ...whose })
    parts.trail.record({ event: 'notice.disowned', ...trace, ...whose, detail: record.kind })
    return accept(disowned)
  } catch (thrown) {
    await links.putBack(token, record)
    throw thrown
  }
}
