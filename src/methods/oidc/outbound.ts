import { Agent, errors, type Dispatcher } from 'undici'
import type { ProviderProfile } from './profile.ts'

/** Why a provider's answer is none, in one word for the trail (J-13). */
export type OutboundCause =
  'timeout' | 'unreachable' | 'certificate' | 'redirect' | 'too-large' | 'encoded' | 'server-error'

/** A call to a provider that came to nothing. What the other side wrote is not in it. */
export class OutboundFault extends Error {
  readonly reason: OutboundCause

  constructor(reason: OutboundCause, options?: ErrorOptions) {
    super(`the provider: ${reason}`, options)
    this.name = 'OutboundFault'
    this.reason = reason
  }
}

/** The longest description, key set or identity of any provider, many times over. */
const MAX_BYTES = 524_288

/** What `fetch` is for openid-client: a whole answer, read within its bounds, or an `OutboundFault`. */
export type BoundedFetch = (
  url: string,
  options: {
    readonly method: string
    readonly headers: Record<string, string>
    readonly body?: unknown
  },
) => Promise<Response>

const causeOf = (thrown: unknown): OutboundCause => {
  if (thrown instanceof OutboundFault) return thrown.reason
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  const isLate =
    thrown instanceof errors.HeadersTimeoutError ||
    thrown instanceof errors.BodyTimeoutError ||
    thrown instanceof errors.ConnectTimeoutError ||
    (thrown instanceof DOMException && thrown.name === 'TimeoutError')
  if (isLate) return 'timeout'
  return /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|HOSTNAME/.test(code) ? 'certificate' : 'unreachable'
}

const collect = async (body: Dispatcher.ResponseData['body']): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_BYTES) throw new OutboundFault('too-large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Codings are not undone: a small answer could become a large one, and nobody needs them here (CVE-2026-109869). */
const headFault = ({ statusCode, headers }: Dispatcher.ResponseData): OutboundCause | null => {
  if (statusCode >= 300 && statusCode < 400) return 'redirect'
  if (statusCode >= 500) return 'server-error'
  const coding = headers['content-encoding']
  return coding !== undefined && coding !== 'identity' ? 'encoded' : null
}

const textOf = (value: string | string[] | undefined): string =>
  Array.isArray(value) ? value.join(', ') : (value ?? '')

const responseOf = (statusCode: number, type: string, challenge: string, body: Buffer): Response =>
  new Response(body.length === 0 ? null : new Uint8Array(body), {
    status: statusCode,
    headers: {
      ...(type !== '' && { 'content-type': type }),
      ...(challenge !== '' && { 'www-authenticate': challenge }),
    },
  })

/**
 * Calls to one provider: bounded from beginning to end in time and in bytes, over connections of its own, with our
 * certificate where it asks for one. No redirect is followed: it could lead a secret to somebody else (15.3.2).
 */
export const createOutbound = ({ timeout, credentials }: Pick<ProviderProfile, 'timeout' | 'credentials'>) => {
  const { certificate, key, ca } = credentials
  const agent = new Agent({
    connections: 16,
    headersTimeout: timeout,
    bodyTimeout: timeout,
    connect: {
      timeout,
      ...(ca !== null && { ca }),
      ...(certificate !== null && key !== null && { cert: certificate, key }),
    },
  })
  const send = async (url: string, { method, headers, body }: Parameters<BoundedFetch>[1]): Promise<Response> => {
    const { origin, pathname, search } = new URL(url)
    const answer = await agent.request({
      origin,
      path: `${pathname}${search}`,
      method,
      headers: { ...headers, 'accept-encoding': 'identity' },
      body: body instanceof URLSearchParams ? body.toString() : typeof body === 'string' ? body : null,
      signal: AbortSignal.timeout(timeout),
    })
    try {
      const fault = headFault(answer)
      if (fault !== null) throw new OutboundFault(fault)
      const { statusCode, headers: head } = answer
      const text = await collect(answer.body)
      return responseOf(statusCode, textOf(head['content-type']), textOf(head['www-authenticate']), text)
    } finally {
      answer.body.on('error', () => undefined).destroy()
    }
  }
  const fetch: BoundedFetch = async (url, options) => {
    try {
      return await send(url, options)
    } catch (thrown) {
      throw thrown instanceof OutboundFault ? thrown : new OutboundFault(causeOf(thrown), { cause: thrown })
    }
  }
  return { fetch, close: () => agent.destroy() }
}

export type Outbound = ReturnType<typeof createOutbound>
