import { ANSWERED_BY_GATE } from '../challenge.ts'
import type { Asserted } from '../exchange.ts'

/**
 * Last step of the table for proxies: yes, and what the application is to be told. Each header of the answer replaces the
 * one of that name in the visitor's request:
 * - the identity headers and the assertion, every configured name, empty when there is nothing to say
 * - `Cookie`: the visitor's cookies without the gate's own
 */
export const verdict = ({ exchange, headers }: Asserted): null => {
  const { response } = exchange
  headers.push('Cache-Control', 'no-store', ANSWERED_BY_GATE, 'allowed', 'Content-Length', '0')
  response.writeHead(200, headers)
  response.end()
  return null
}
