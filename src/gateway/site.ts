import type { Pool } from 'undici'
import type { Decision } from '../policy/decide.ts'
import type { Site } from '../policy/schema.ts'
import type { Sharing } from '../policy/sharing.ts'
import type { SignedIn, Subject } from '../policy/subject.ts'
import type { Target } from '../lib/target.ts'
import type { PeekResult } from '../session/peek.ts'
import type { AnswerRules } from './answer-rules.ts'
import type { Places } from './places.ts'
import type { UpstreamQueue } from './upstream-queue.ts'

/** The answers of the site's policy that the data path asks for (policy/decide). */
export interface GatewayPolicy {
  decide(target: Target, subject: Subject, context: { address: string | undefined; now: number }): Decision
  isBackground(path: string): boolean
  isUpstreamSignOut(path: string): boolean
  keepsForms(path: string): boolean
  originsFor(method: string, path: string): readonly string[]
  sharing(decision: Decision): Sharing
}

type Identity = readonly (readonly [name: string, value: string])[]

/** What the application will read of a request, besides its headers. */
interface ForwardedRequest {
  readonly method: string
  readonly host: string
  /** Path and query, to the byte. */
  readonly target: string
}

/** A site as the data path sees it: everything that can be prepared once is prepared. */
export interface GatewaySite {
  readonly site: Site
  /** Public origin, from configuration, never from a request (R34). */
  readonly origin: string
  /** Origins of all the site's host names: where WebSocket handshakes may come from. */
  readonly origins: ReadonlySet<string>
  readonly prefix: string
  /** Whose accounts may sign in here. */
  readonly realm: string
  readonly policy: GatewayPolicy
  /** Pages of the application that signed links of record systems lead to: the gate verifies them. */
  readonly callLinks: ReadonlySet<string>
  /** Whether a header name, in any spelling, is one that only the gate may set. */
  isOurHeader(rawName: string): boolean
  /** Whether such a name says who somebody is. */
  isIdentityHeader(rawName: string): boolean
  /** Plain identity headers, name and value in turns, every configured name present. */
  identityHeaders(subject: Subject): Identity
  /** The signed statement for a session, null where the policy wants none. */
  assertion(subject: SignedIn, sessionDigest: string): string | null | Promise<string | null>
  /** Signs what is forwarded, for this moment; null where the policy wants no signature. Name and value in turns. */
  readonly sign: ((request: ForwardedRequest, identity: Identity, assertion: string) => readonly string[]) | null
  /** Reads the session that a Cookie header names; throws a Fault when the store does not answer. */
  peek(cookies: string | undefined): PeekResult | Promise<PeekResult>
  readonly upstream: UpstreamTarget
  /** What becomes of the application's answers. */
  readonly answers: AnswerRules
  /** The same for sessions of a call that is shown in a frame. */
  readonly framedAnswers: AnswerRules
}

export interface UpstreamTarget {
  readonly origin: string
  /** Kept connections. Requests come here by way of `queue`. */
  readonly pool: Pool
  /** A connection for each request, for what is sent once more. */
  readonly fresh: Pool
  /** Whether this ended a connection that had served before: the request on it may never have been read. */
  isStale(error: Error): boolean
  readonly queue: UpstreamQueue
  /** WebSockets that may be open at one time. */
  readonly webSockets: Places
  /** The Host header that the application receives. */
  hostFor(requestedHost: string): string
  readonly firstByte: number
  readonly idle: number
  /** Certificate authorities that may sign the application, PEM; undefined for those of the system. */
  readonly ca: string | undefined
  /** Closes connections once the requests that wait and those under way have ended. */
  close(): Promise<void>
}

/** Sites by the Host header that asks for them: the listed names, and the same with the scheme's default port. */
export type SiteTable = ReadonlyMap<string, GatewaySite>

/** @throws {Error} when two sites claim one host: the configuration check refuses that first */
export const createSiteTable = (sites: readonly GatewaySite[]): SiteTable => {
  const table = new Map<string, GatewaySite>()
  for (const site of sites) {
    const defaultPort = site.origin.startsWith('https:') ? ':443' : ':80'
    for (const host of site.site.hosts) {
      for (const spelling of /:\d+$/.test(host) ? [host] : [host, `${host}${defaultPort}`]) {
        if (table.has(spelling)) throw new Error(`two sites claim the host ${spelling}`)
        table.set(spelling, site)
      }
    }
  }
  return table
}
