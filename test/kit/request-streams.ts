import fc from 'fast-check'

/**
 * Streams of requests, right and wrong, to be held against test/kit/strict-reader: some are whole, some are changed in one
 * place.
 */

/** For whom a stream is written. */
export interface Addressee {
  readonly host: string
  /** The line with the cookies of somebody signed in. */
  readonly signedIn: string
}

export interface RequestStream {
  /** The bytes, with the targets `start/0`, `start/1` … */
  readonly write: (to: Addressee, start: string) => string
  /** Nobody has changed anything: all of it is to be served. */
  readonly isWhole: boolean
}

const text = fc.constantFrom(
  '',
  'a',
  'hello',
  '0\r\n\r\n',
  'GET /smuggled HTTP/1.1\r\nHost: dcc.example.test\r\n\r\n',
  '\r\n\r\n5\r\n',
)

const chunk = (body: string, extension: string) => `${body.length.toString(16)}${extension}\r\n${body}\r\n`

const chunked = fc
  .array(fc.record({ body: text, extension: fc.constantFrom('', '', ';a', ';a=b', ';a="b;c"') }), { maxLength: 3 })
  .map((parts) =>
    parts
      .filter(({ body }) => body !== '')
      .map(({ body, extension }) => chunk(body, extension))
      .join(''),
  )
  .chain((parts) => fc.constantFrom('0\r\n\r\n', '000\r\n\r\n', '0\r\nX-Trail: 1\r\n\r\n').map((end) => parts + end))

/** A request of which all readers see the same end. */
const whole = fc.oneof(
  fc.record({ framing: fc.constant('Transfer-Encoding: chunked\r\n'), body: chunked }),
  text.map((body) => ({ framing: `Content-Length: ${body.length}\r\n`, body })),
  fc.constant({ framing: '', body: '' }),
)

const MUTATIONS = [
  ...['\n', '\r', '\0', ' ', '\t', ';', ',', '0', '5', 'x', '+', '-', '\u000b', '\u0085', '_', ':', '"'],
  ...['\r\n', '\r\n ', 'Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n', '0\r\n\r\n', 'chunked', ', chunked'],
]

/** Changes a message in one place: leaves something out, or puts something in. */
const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  leave: fc.constantFrom(0, 0, 1, 1, 2),
  put: fc.constantFrom(...MUTATIONS, ''),
})

export interface Written {
  /** The header lines that say where the body ends. */
  readonly framing: string
  readonly body: string
}

export const writeRequest = (
  { host, signedIn }: Addressee,
  method: string,
  target: string,
  { framing, body }: Written,
): string => `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${signedIn}\r\n${framing}\r\n${body}`

const mutate = (bytes: string, kept: string, { at, leave, put }: { at: number; leave: number; put: string }) => {
  const from = bytes.indexOf(kept) + kept.length + 2
  const place = from + Math.floor(at * (bytes.length - from))
  return bytes.slice(0, place) + put + bytes.slice(place + leave)
}

export const requestStream: fc.Arbitrary<RequestStream> = fc
  .array(
    fc.record({
      method: fc.constantFrom('POST', 'POST', 'PUT', 'GET'),
      message: whole,
      change: fc.option(mutation, { freq: 2, nil: null }),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((messages) => ({
    write: (to: Addressee, start: string) =>
      messages
        .map(({ method, message, change }, at) => {
          const written = writeRequest(to, method, `${start}/${at}`, message)
          // The session stays: without it nothing would ever reach the application.
          return change === null ? written : mutate(written, to.signedIn, change)
        })
        .join(''),
    isWhole: messages.every(({ change }) => change === null),
  }))
