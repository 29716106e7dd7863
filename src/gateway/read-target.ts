import { codeOfRefusal } from '../lib/ambiguous.ts'
import type { ErrorCode } from '../lib/errors.ts'
import { MAX_OWN_TARGET_LENGTH, MAX_TARGET_LENGTH, parseTarget } from '../lib/path.ts'
import { refuse, type Result } from '../lib/result.ts'
import type { Target } from '../lib/target.ts'

/** Methods that are served. TRACE and CONNECT never are; unknown ones are refused rather than guessed (F-15). */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

const ABSOLUTE_FORM = /^https?:\/\/(?<authority>[^/?#]*)(?<rest>.*)$/is

/** Origin form of a request target; an absolute form must name the host that Host names (RFC 9112 §3.2.2). */
const originForm = (raw: string, host: string): string | null => {
  const absolute = ABSOLUTE_FORM.exec(raw)?.groups
  if (absolute === undefined) return raw
  if (absolute['authority']?.toLowerCase() !== host) return null
  const rest = absolute['rest'] ?? ''
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** Why a method and a target are not served: the code for the visitor, the reason for the log. */
export type WhyNoTarget = readonly [code: ErrorCode, reason: string]

/**
 * The one reading of what a request asks for.
 * @param raw the request target, in origin or absolute form
 * @param host the host that was asked for, in lower case
 * @param prefix under which links may be longer, because they carry another one
 */
export const readTarget = (method: string, raw: string, host: string, prefix: string): Result<Target, WhyNoTarget> => {
  if (!METHODS.has(method)) return refuse(['method-not-implemented', method.slice(0, 20)])
  const form = originForm(raw, host)
  if (form === null) return refuse([codeOfRefusal('authority-differs'), 'authority-differs'])
  const isOwnLink = form.length > MAX_TARGET_LENGTH && form.startsWith(`${prefix}/`)
  const target = parseTarget(method, form, isOwnLink ? MAX_OWN_TARGET_LENGTH : MAX_TARGET_LENGTH)
  return target.ok ? target : refuse([codeOfRefusal(target.reason), target.reason])
}
