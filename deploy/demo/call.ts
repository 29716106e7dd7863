import type { IncomingMessage } from 'node:http'
import type { Visitor } from './assertion.ts'
import type { JavaSession } from './jsession.ts'
import type { SignatureVerdict } from './signature.ts'

/** One request as the pages of the stand-in see it. */
export interface Call {
  readonly request: IncomingMessage
  readonly method: string
  /** As Tomcat would choose a servlet by it; empty when it would answer 400. */
  readonly path: string
  /** The address exactly as received, to show that a deep link came through whole. */
  readonly rawUrl: string
  readonly query: URLSearchParams
  readonly visitor: Visitor
  /** Of the signature over this request; null where none is asked for. */
  readonly signature: SignatureVerdict | null
  readonly session: JavaSession
  /** The application's own host and port, which it writes into redirects because it knows of no gate. */
  readonly origin: string
  readonly now: number
}
