/**
 * A reader of HTTP/1.1 requests that follows RFC 9112 to the letter and stops at the first thing that is not in it: written
 * anew for the tests, so that it shares no mistake with the parsers of the product.
 */

export interface StrictRequest {
  readonly method: string
  readonly target: string
  /** Names in lower case. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** Without its chunks, latin1. */
  readonly body: string
}

const START = /^([A-Z]+) (\/[\x21-\x7e]*) HTTP\/1\.1$/
const FIELD =
  /^([!#$%&'*+.^`|~\w-]+):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[ \t\x21-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*$/
const TOKEN = "[!#$%&'*+.^`|~\\w-]+"
const SIZE = new RegExp(
  `^([\\da-fA-F]{1,15})(?:;${TOKEN}(?:=(?:${TOKEN}|"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t \\x21-\\x7e])*"))?)*$`,
)

class Bytes {
  #at = 0
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  get isOver(): boolean {
    return this.#at >= this.#text.length
  }

  /** Line ends before a request are nobody's, CR and LF alone included (RFC 9112 §2.2). */
  passLineEnds(): void {
    while (/[\r\n]/.test(this.#text[this.#at] ?? '')) this.#at += 1
  }

  /** Up to the next CR LF; null when there is none, or when a CR or LF stands alone before it. */
  line(): string | null {
    const end = this.#text.indexOf('\r\n', this.#at)
    if (end === -1) return null
    const line = this.#text.slice(this.#at, end)
    this.#at = end + 2
    return /[\r\n]/.test(line) ? null : line
  }

  take(length: number): string | null {
    if (this.#at + length > this.#text.length) return null
    this.#at += length
    return this.#text.slice(this.#at - length, this.#at)
  }
}

/** Field lines up to the empty one; null when one is none. */
const readFields = (bytes: Bytes): [name: string, value: string][] | null => {
  const fields: [string, string][] = []
  for (let line = bytes.line(); line !== ''; line = bytes.line()) {
    const [, name, value] = (line === null ? null : FIELD.exec(line)) ?? []
    if (name === undefined || value === undefined) return null
    fields.push([name.toLowerCase(), value])
  }
  return fields
}

const readChunks = (bytes: Bytes): string | null => {
  let body = ''
  for (;;) {
    const size = SIZE.exec(bytes.line() ?? '')?.[1]
    if (size === undefined) return null
    const length = Number.parseInt(size, 16)
    if (length === 0) return readFields(bytes) === null ? null : body
    const data = bytes.take(length)
    if (data === null || bytes.take(2) !== '\r\n') return null
    body += data
  }
}

const readBody = (bytes: Bytes, fields: readonly (readonly [string, string])[]): string | null => {
  const of = (name: string) => fields.filter(([other]) => other === name).map(([, value]) => value)
  const [length, ...lengths] = of('content-length')
  const [coding, ...codings] = of('transfer-encoding')
  if (lengths.length + codings.length > 0 || (length !== undefined && coding !== undefined)) return null
  if (coding !== undefined) return coding.toLowerCase() === 'chunked' ? readChunks(bytes) : null
  if (length === undefined) return ''
  return /^(?:0|[1-9]\d{0,14})$/.test(length) ? bytes.take(Number(length)) : null
}

export interface StrictReading {
  /** The requests that stand at the beginning, up to the first that is none. */
  readonly requests: readonly StrictRequest[]
  /** What stands behind them, where that has the head of a request: its body is none, or is not all there. */
  readonly begun: Omit<StrictRequest, 'body'> | null
}

export const readStream = (text: string): StrictReading => {
  const bytes = new Bytes(text)
  const requests: StrictRequest[] = []
  while (!bytes.isOver) {
    bytes.passLineEnds()
    const start = bytes.line()
    const [, method, target] = (start === null ? null : START.exec(start)) ?? []
    if (method === undefined || target === undefined) break
    const fields = readFields(bytes)
    if (fields?.filter(([name]) => name === 'host').length !== 1) break
    const body = readBody(bytes, fields)
    if (body === null) return { requests, begun: { method, target, fields } }
    requests.push({ method, target, fields, body })
  }
  return { requests, begun: null }
}

export const readStrictly = (text: string): readonly StrictRequest[] => readStream(text).requests
