import type { ErrorCode } from './errors.ts'

/**
 * The rule against the ambiguous, decided here once: what two readers could understand differently is refused, because the
 * gate would judge one request and the application would serve another (R20, families F and P). Every such refusal stands in
 * these tables with its answer and its reason. Whoever finds one names it by its key: the log, the audit trail, `portillon
 * explain` and the tests do, and `deploy/refusals.md` is made from here.
 */
export interface Refusal {
  readonly code: ErrorCode
  /** One sentence, for the manual. */
  readonly why: string
}

const path = (why: string) => ({ code: 'path-ambiguous', why }) as const
const head = (why: string) => ({ code: 'request-malformed', why }) as const

/** Of the request target; found by `lib/path`. */
export const TARGET_REFUSALS = {
  'too-long': {
    code: 'target-too-long',
    why: 'Longer than any link of a real application; it would not fit the sealed return address of a sign-in either.',
  },
  'not-a-path': path('Not a path: `*`, a bare word, a fragment (RFC 9112 §3.2).'),
  'network-path': path('`//host/…` is another site to whoever resolves it as a reference (RFC 3986 §4.2).'),
  'bad-character': path(
    'Blanks, control characters and raw bytes above ASCII have no place in a path (RFC 3986 §3.3).',
  ),
  backslash: path('`\\` is `/` to browsers and to some servers.'),
  'bad-escape': path('`%` that is not followed by two hexadecimal digits.'),
  'bad-utf-8': path('Bytes that are not UTF-8, overlong forms included (`%c0%ae` was once read as a dot).'),
  'encoded-delimiter': path(
    'An encoded `/`, `\\`, `;` or control character: whether it separates depends on when the reader decodes.',
  ),
  'double-encoding': path('`%25` before one of those: a reader that decodes twice sees another path.'),
  'dot-segment': path(
    '`.` and `..` segments, plain, encoded or with a parameter (`..;x`): browsers resolve them and never send them.',
  ),
} as const satisfies Record<string, Refusal>

/** Of the request line and the header section; found by `gateway/receive`, `read-target` and `sanitize`. */
export const HEAD_REFUSALS = {
  version: head('Neither HTTP/1.1 nor HTTP/1.0, or no version at all: nobody knows by which rules it ends.'),
  'authority-differs': path('An absolute target that names another host than `Host` does (RFC 9112 §3.2.2).'),
  'host-missing': head('No `Host`, or an empty one: which site is meant is not to be guessed (RFC 9112 §3.2).'),
  'host-repeated': head('Two `Host` lines, equal or not: a front and the gate could each choose another one.'),
  'host-invalid': head('`Host` that is no name and port: a list, a path, a user, a port above 65535.'),
  'host-unknown': {
    code: 'host-unknown',
    why: 'A name that is not in the list of any site; no site is the default one.',
  },
  'too-many-fields': {
    code: 'headers-too-large',
    why: 'More than 200 header lines: a parser somewhere looks at the first ones only, and the last could be the one that counts.',
  },
} as const satisfies Record<string, Refusal>

/** Of the length of a body; found by `gateway/framing`. */
export const FRAMING_REFUSALS = {
  'length-spelling': head(
    '`Content-Length` that is not plain digits without a leading zero: readers differ on signs, blanks, lists and octal.',
  ),
  'transfer-coding': head(
    '`Transfer-Encoding` that is not the one word `chunked`: a coding that is not undone here would be lost on the way, and one that others do not know hides the end.',
  ),
  'chunks-in-1.0': head('Chunks in HTTP/1.0, which knows none (RFC 9112 §6.1).'),
  'handshake-with-body': head(
    'A WebSocket handshake with a body: what follows it is a request to one reader and a frame to the next.',
  ),
} as const satisfies Record<string, Refusal>

/** What Node's parser refuses before anything of ours sees it; it is never asked to be lenient. By the parser's own codes. */
export const UNREADABLE: Readonly<Record<string, Refusal & { readonly key: string }>> = {
  HPE_UNEXPECTED_CONTENT_LENGTH: {
    key: 'two-lengths',
    ...head('Two `Content-Length` lines, or one beside `Transfer-Encoding`: two readers, two ends (RFC 9112 §6.3).'),
  },
  HPE_INVALID_CONTENT_LENGTH: { key: 'length-spelling', ...FRAMING_REFUSALS['length-spelling'] },
  HPE_INVALID_TRANSFER_ENCODING: { key: 'transfer-coding', ...FRAMING_REFUSALS['transfer-coding'] },
  HPE_INVALID_CHUNK_SIZE: {
    key: 'chunk-size',
    ...head(
      'A chunk size that is not plain hexadecimal digits: readers differ on signs, blanks and what follows the digits.',
    ),
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    key: 'chunk-extension',
    code: 'body-too-large',
    why: 'A chunk extension without end: nobody uses one, and it costs without ever being a body.',
  },
  HPE_STRICT: {
    key: 'chunk-end',
    ...head('A chunk that does not end where its size says, or an extension that is none.'),
  },
  HPE_CR_EXPECTED: { key: 'line-end', ...head('A line that ends with LF alone: to some readers it goes on.') },
  HPE_LF_EXPECTED: { key: 'line-end', ...head('A line that ends with CR alone: to some readers it goes on.') },
  HPE_UNEXPECTED_SPACE: {
    key: 'folded-line',
    ...head(
      'A line that begins with a blank: the rest of the line before, or a header of its own, according to the reader.',
    ),
  },
  HPE_INVALID_HEADER_TOKEN: {
    key: 'header-line',
    ...head('A header line with a blank before its colon, without a name, folded, or with control characters in it.'),
  },
  HPE_HEADER_OVERFLOW: {
    key: 'head-too-large',
    code: 'headers-too-large',
    why: 'Request line and header section of more than 32 KiB together.',
  },
  HPE_INVALID_METHOD: {
    key: 'method-unknown',
    code: 'method-not-implemented',
    why: 'A method that is not served: what is none, what nobody knows the effect of, TRACE, CONNECT.',
  },
  HPE_INVALID_URL: { key: 'target-unreadable', ...head('A target that is neither a path nor an address.') },
  HPE_INVALID_VERSION: { key: 'version', ...HEAD_REFUSALS.version },
  HPE_INVALID_CONSTANT: { key: 'version', ...HEAD_REFUSALS.version },
  HPE_PAUSED_H2_UPGRADE: { key: 'http-2', ...head('The preface of HTTP/2, which the gate does not speak.') },
  ERR_HTTP_REQUEST_TIMEOUT: {
    key: 'too-slow',
    code: 'request-timeout',
    why: 'A header section that is not complete after 20 seconds, or a body after an hour.',
  },
}

const answer = (why: string) => ({ code: 'upstream-invalid', why }) as const

/** Of an answer of the application; found by `gateway/returning`, beside what the parser refuses there. */
export const ANSWER_REFUSALS = {
  'answer-status': answer('A status that no reader knows (RFC 9110 §15): outside 100 to 599.'),
  'answer-length-spelling': answer(
    '`Content-Length` that is not plain digits: visitors would differ on where the answer ends.',
  ),
  'answer-transfer-coding': answer(
    '`Transfer-Encoding` that is not the one word `chunked`: the coding would be lost on the way.',
  ),
} as const satisfies Record<string, Refusal>

export type TargetRefusal = keyof typeof TARGET_REFUSALS
export type HeadRefusal = keyof typeof HEAD_REFUSALS
export type FramingRefusal = keyof typeof FRAMING_REFUSALS
export type AnswerRefusal = keyof typeof ANSWER_REFUSALS

const REQUEST_REFUSALS = { ...TARGET_REFUSALS, ...HEAD_REFUSALS, ...FRAMING_REFUSALS }

/** With which answer a request is refused. */
export const codeOfRefusal = (reason: TargetRefusal | HeadRefusal | FramingRefusal): ErrorCode =>
  REQUEST_REFUSALS[reason].code
