import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AuditTrail } from '../audit/events.ts'
import type { Clock } from '../lib/clock.ts'
import { codeOf, ERRORS, type ErrorCode } from '../lib/errors.ts'
import { saysNavigation } from '../lib/fetch-metadata.ts'
import type { Log } from '../lib/log.ts'
import { staysOnSite } from '../lib/return-target.ts'
import { dress } from './headers.ts'
import { languageOf } from './language.ts'
import { refusalEvent } from './refusal-events.ts'
import type { Views } from './views.ts'
import type { PortalSite } from './visit.ts'

/** What is known of a request that is refused: as much as had been established when it happened. */
export interface RefusedAt {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly upgradeHead?: Buffer | null
  readonly reference: string
  readonly site?: PortalSite | undefined
  readonly address?: string | undefined
  readonly path?: string | undefined
}

export interface Refusals {
  /** Answers with the page or the JSON of a code, and says so in the log. `detail` never reaches the visitor. */
  refuse(at: RefusedAt, code: ErrorCode, detail?: string): void
  /** The same for something thrown; what is not one of our faults is a `fault`. */
  fail(at: RefusedAt, thrown: unknown): void
}

/** A page for people who asked for one by name; JSON for scripts, handshakes and tools that take anything. */
const wantsPage = ({ headers }: IncomingMessage): boolean => {
  if (headers.upgrade !== undefined) return false
  const said = saysNavigation(headers)
  if (said !== undefined) return said
  return headers.accept !== undefined && /\btext\/html\b|\bapplication\/xhtml\+xml\b/i.test(headers.accept)
}

export interface RefusalParts {
  readonly views: Views
  readonly log: Log
  readonly trail: AuditTrail
  readonly clock: Clock
  /** Counts refusals by site and code, for the figures. */
  readonly count: (site: string, code: string) => void
}

const OWN_FIELDS = ['Content-Type', 'Content-Length', 'Cache-Control', 'X-Portillon'] as const

/** The answer to a refused request: a page or JSON, and one line of text when even that cannot be made. */
const createAnswers = ({ views, log, clock }: RefusalParts) => {
  const bodyOf = (at: RefusedAt, code: ErrorCode, isPage: boolean): string => {
    const { request, site, reference } = at
    const { status } = ERRORS[code]
    const language = languageOf(request.headers['accept-language'])
    const frame = { site: site?.site ?? null, language }
    const time = new Date(clock.now()).toISOString()
    if (isPage) return views.render(frame, 'refusal', { code, status, reference, time, retryHref: retryOf(request) })
    const say = (part: 'what' | 'next') => views.text(frame, `errors.${code}.${part}`)
    const facts = { error: code, status, message: say('what'), next: say('next'), reference, time }
    if (site === undefined) return `${JSON.stringify(facts)}\n`
    const { name, phone, email } = site.site.support
    const support = { name: name[language], phone, email }
    const signIn = code === 'sign-in-required' ? `${site.prefix}/sign-in` : undefined
    return `${JSON.stringify({ ...facts, support, signIn })}\n`
  }

  const answer = (at: RefusedAt, code: ErrorCode): void => {
    const { request, response, site } = at
    const { status, ...more } = ERRORS[code]
    const isPage = wantsPage(request)
    const body = bodyOf(at, code, isPage)
    dress(request, response, views.contentSecurityPolicy(site?.site ?? null), site?.secure ?? false)
    response.statusCode = status
    // In one order, whatever a page had set before: an address that is kept from strangers must look like none (R19).
    for (const name of OWN_FIELDS) response.removeHeader(name)
    response.setHeader('Content-Type', isPage ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8')
    response.setHeader('Content-Length', Buffer.byteLength(body))
    response.setHeader('Cache-Control', 'no-store')
    response.setHeader('X-Portillon', code)
    if ('retryAfter' in more) response.setHeader('Retry-After', more.retryAfter)
    // A handshake that was refused is over; so is a connection whose framing was doubtful, or on which nothing comes.
    if ((at.upgradeHead ?? null) !== null || status === 400 || status === 408) response.setHeader('Connection', 'close')
    response.end(request.method === 'HEAD' ? undefined : body)
  }

  /** A page that cannot be made must not take the process with it: one line of text is always there (O-08). */
  const answerPlainly = ({ request, response, reference }: RefusedAt, thrown: unknown): void => {
    log.error({ err: thrown, reference }, 'a refusal could not be shown')
    if (response.headersSent) {
      response.destroy()
      return
    }
    const body = `Une erreur s'est produite. Référence : ${reference}\n`
    dress(request, response, views.contentSecurityPolicy(null), false)
    response.writeHead(500, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      'X-Portillon': 'fault',
      Connection: 'close',
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  }

  return (at: RefusedAt, code: ErrorCode): void => {
    try {
      answer(at, code)
    } catch (thrown) {
      answerPlainly(at, thrown)
    }
  }
}

const createReport =
  ({ log, trail, count }: RefusalParts) =>
  (at: RefusedAt, code: ErrorCode, detail: string | undefined): void => {
    const { level } = ERRORS[code]
    const fields = {
      error: code,
      detail,
      site: at.site?.site.site,
      method: at.request.method,
      path: at.path,
      address: at.address,
      reference: at.reference,
    }
    log[level](fields, 'request refused')
    count(at.site?.site.site ?? '', code)
    const event = refusalEvent(code, detail, { isPage: wantsPage(at.request), isOfSite: at.site !== undefined })
    if (event === null) return
    trail.record({
      ...event,
      reference: at.reference,
      ...(at.site === undefined ? {} : { site: at.site.site.site }),
      ...(at.address === undefined ? {} : { address: at.address }),
    })
  }

export const createRefusals = (parts: RefusalParts): Refusals => {
  const answer = createAnswers(parts)
  const report = createReport(parts)
  const refuse: Refusals['refuse'] = (at, code, detail) => {
    report(at, code, detail)
    if (at.response.headersSent || at.response.writableEnded) at.response.destroy()
    else answer(at, code)
  }
  return {
    refuse,
    fail: (at, thrown) => {
      const detail = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
      // The visitor was answered already, for bytes behind the request that were none: what was still under way fails now.
      if (at.response.writableEnded) parts.log.debug({ detail, reference: at.reference }, 'a fault after the answer')
      else refuse(at, codeOf(thrown), detail)
    },
  }
}

/**
 * The same page again, for a visitor who only looked: a form is never sent again by a link. The address comes from a
 * request that was refused, so it may be one that a browser resolves elsewhere (`/\evil.test`, R-02): then there is no link.
 */
const retryOf = ({ method, url = '' }: IncomingMessage): string | null =>
  (method === 'GET' || method === 'HEAD') && staysOnSite(url) ? url : null
