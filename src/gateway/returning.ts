import type { AnswerRefusal } from '../lib/ambiguous.ts'
import { accept, refuse, type Result } from '../lib/result.ts'
import type { Sharing } from '../policy/sharing.ts'
import { AnswerHead, treatmentOf } from './answer-head.ts'
import { SAYS, type AnswerRules } from './answer-rules.ts'
import type { Asserted } from './exchange.ts'
import { createFolding } from './folding.ts'
import { dropNamed } from './hop-by-hop.ts'

export interface Returned {
  /** Name and value in turns, as the visitor receives them. */
  readonly headers: string[]
  /** Length of the body as the application announced it; -1 when it did not. */
  readonly length: number
}

const fold = createFolding()

/** The highest status that a reader knows what to make of (RFC 9110 §15). */
const LAST_STATUS = 599

/** `no-store` is the strongest word there is: with more beside it, it is the application's to say in its own way. */
const cacheControlOf = (said: string | undefined, keep: Sharing['keep']): string => {
  if (said !== undefined && /\bno-store\b/i.test(said)) return said
  if (keep === 'never') return 'no-store'
  const kept = (said ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && !/^(?:public|private|proxy-revalidate|s-maxage\b.*)$/i.test(part))
  return ['private', ...kept].join(', ')
}

/** What must not be added: the application shows something that would change by it, or the rule allows it. */
const notToSay = ({ said, sharing }: AnswerHead): number =>
  // Without a type the browser has to guess, and would show a page as text instead.
  ((said & SAYS.contentType) === 0 ? SAYS['X-Content-Type-Options'] : 0) |
  (sharing.shownIn === 'own-pages' ? 0 : SAYS['X-Frame-Options']) |
  (sharing.shownIn === 'anywhere' ? SAYS['Cross-Origin-Resource-Policy'] : 0)

const addProtections = (head: AnswerHead, headers: string[]): void => {
  const said = head.said | notToSay(head)
  for (const { name, value, bit } of head.rules.protections) {
    if ((said & bit) !== 0) continue
    const isWider = bit === SAYS['Cross-Origin-Resource-Policy'] && head.sharing.shownIn === 'same-site'
    headers.push(name, isWider ? 'same-site' : value)
  }
}

/** Lets scripts of a listed origin read the answer (R9); caches are told that it depends on who asks. */
const addReaders = (head: AnswerHead, headers: string[], origin: string | undefined): void => {
  const { origins } = head.sharing
  if (origins.length > 0) head.vary = head.vary === undefined ? 'Origin' : `${head.vary}, Origin`
  if (head.vary !== undefined) headers.push('Vary', head.vary)
  if (origin === undefined || !origins.includes(origin)) return
  headers.push('Access-Control-Allow-Origin', origin, 'Access-Control-Allow-Credentials', 'true')
}

/** What of a request decides about its answer. */
export type Answered = Pick<Asserted, 'sharing' | 'origin'> & {
  readonly subject?: Asserted['subject']
  readonly exchange: {
    readonly host: string
    readonly site: { readonly answers: AnswerRules; readonly framedAnswers?: AnswerRules }
  }
}

const rulesFor = ({ exchange: { site }, subject }: Answered): AnswerRules =>
  subject?.kind === 'signed-in' && subject.call?.framed === true ? (site.framedAnswers ?? site.answers) : site.answers

/**
 * What of the application's answer goes back to the visitor: everything, in its order and spelling, but for the fields of
 * `answer-head`. One pass. Content-Length stands last: after it, Node writes a Content-Disposition in other bytes than it was
 * given, and throws on a name in ISO-8859-1.
 * @param raw names and values in turns, as received
 */
export const returning = (
  answered: Answered,
  status: number,
  raw: readonly Buffer[],
): Result<Returned, AnswerRefusal> => {
  if (status > LAST_STATUS) return refuse('answer-status')
  const { exchange, sharing, origin } = answered
  const head = new AnswerHead(rulesFor(answered), sharing, exchange.host)
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]?.toString('latin1') ?? ''
    treatmentOf(fold(name))(head, name, raw[at + 1]?.toString('latin1') ?? '')
  }
  if (head.doubt !== undefined) return refuse(head.doubt)
  const headers = head.named === undefined ? head.headers : dropNamed(head.headers, head.named)
  if (sharing.keep !== 'as-said') headers.push('Cache-Control', cacheControlOf(head.cacheControl, sharing.keep))
  addProtections(head, headers)
  addReaders(head, headers, origin)
  // 204 has no body, and a length of one is not to be said of it (RFC 9110 §8.6).
  if (head.length >= 0 && status !== 204) headers.push('Content-Length', String(head.length))
  return accept({ headers, length: head.length })
}
