import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ErrorCode } from '../lib/errors.ts'
import type { Decision } from '../policy/decide.ts'
import type { Sharing } from '../policy/sharing.ts'
import type { Subject } from '../policy/subject.ts'
import type { Target } from '../lib/target.ts'
import type { GatewaySite } from './site.ts'

/** What the listener hands over: a request and the means to answer it. */
export interface Incoming {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** First bytes after the header section of an upgrade request; null for an ordinary request. */
  readonly upgradeHead: Buffer | null
  /** What the visitor can quote and the log and the audit trail repeat (R33). */
  readonly reference: string
}

/** One request on its way through, as soon as it is known to be well formed and for which site. */
export interface Exchange extends Incoming {
  readonly site: GatewaySite
  /** The Host header that was asked for; it is in the site's list. */
  readonly host: string
  readonly target: Target
  /** The visitor's address as far as it can be trusted; undefined when a listed proxy sent something unreadable (H-10). */
  readonly address: string | undefined
}

/** What each step produces for the next one; a wrong order of steps does not compile. */
export interface Sanitized {
  readonly exchange: Exchange
  /** What goes to the application, name and value in turns: the visitor's headers without what is ours or hop-by-hop. */
  readonly headers: string[]
  /** Whether a message body follows the header section. */
  readonly hasBody: boolean
  /** The visitor's whole Cookie header, ours included; it is read by `authenticate` only. */
  readonly cookies: string | undefined
  /** The visitor's Origin header: from a page of which site a script or a form speaks. */
  readonly origin?: string | undefined
  /** What the browser itself says of where the page stands that asks (Sec-Fetch-Site). */
  readonly fetchSite?: string | undefined
}

export interface Authenticated extends Sanitized {
  readonly subject: Subject
  /** Digest of the live session; null for an anonymous visitor. */
  readonly session: string | null
  /** Digest of a session that is over, whose cookie is well signed: the sign-in page says so (R32). */
  readonly ended: string | null
}

/** What became of a form that arrived when its session had ended: its handle, or why it was not kept (R7, W-11). */
export type FormOutcome = { readonly kept: string } | { readonly lost: 'form-too-large' | 'form-file-too-large' }

export interface Authorized extends Authenticated {
  readonly decision: Decision
  /** Set by `keep-form` alone. */
  readonly form?: FormOutcome
}

export interface Allowed extends Authorized {
  /** Proof for the type checker that `challenge` has let this request pass. */
  readonly allowed: true
}

/** A form that was kept and is sent now, in place of the request's own body. */
export interface Resent {
  readonly body: Buffer
  /** The application did not take it; `isUnsure`: or perhaps it did. */
  readonly failed: (isUnsure: boolean) => void
}

export interface Asserted {
  /** Proof for the type checker that `assert` has completed the headers. */
  readonly isAsserted: true
  readonly exchange: Exchange
  /** Complete: the visitor's headers, identity, assertion, forwarding. */
  readonly headers: string[]
  readonly hasBody: boolean
  readonly subject: Subject
  readonly session: string | null
  /** What browsers may do with the answer. */
  readonly sharing: Sharing
  readonly origin?: string | undefined
  readonly isLeaving: boolean
  /**
   * The headers that sign the request, name and value in turns, made when it is sent and each time that it is: a signature
   * holds for a minute, and once (H-16). Null where nothing is signed.
   */
  readonly signature: (() => readonly string[]) | null
  /** Set by `resend` alone. */
  readonly resent?: Resent
}

/** Ends the exchange with the page or the JSON of an error code. `detail` is for the log: a rule id, a typed reason. */
export type Refuse = (at: Incoming & Partial<Exchange>, code: ErrorCode, detail?: string) => void
