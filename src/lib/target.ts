/**
 * What a request asks for, parsed once. The decision, the log, the signature and the upstream all read this one object, so
 * that what was judged is what is forwarded (R20).
 */
export interface Target {
  readonly method: string
  /** The raw path and query exactly as received; this is what the upstream gets. */
  readonly raw: string
  /** The path that rules judge: percent-decoded once, path parameters removed, repeated slashes folded, as Tomcat reads it. */
  readonly path: string
  /** The raw query without `?`, or an empty string. Never judged. */
  readonly query: string
  /**
   * Whether the raw path is the plain spelling of `path`. A path in another spelling never meets an `anyone` rule: an
   * application that reads it differently from us must not be reached without a session.
   */
  readonly canonical: boolean
}
