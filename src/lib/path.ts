import type { TargetRefusal } from './ambiguous.ts'
import { accept, refuse, type Result } from './result.ts'
import type { Target } from './target.ts'

/** Longest path and query that is served, in bytes. */
export const MAX_TARGET_LENGTH = 8_192

/** The longest link of the gate's own: one that carries a longest target with it, sealed (lib/return-target). */
export const MAX_OWN_TARGET_LENGTH = 12_288

/** Paths that are their own plain spelling; everything a usual application serves passes here without decoding. */
const PLAIN_PATH = /^(?:\/[\w~!$&'()*+,=:@-][\w.~!$&'()*+,=:@-]*)*\/?$/
const BAD_PATH_CHARACTER = /[^\x21-\x7e]/
/** Bytes above ASCII are let through in the query, which is never judged: old applications write ISO-8859-1 there. */
const BAD_QUERY_CHARACTER = /[^\x21-\xff]|\x7f/
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/
const ENCODED_DELIMITER = /%(?:[01][0-9A-Fa-f]|7[Ff]|2[Ff]|5[Cc]|3[Bb])/
const DOUBLE_ENCODING = /%25(?:25|[01][0-9A-Fa-f]|7[Ff]|2[EeFf]|5[Cc]|3[Bb])/
/** The same in a path that is decoded: its own characters may have been written in any way (`%25%32%65`). */
const STILL_ENCODED = /%(?:25|[01][0-9A-Fa-f]|7[Ff]|2[EeFf]|5[Cc]|3[Bb])/
/** Escapes of letters, digits and `-._~` mean the same as the character itself but are another spelling (RFC 3986 §6.2.2.2). */
const NEEDLESS_ESCAPE = /%(?:2[DdEe]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9AaEe])/
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

const readPath = (raw: string): Result<{ path: string; canonical: boolean }, TargetRefusal> => {
  if (PLAIN_PATH.test(raw) && !raw.startsWith('//')) return accept({ path: raw, canonical: true })
  if (raw.includes('\\')) return refuse('backslash')
  if (BAD_PATH_CHARACTER.test(raw)) return refuse('bad-character')
  if (BAD_ESCAPE.test(raw)) return refuse('bad-escape')
  if (ENCODED_DELIMITER.test(raw)) return refuse('encoded-delimiter')
  if (DOUBLE_ENCODING.test(raw)) return refuse('double-encoding')
  const withoutParameters = raw.replace(/;[^/]*/g, '')
  const folded = withoutParameters.replace(/\/{2,}/g, '/')
  let path: string
  try {
    path = decodeURIComponent(folded)
  } catch {
    return refuse('bad-utf-8')
  }
  if (CONTROL.test(path)) return refuse('bad-character')
  if (STILL_ENCODED.test(path)) return refuse('double-encoding')
  if (path.split('/').some((segment) => segment === '.' || segment === '..')) return refuse('dot-segment')
  return accept({ path, canonical: folded === raw && !NEEDLESS_ESCAPE.test(raw) })
}

/**
 * Parses a request target in origin form, once, or says why it has more than one meaning (lib/ambiguous). Path parameters (`;jsessionid=…`) are cut and repeated slashes folded in
 * `path`, as Tomcat does before it chooses a servlet; `raw` keeps every byte.
 * @param raw the request target as received, latin1 characters for raw bytes
 * @param limit the longest that is served
 */
export const parseTarget = (method: string, raw: string, limit = MAX_TARGET_LENGTH): Result<Target, TargetRefusal> => {
  if (raw.length > limit) return refuse('too-long')
  if (!raw.startsWith('/') || raw.includes('#')) return refuse('not-a-path')
  if (raw.startsWith('//')) return refuse('network-path')
  const mark = raw.indexOf('?')
  const query = mark === -1 ? '' : raw.slice(mark + 1)
  if (query !== '' && BAD_QUERY_CHARACTER.test(query)) return refuse('bad-character')
  const read = readPath(mark === -1 ? raw : raw.slice(0, mark))
  if (!read.ok) return read
  return accept({ method, raw, path: read.value.path, query, canonical: read.value.canonical })
}
