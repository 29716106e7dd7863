import type { IncomingMessage, ServerResponse } from 'node:http'
import { errors, type Dispatcher } from 'undici'
import type { ErrorCode } from '../lib/errors.ts'
import type { Asserted, Exchange, Refuse } from './exchange.ts'
import { isNavigation } from './navigation.ts'
import { returning } from './returning.ts'

/** Set-Cookie lines that take the gate's cookies away, and where a person lands who signed out of the application. */
export interface Farewell {
  readonly cookies: (asserted: Asserted) => readonly string[]
  readonly page: (asserted: Asserted) => string
}

type FarewellAnswer = Farewell & { readonly dress: (exchange: Exchange) => void }

/** What undici and Node say of bytes that are no answer. */
const isNoHttp = (error: NodeJS.ErrnoException): boolean =>
  error instanceof errors.HTTPParserError || error.code?.startsWith('HPE_') === true

/** What went wrong on the way to the application, as the visitor is told (U-01, U-05, U-06). */
export const upstreamFault = (error: NodeJS.ErrnoException): ErrorCode => {
  switch (error.code) {
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return 'upstream-timeout'
    case 'UND_ERR_INVALID_ARG':
    case 'UND_ERR_NOT_SUPPORTED':
      return 'request-malformed'
    case 'UND_ERR_RESPONSE_EXCEEDED_MAX_SIZE':
    case 'UND_ERR_HEADERS_OVERFLOW':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
    case 'ERR_INVALID_CHAR':
      return 'upstream-invalid'
    default:
      return isNoHttp(error) ? 'upstream-invalid' : 'upstream-unreachable'
  }
}

const ASCII = /^[ -~]*$/
const LOST = /[\p{Cc}�]/u

/** The reason phrase as the application wrote it. undici has read it as UTF-8: what was not that is lost, and left out. */
const reasonOf = (message = ''): string => {
  if (ASCII.test(message)) return message
  return LOST.test(message) ? '' : Buffer.from(message).toString('latin1')
}

/**
 * Carries one answer from the application to the visitor. A class and not a closure: one small object a request is what the
 * data path can afford.
 * - a small answer whose length is known leaves in one write
 * - a slow reader holds the application back, a reader that leaves cancels the request, and so does a request whose rest
 *   turned out to be unreadable: it holds no connection to the application
 * - an answer that breaks off is broken off for the visitor too, never ended as if it were whole
 */
class Carrier implements Dispatcher.DispatchHandler {
  readonly #asserted: Asserted
  readonly #response: ServerResponse
  readonly #refuse: Refuse
  readonly #farewell: FarewellAnswer
  #controller: Dispatcher.DispatchController | undefined
  #length = -1
  #held: Buffer | undefined
  #isDiscarding = false
  #isOver = false

  constructor(asserted: Asserted, refuse: Refuse, farewell: FarewellAnswer) {
    this.#asserted = asserted
    this.#response = asserted.exchange.response
    this.#refuse = refuse
    this.#farewell = farewell
    this.#response.once('close', () => {
      if (!this.#isOver && !this.#isDiscarding) this.#controller?.abort(new Error('the visitor left'))
    })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#response.destroyed || this.#response.writableEnded) controller.abort(new Error('the visitor left'))
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, _parsed: unknown, message?: string): void {
    if (status < 200) return
    if (status >= 400) this.#asserted.resent?.failed(true)
    const { exchange, isLeaving } = this.#asserted
    const returned = returning(exchange, (controller as unknown as { rawHeaders: Buffer[] }).rawHeaders)
    if (isLeaving) {
      if (isNavigation(exchange.request)) {
        this.#isDiscarding = true
        this.#sayFarewell(returned.headers)
        return
      }
      for (const cookie of this.#farewell.cookies(this.#asserted)) returned.headers.push('Set-Cookie', cookie)
    }
    this.#length = returned.length
    this.#response.writeHead(status, reasonOf(message), returned.headers)
    // An event stream or a long poll may have nothing to say yet: the visitor learns at once that it is open (U-09).
    if (this.#length < 0) this.#response.flushHeaders()
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isDiscarding) return
    if (chunk.length === this.#length) {
      this.#held = chunk
      return
    }
    if (!this.#response.write(chunk)) {
      controller.pause()
      this.#response.once('drain', () => {
        controller.resume()
      })
    }
  }

  onResponseEnd(): void {
    this.#isOver = true
    if (!this.#isDiscarding) this.#response.end(this.#held)
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    // Without a controller no connection came about, and the application has seen nothing.
    this.#isOver = true
    if (!this.#response.headersSent) this.#asserted.resent?.failed(this.#controller !== undefined)
    if (this.#response.destroyed || this.#response.writableEnded) return
    if (this.#asserted.isLeaving && !this.#response.headersSent) this.#sayFarewell([])
    else if (this.#response.headersSent) this.#response.destroy(error)
    else this.#refuse(this.#asserted.exchange, upstreamFault(error), error.message)
  }

  /** The gate's own page in place of the application's answer; the application still clears its own cookies. */
  #sayFarewell(theirs: readonly string[]): void {
    const cookies = theirs.filter((_value, at) => theirs[at - 1]?.toLowerCase() === 'set-cookie' && at % 2 === 1)
    this.#farewell.dress(this.#asserted.exchange)
    this.#response.writeHead(303, {
      'Set-Cookie': [...cookies, ...this.#farewell.cookies(this.#asserted)],
      Location: this.#farewell.page(this.#asserted),
      'Cache-Control': 'no-store',
      'Clear-Site-Data': '"cache"',
      'Content-Length': '0',
    })
    this.#response.end()
  }
}

const bodyOf = (asserted: Asserted, request: IncomingMessage): IncomingMessage | Buffer | null =>
  asserted.resent?.body ?? (asserted.hasBody ? request : null)

/** Last step: sends exactly the request that was judged, and carries the answer back. */
export const forward =
  (refuse: Refuse, farewell: FarewellAnswer) =>
  (asserted: Asserted): null => {
    const { request, target, site } = asserted.exchange
    const { pool, firstByte, idle } = site.upstream
    pool.dispatch(
      {
        path: target.raw,
        method: target.method,
        headers: asserted.headers,
        body: bodyOf(asserted, request),
        headersTimeout: firstByte,
        bodyTimeout: idle,
      },
      new Carrier(asserted, refuse, farewell),
    )
    return null
  }
