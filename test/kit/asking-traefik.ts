import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { VISITOR_ADDRESS } from './asking.ts'
import { valuesOf, type HeaderLine } from './http-message.ts'
import { sendRaw, type RawAnswer, type RawTarget } from './raw-http.ts'

/**
 * Traefik is in no Debian package: what stands here is its contract with whom it asks, written down from its manual and
 * its source (pkg/middlewares/auth/forward.go), driven by the shipped sample.
 */

interface Sample {
  readonly http: {
    readonly routers: Readonly<
      Record<'portillon' | 'dcc', { readonly rule: string; readonly middlewares?: readonly string[] }>
    >
    readonly middlewares: {
      readonly 'portillon-strip': {
        readonly headers: { readonly customRequestHeaders: Readonly<Record<string, string>> }
      }
      readonly 'portillon-decides': {
        readonly forwardAuth: {
          readonly address: string
          readonly trustForwardHeader: boolean
          readonly authRequestHeaders?: readonly string[]
          readonly authResponseHeaders: readonly string[]
        }
      }
    }
  }
}

export const traefikSample = parse(
  readFileSync(new URL('../../deploy/traefik/forward-auth.yaml', import.meta.url), 'utf8'),
) as Sample

const HOP_BY_HOP =
  /^(?:connection|keep-alive|proxy-authenticate|proxy-authorization|proxy-connection|te|trailers?|transfer-encoding|upgrade)$/i

const drop = (headers: readonly HeaderLine[], names: readonly string[]): readonly HeaderLine[] => {
  const dropped = new Set(names.map((name) => name.toLowerCase()))
  return headers.filter(([name]) => !dropped.has(name.toLowerCase()))
}

export interface ThroughTraefik {
  /** What the gate answered; the browser receives it unless it is 2xx. */
  readonly answer: RawAnswer
  /** Location as the browser receives it: Traefik resolves it against the address where it asked. */
  readonly location: string | undefined
  /** The headers with which the application would receive the request; null when it does not. */
  readonly forwarded: readonly HeaderLine[] | null
}

/** One request of a visitor, by the sample's middlewares in their order. */
export const throughTraefik = async (
  gate: RawTarget,
  host: string,
  start: `${string} ${string}`,
  ...lines: readonly string[]
): Promise<ThroughTraefik> => {
  const { 'portillon-strip': strip, 'portillon-decides': decides } = traefikSample.http.middlewares
  const { address, authResponseHeaders } = decides.forwardAuth
  const given = lines.map((line): HeaderLine => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)])
  const visitor = drop(given, Object.keys(strip.headers.customRequestHeaders))
  const [method = '', uri = ''] = start.split(' ')
  const named: readonly HeaderLine[] = [
    ['X-Forwarded-For', VISITOR_ADDRESS],
    ['X-Forwarded-Method', method],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Host', host],
    ['X-Forwarded-Uri', uri],
  ]
  const copied = drop(
    visitor,
    named.map(([name]) => name),
  ).filter(([name]) => !HOP_BY_HOP.test(name))
  const asked = new URL(address)
  const question: readonly HeaderLine[] = [['Host', asked.host], ...copied, ...named]
  const answer = await sendRaw(
    gate,
    `GET ${asked.pathname} HTTP/1.1\r\n${question.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
  )
  const location = answer.header('location')
  const isAllowed = answer.status >= 200 && answer.status < 300
  const set = authResponseHeaders.flatMap((name) =>
    valuesOf(answer.headers, name).map((value): HeaderLine => [name, value]),
  )
  return {
    answer,
    location: location === undefined ? undefined : new URL(location, address).href,
    forwarded: isAllowed ? [...drop(visitor, authResponseHeaders), ...set] : null,
  }
}
