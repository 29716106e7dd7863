/** HTTP/1.1 messages as they stood on the wire: nothing is lower-cased, joined, trimmed or decoded but what is said here. */

export type HeaderLine = readonly [name: string, value: string]

export interface HttpMessage {
  /** `GET / HTTP/1.1` or `HTTP/1.1 200 OK`, latin1. */
  readonly startLine: string
  /** In order, as spelled, duplicates kept; only the blanks around a value are cut. */
  readonly headers: readonly HeaderLine[]
  /** The value of the only header of that name; undefined when there is none. @throws {Error} when there are several */
  header(name: string): string | undefined
  /** All values of the headers of that name, whatever the case, in order. */
  all(name: string): readonly string[]
  /** Without transfer coding. */
  readonly body: Buffer
  /** The body as UTF-8. */
  readonly text: string
  /** Every byte, from the start line to the end of the body. */
  readonly raw: Buffer
}

/** How long the body is: fixed, chunked, or whatever comes until the connection closes. */
export type Framing = { readonly length: number } | 'chunked' | 'until-close'

export interface Head {
  readonly startLine: string
  readonly headers: readonly HeaderLine[]
  /** Bytes up to and including the blank line. */
  readonly size: number
}

/** Without the blanks at both ends; a pattern would take its time over many of them (L-05). */
const trimmed = (value: string): string => {
  const isBlank = (at: number) => value[at] === ' ' || value[at] === '\t'
  let [from, to] = [0, value.length]
  while (from < to && isBlank(from)) from += 1
  while (from < to && isBlank(to - 1)) to -= 1
  return value.slice(from, to)
}

/** The head at the beginning of `bytes`, or undefined while its blank line has not come. */
export const readHead = (bytes: Buffer): Head | undefined => {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [startLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers = lines.map((line): HeaderLine => {
    const colon = line.indexOf(':')
    return colon === -1 ? [line, ''] : [line.slice(0, colon), trimmed(line.slice(colon + 1))]
  })
  return { startLine, headers, size: end + 4 }
}

export const valuesOf = (headers: readonly HeaderLine[], name: string): readonly string[] =>
  headers.filter(([other]) => other.toLowerCase() === name.toLowerCase()).map(([, value]) => value)

/** The framing that the headers announce; undefined when they announce none. */
export const announcedFraming = (headers: readonly HeaderLine[]): Framing | undefined => {
  if (valuesOf(headers, 'transfer-encoding').some((value) => /\bchunked$/i.test(value))) return 'chunked'
  const [length] = valuesOf(headers, 'content-length')
  return length === undefined ? undefined : { length: Number(length) }
}

/** A chunked body at `start`: its content and where it ends, or undefined while it is incomplete. */
const readChunks = (bytes: Buffer, start: number): { body: Buffer; end: number } | undefined => {
  const chunks: Buffer[] = []
  for (let at = start; ;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd === -1) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    if (Number.isNaN(size)) throw new Error(`not a chunk size: ${bytes.toString('latin1', at, lineEnd)}`)
    if (size === 0) {
      // Trailers end with a blank line; without trailers the blank line follows at once.
      const end = bytes.indexOf('\r\n\r\n', lineEnd)
      return end === -1 ? undefined : { body: Buffer.concat(chunks), end: end + 4 }
    }
    const chunk = bytes.subarray(lineEnd + 2, lineEnd + 2 + size)
    at = lineEnd + 2 + size + 2
    if (bytes.length < at) return undefined
    chunks.push(chunk)
  }
}

const bodyAt = (bytes: Buffer, start: number, framing: Framing, closed: boolean) => {
  if (framing === 'chunked') return readChunks(bytes, start)
  if (framing === 'until-close') return closed ? { body: bytes.subarray(start), end: bytes.length } : undefined
  const end = start + framing.length
  return bytes.length < end ? undefined : { body: bytes.subarray(start, end), end }
}

/**
 * The message at the beginning of `bytes`, or undefined while it is incomplete.
 * @param framingOf how long the body is, from the head (requests and answers differ where nothing is announced)
 * @param closed whether no more bytes will come
 */
export const readMessage = (
  bytes: Buffer,
  framingOf: (head: Head) => Framing,
  closed = false,
): HttpMessage | undefined => {
  const head = readHead(bytes)
  if (head === undefined) return undefined
  const read = bodyAt(bytes, head.size, framingOf(head), closed)
  if (read === undefined) return undefined
  return {
    startLine: head.startLine,
    headers: head.headers,
    header: (name) => {
      const values = valuesOf(head.headers, name)
      if (values.length > 1) throw new Error(`${values.length} headers ${name}: ${values.join(' | ')}`)
      return values[0]
    },
    all: (name) => valuesOf(head.headers, name),
    body: Buffer.from(read.body),
    text: read.body.toString('utf8'),
    raw: Buffer.from(bytes.subarray(0, read.end)),
  }
}
