import type { AnswerRefusal } from '../lib/ambiguous.ts'
import type { Sharing } from '../policy/sharing.ts'
import { SAYS, type AnswerRules } from './answer-rules.ts'
import { cookieForVisitor } from './cookies.ts'
import { isPlainCoding, isPlainLength } from './framing.ts'
import { allNamed, HOP_BY_HOP } from './hop-by-hop.ts'

/** The header section of one answer of the application, as it is read, field by field. */
export class AnswerHead {
  /** What goes back, name and value in turns. */
  readonly headers: string[] = []
  /** Length of the body as it was announced; -1 when it was not. */
  length = -1
  doubt: AnswerRefusal | undefined
  /** Names of hop-by-hop fields that `Connection` announces. */
  named: ReadonlySet<string> | undefined
  cacheControl: string | undefined
  vary: string | undefined
  /** What the application says itself, bits of `SAYS`. */
  said = 0
  readonly rules: AnswerRules
  readonly sharing: Sharing
  readonly host: string

  constructor(rules: AnswerRules, sharing: Sharing, host: string) {
    this.rules = rules
    this.sharing = sharing
    this.host = host
  }
}

/** What becomes of one field. */
type Treatment = (head: AnswerHead, name: string, value: string) => void

const drop: Treatment = () => undefined

const pass: Treatment = (head, name, value) => void head.headers.push(name, value)

/** The application's own word counts, and the gate adds none. */
const say =
  (bit: number): Treatment =>
  (head, name, value) => {
    head.said |= bit
    head.headers.push(name, value)
  }

/** Its older word on frames: `AnswerRules.framed` tells why it is not always its own. */
const framing: Treatment = (head, name, value) => {
  if (head.rules.framed) return
  head.said |= SAYS['X-Frame-Options']
  head.headers.push(name, value)
}

const policy: Treatment = (head, name, value) => {
  if (/(?:^|[;,\s])frame-ancestors\s/i.test(value)) head.said |= SAYS['X-Frame-Options']
  head.headers.push(name, value)
}

const length: Treatment = (head, _name, value) => {
  if (isPlainLength(value)) head.length = Number(value)
  else head.doubt = 'answer-length-spelling'
}

const coding: Treatment = (head, _name, value) => {
  if (!isPlainCoding(value)) head.doubt = 'answer-transfer-coding'
}

const cookie: Treatment = (head, name, value) => {
  const line = cookieForVisitor(value, head.host, head.rules.cookies)
  if (line !== undefined) head.headers.push(name, line)
}

const address: Treatment = (head, name, value) =>
  void head.headers.push(name, head.rules.onPublicAddress(value, head.host))

/** `"cookies"` would take the gate's away too, which the application may not (R2), so `"*"` is what it holds besides. */
const clearing: Treatment = (head, name, value) => {
  const parts = value.split(',').map((part) => part.trim())
  const kept = parts.flatMap((part) => (part === '"*"' ? ['"cache"', '"storage"'] : part === '"cookies"' ? [] : [part]))
  if (kept.length > 0) head.headers.push(name, kept.join(', '))
}

const caching: Treatment = (head, name, value) => {
  if (head.sharing.keep === 'as-said') head.headers.push(name, value)
  else head.cacheControl = head.cacheControl === undefined ? value : `${head.cacheControl}, ${value}`
}

const varying: Treatment = (head, _name, value) => {
  head.vary = head.vary === undefined ? value : `${head.vary}, ${value}`
}

const each = (treatment: Treatment, ...names: readonly string[]) => names.map((name) => [name, treatment] as const)

/**
 * The fields that do not just pass, by name. This table is told in deploy/traffic.md.
 * - the connection to the application ends here (H-06); `Alt-Svc` would lead visitors round the gate
 * - names of products and machines are nobody's to know (W-08, RFC 9110 §7.6.3)
 * - orders to a proxy on the way: the gate is the application's proxy and obeys none, and nobody before it shall
 * - who may read answers across origins is the site file's to say, not the application's (W-08, R9)
 */
const FIELDS: ReadonlyMap<string, Treatment> = new Map([
  ...each(drop, ...HOP_BY_HOP, 'alt-svc', 'set-cookie2'),
  ...each(drop, 'server', 'via', 'x-powered-by', 'x-aspnet-version', 'x-aspnetmvc-version', 'x-generator'),
  ...each(drop, 'x-served-by', 'x-server', 'x-backend-server', 'liferay-portal'),
  ...each(drop, 'x-accel-redirect', 'x-accel-expires', 'x-sendfile', 'surrogate-control', 'cdn-cache-control'),
  ...each(drop, 'access-control-allow-origin', 'access-control-allow-credentials', 'access-control-allow-methods'),
  ...each(drop, 'access-control-allow-headers', 'access-control-max-age', 'access-control-allow-private-network'),
  ...each(drop, 'timing-allow-origin', 'strict-transport-security', 'public-key-pins'),
  ...each(say(SAYS.contentType), 'content-type'),
  ...each(say(SAYS['X-Content-Type-Options']), 'x-content-type-options'),
  ...each(framing, 'x-frame-options'),
  ...each(say(SAYS['Referrer-Policy']), 'referrer-policy'),
  ...each(say(SAYS['Cross-Origin-Resource-Policy']), 'cross-origin-resource-policy'),
  ...each(policy, 'content-security-policy'),
  ...each(address, 'location', 'content-location', 'refresh', 'link'),
  ...each(cookie, 'set-cookie'),
  ...each(clearing, 'clear-site-data'),
  ...each(caching, 'cache-control'),
  ...each(varying, 'vary'),
  ...each(length, 'content-length'),
  ...each(coding, 'transfer-encoding'),
  ['connection', (head, _name, value) => void (head.named = allNamed(head.named, value))],
])

export const treatmentOf = (folded: string): Treatment => FIELDS.get(folded) ?? pass

/** Whether a field goes back as it came, whatever it says. */
export const justPasses = (folded: string): boolean => !FIELDS.has(folded)
