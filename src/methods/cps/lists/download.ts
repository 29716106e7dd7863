import { accept, refuse, type Result } from '../../../lib/result.ts'

/** By what a server tells that nothing has changed (RFC 9110 §13). */
export interface Validators {
  readonly etag: string | null
  readonly lastModified: string | null
}

export interface Downloaded {
  readonly bytes: Uint8Array
  readonly validators: Validators
}

export interface DownloadLimits {
  /** Milliseconds, from beginning to end. */
  readonly timeout: number
  /** Bytes. */
  readonly largest: number
  readonly signal: AbortSignal
}

const tooLarge = refuse('too large')

/** The body of an answer, as far as it is no larger than that. */
export const readBody = async (response: Response, largest: number): Promise<Result<Uint8Array, string>> => {
  if (Number(response.headers.get('content-length') ?? 0) > largest) return tooLarge
  const parts: Uint8Array[] = []
  let size = 0
  const stream: ReadableStream<Uint8Array> | null = response.body
  for await (const part of stream ?? []) {
    size += part.length
    // What the server says beforehand need not be true, and may be compressed.
    if (size > largest) return tooLarge
    parts.push(part)
  }
  return accept(Buffer.concat(parts))
}

const askedWith = ({ etag, lastModified }: Validators): Record<string, string> => ({
  ...(etag !== null && { 'If-None-Match': etag }),
  ...(lastModified !== null && { 'If-Modified-Since': lastModified }),
})

/** What kept it from arriving, for the log. */
export const causeOf = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return 'unknown'
  if (thrown.name === 'TimeoutError') return 'too slow'
  const { cause } = thrown as { cause?: { code?: unknown } }
  return typeof cause?.code === 'string' ? cause.code : thrown.message
}

/**
 * Fetches what an address publishes, unless it is still what we have. Whose it is, its signature tells: the connection
 * need not be secret nor the server known.
 */
export const download = async (
  url: string,
  known: Validators,
  { timeout, largest, signal }: DownloadLimits,
): Promise<Result<Downloaded | 'unchanged', string>> => {
  try {
    const response = await fetch(url, {
      headers: { 'User-Agent': 'Portillon', Accept: 'application/pkix-crl, */*', ...askedWith(known) },
      signal: AbortSignal.any([AbortSignal.timeout(timeout), signal]),
    })
    if (response.status !== 200) await response.body?.cancel()
    if (response.status === 304) return accept('unchanged')
    if (response.status !== 200) return refuse(`status ${response.status}`)
    const body = await readBody(response, largest)
    if (!body.ok) return body
    const { headers } = response
    return accept({
      bytes: body.value,
      validators: { etag: headers.get('etag'), lastModified: headers.get('last-modified') },
    })
  } catch (thrown) {
    return refuse(causeOf(thrown))
  }
}
