import type { AuditEvent } from '../audit/events.ts'
import type { ErrorCode } from '../lib/errors.ts'

/** Who is no listed proxy (gateway/own), and who is no front that hands over cards (server/card-listener). */
const STRANGERS: ReadonlySet<string | undefined> = new Set(['forward-auth-stranger', 'card-front-stranger'])

const ATTEMPTS: ReadonlySet<ErrorCode> = new Set(['cross-site', 'origin-refused', 'path-ambiguous'])

/**
 * What the audit trail says of a refusal; null for what lives in the log alone: scanners at names of nobody, and answers to
 * scripts that nobody reads. Of an error page the trail has the code only: what went wrong inside is the log's to say, and
 * could quote anything.
 */
export const refusalEvent = (
  code: ErrorCode,
  detail: string | undefined,
  { isPage, isOfSite }: { readonly isPage: boolean; readonly isOfSite: boolean },
): Pick<AuditEvent, 'event' | 'detail'> | null => {
  const whole = detail === undefined ? code : `${code}: ${detail}`
  if (code === 'forbidden') return { event: 'access.denied', detail: whole }
  if (ATTEMPTS.has(code) || STRANGERS.has(detail)) return { event: 'request.refused', detail: whole }
  return isPage && isOfSite ? { event: 'request.failed', detail: code } : null
}
