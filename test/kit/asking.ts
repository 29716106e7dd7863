import type { SiteFile } from '../../src/policy/schema.ts'
import { startBehindGate, type BehindGate, type BehindGateOptions } from './behind-gate.ts'
import { FRONT_NAME } from './nginx-front.ts'

/** A gate that answers proxies on this machine, and the ways in which proxies ask it. */

export const QUESTION = '/_portillon/authz'

/** Whence the visitor of a question comes, as the proxy says. */
export const VISITOR_ADDRESS = '203.0.113.7'

export const FORWARD_AUTH = {
  'forward-auth': { enabled: true },
  rules: [
    { id: 'public', match: { path: '/public/**' }, allow: 'anyone' },
    { id: 'closed', match: { path: '/closed/**' }, allow: 'no-one' },
    { id: 'ward', match: { path: '/ward/**' }, allow: { networks: ['203.0.113.0/24'] } },
    { id: 'live', match: { path: '/dcc/ws' }, allow: 'signed-in', origins: ['https://partner.example.test'] },
  ],
  'sign-out': { 'upstream-paths': ['/dcc/logout'] },
} satisfies Partial<SiteFile>

export const TRUSTING = { address: '127.0.0.1', port: 0, 'trusted-proxies': ['127.0.0.1'] }

export const startAskedGate = (options: BehindGateOptions = {}): Promise<BehindGate> =>
  startBehindGate({ ...options, site: { ...FORWARD_AUTH, ...options.site }, config: { listen: TRUSTING } })

/** The question of a proxy about `method target`, with the headers that the visitor sent; to the byte. */
export type Asking = (start: `${string} ${string}`, ...headers: readonly string[]) => string

const question = (...lines: readonly string[]): string => [`GET ${QUESTION} HTTP/1.1`, ...lines, '', ''].join('\r\n')

const parts = (start: string): [method: string, target: string] => {
  const blank = start.indexOf(' ')
  return [start.slice(0, blank), start.slice(blank + 1)]
}

/** As deploy/nginx/forward-auth.conf asks. */
export const asNginx: Asking = (start, ...headers) => {
  const [method, target] = parts(start)
  return question(
    ...[`Host: ${FRONT_NAME}`, `X-Original-URI: ${target}`, `X-Original-Method: ${method}`],
    ...[`X-Forwarded-For: ${VISITOR_ADDRESS}`, 'X-Forwarded-Proto: https', ...headers],
  )
}

/** As Traefik asks: with the gate's own name as Host, and names written as Go does. */
export const asTraefik: Asking = (start, ...headers) => {
  const [method, target] = parts(start)
  return question(
    ...['Host: portillon.internal:8443', `X-Forwarded-Method: ${method}`, 'X-Forwarded-Proto: https'],
    ...[`X-Forwarded-Host: ${FRONT_NAME}`, `X-Forwarded-Uri: ${target}`, `X-Forwarded-For: ${VISITOR_ADDRESS}`],
    ...headers,
  )
}
