/**
 * The one table of refusals and faults that a visitor can meet. The code is what logs, the audit trail, JSON answers and
 * tests name; `status` is what the visitor receives; the public text is `errors.<code>` in templates/locales; `level` is
 * how the log reports it; `retryAfter` is what programs are told, in seconds. Codes are never reused for another meaning.
 */
export const ERRORS = {
  'request-malformed': { status: 400, level: 'info' },
  'path-ambiguous': { status: 400, level: 'warn' },
  'form-invalid': { status: 400, level: 'info' },
  'sign-in-required': { status: 401, level: 'info' },
  forbidden: { status: 403, level: 'info' },
  'cross-site': { status: 403, level: 'warn' },
  'origin-refused': { status: 403, level: 'warn' },
  'foreign-page': { status: 403, level: 'warn' },
  'not-found': { status: 404, level: 'info' },
  'method-not-allowed': { status: 405, level: 'info' },
  'request-timeout': { status: 408, level: 'info' },
  'card-page-over': { status: 410, level: 'info' },
  'body-too-large': { status: 413, level: 'info' },
  'target-too-long': { status: 414, level: 'info' },
  'host-unknown': { status: 421, level: 'warn' },
  'too-many-tries': { status: 429, level: 'warn' },
  'headers-too-large': { status: 431, level: 'info' },
  fault: { status: 500, level: 'error' },
  'method-not-implemented': { status: 501, level: 'info' },
  'upstream-unreachable': { status: 502, level: 'error' },
  'upstream-invalid': { status: 502, level: 'error' },
  'store-unavailable': { status: 503, level: 'error' },
  'accounts-unavailable': { status: 503, level: 'error' },
  'sign-in-busy': { status: 503, level: 'error', retryAfter: 5 },
  'upstream-busy': { status: 503, level: 'error', retryAfter: 30 },
  'upstream-timeout': { status: 504, level: 'error' },
} as const satisfies Record<string, { status: number; level: 'info' | 'warn' | 'error'; retryAfter?: number }>

export type ErrorCode = keyof typeof ERRORS

/**
 * Something broke, or a request cannot be served: ends the request with the status and the page of `code`. The message
 * and the cause are for the log only and never reach the visitor (G-04).
 */
export class Fault extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Fault'
    this.code = code
  }
}

/** The code of anything that was thrown: what is not one of ours is a `fault`. */
export const codeOf = (thrown: unknown): ErrorCode => (thrown instanceof Fault ? thrown.code : 'fault')
