import type { ServerResponse } from 'node:http'
import type { Dispatcher } from 'undici'
import { Fault, type ErrorCode } from '../lib/errors.ts'
import { eventStreamEnd, type EventStreamEnd } from './event-stream-end.ts'
import type { Asserted, Refuse } from './exchange.ts'
import { CLEARED, sayFarewell, type FarewellAnswer } from './farewell.ts'
import { linger } from './linger.ts'
import { isNavigation } from './navigation.ts'
import type { OpenAnswer, OpenAnswers } from './open-answers.ts'
import { returning } from './returning.ts'
import type { UpstreamTarget } from './site.ts'
import { trailersFor } from './trailers.ts'
import { Upload } from './upload.ts'
import { upstreamFault } from './upstream-fault.ts'
import type { Queued } from './upstream-queue.ts'

/** Bytes up to which copying a body costs less than a second piece in the same write. */
const ONE_PIECE = 4_096

const ASCII = /^[ -~]*$/
const LOST = /[\p{Cc}�]/u

/** The reason phrase as the application wrote it. undici has read it as UTF-8: what was not that is lost, and left out. */
const reasonOf = (message = ''): string => {
  if (ASCII.test(message)) return message
  return LOST.test(message) ? '' : Buffer.from(message).toString('latin1')
}

/** As undici's controllers of answers over HTTP/1.1 are; its types know of several forms. */
interface Raw {
  readonly rawHeaders: readonly Buffer[]
  readonly rawTrailers: readonly Buffer[]
}

/** Methods that change nothing (RFC 9110 § 9.2.1). PUT and DELETE may be repeated by the letter, but not for a person. */
const REPEATABLE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Carries one answer from the application to the visitor. A class and not a closure: one small object a request is what the
 * data path can afford.
 * - a small answer whose length is known leaves in one write
 * - a slow reader holds the application back; one that takes nothing at all, or leaves, cancels the request, and so does a
 *   request whose rest turned out to be unreadable: it holds no connection to the application
 * - an answer that breaks off is broken off for the visitor too, never ended as if it were whole
 * - what was only to be looked at is asked for once more when a kept connection turns out to be closed (U-04)
 * - what must not go on without its session is ended with it (open-answers)
 */
class Carrier implements Dispatcher.DispatchHandler, Queued, OpenAnswer {
  stream: EventStreamEnd | undefined
  place = -1
  readonly #asserted: Asserted
  readonly #response: ServerResponse
  readonly #refuse: Refuse
  readonly #farewell: FarewellAnswer
  readonly #options: Dispatcher.DispatchOptions
  #controller: Dispatcher.DispatchController | undefined
  #length = -1
  #held: Buffer | undefined
  #isDiscarding = false
  #isAnswered = false
  #isRepeated = false
  #isOver = false

  constructor(
    asserted: Asserted,
    refuse: Refuse,
    farewell: FarewellAnswer,
    answers: OpenAnswers,
    options: Dispatcher.DispatchOptions,
  ) {
    this.#asserted = asserted
    this.#response = asserted.exchange.response
    this.#refuse = refuse
    this.#farewell = farewell
    this.#options = options
    // Who has left already is not announced again.
    if (this.#response.destroyed) return
    answers.add(this)
    this.#response.once('close', () => {
      answers.delete(this)
      this.#leave('the visitor left')
    })
  }

  get #upstream(): UpstreamTarget {
    return this.#asserted.exchange.site.upstream
  }

  get session(): string | null {
    return this.#asserted.session
  }

  go(): void {
    this.#send(this.#upstream.pool)
  }

  #send(over: Dispatcher): void {
    const { headers, signature } = this.#asserted
    const options = signature === null ? this.#options : { ...this.#options, headers: [...headers, ...signature()] }
    over.dispatch(options, this)
  }

  turnAway(why: string): void {
    this.#isOver = true
    this.#fail('upstream-busy', why, false)
  }

  cut(): void {
    if (this.#response.headersSent) this.#response.destroy()
    else this.#fail('sign-in-required', 'session-over', true)
    this.#leave('the session is over')
  }

  /** Nobody waits for the answer any more. */
  #leave(why: string): void {
    if (this.#isOver || this.#isDiscarding) return
    if (this.#upstream.queue.leave(this)) this.#isOver = true
    else this.#controller?.abort(new Error(why))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#response.destroyed || this.#response.writableEnded) controller.abort(new Error('the visitor left'))
  }

  /** The first byte of an answer has come. */
  onResponseStarted(): void {
    this.#isAnswered = true
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, _parsed: unknown, message?: string): void {
    if (status < 200) return
    if (status >= 400) this.#asserted.resent?.failed(true)
    const returned = returning(this.#asserted, status, (controller as unknown as Raw).rawHeaders)
    if (!returned.ok) {
      controller.abort(new Fault('upstream-invalid', returned.reason))
      return
    }
    const { headers, length } = returned.value
    if (this.#asserted.isLeaving) {
      if (isNavigation(this.#asserted.exchange.request)) {
        this.#isDiscarding = true
        sayFarewell(this.#asserted, this.#farewell, headers)
        return
      }
      for (const cookie of this.#farewell.cookies(this.#asserted)) headers.push('Set-Cookie', cookie)
      headers.push('Clear-Site-Data', CLEARED)
    }
    this.#length = length
    this.#response.writeHead(status, reasonOf(message), headers)
    // An event stream or a long poll may have nothing to say yet: the visitor learns at once that it is open (U-09).
    if (this.#length >= 0) return
    this.#response.flushHeaders()
    this.stream = eventStreamEnd(this.#response, headers)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isDiscarding || this.#response.writableEnded) return
    if (chunk.length === this.#length) {
      this.#held = chunk
      return
    }
    if (!this.#response.write(chunk)) {
      controller.pause()
      this.#limitReader(this.#upstream.idle)
      this.#response.once('drain', () => {
        this.#limitReader(0)
        controller.resume()
      })
    }
    this.stream?.pass(chunk)
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    const { exchange } = this.#asserted
    const { rawTrailers } = controller as unknown as Raw
    if (rawTrailers.length > 0) this.#response.addTrailers(trailersFor(exchange.request, rawTrailers))
    this.#isOver = true
    this.#upstream.queue.done()
    if (this.#asserted.hasBody) linger(exchange)
    if (this.#isDiscarding) return
    this.#end()
    if (this.#response.writableLength > 0) this.#limitReader(this.#upstream.idle)
  }

  /** A small body leaves as text, which Node sends in one piece with the header section, byte for byte. */
  #end(): void {
    if (this.#held === undefined) this.#response.end()
    else if (this.#held.length > ONE_PIECE) this.#response.end(this.#held)
    else this.#response.end(this.#held.toString('latin1'), 'latin1')
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#isOver) return
    if (this.#mayRepeat(error)) {
      this.#isRepeated = true
      this.#controller = undefined
      queueMicrotask(() => this.#send(this.#upstream.fresh))
      return
    }
    this.#isOver = true
    this.#upstream.queue.done()
    // Without a controller no connection came about, and the application has seen nothing.
    this.#fail(upstreamFault(error), error.message, this.#controller !== undefined, error)
  }

  /**
   * The application closed a connection that it had kept open, at the moment at which the request was written to it: most
   * likely it has never read it. undici sends nothing twice of itself. It is sent once more, on a new connection, when that
   * can do no harm (RFC 9110 § 9.2.2): the method only looks, no body went with it, and not a byte of an answer has come.
   */
  #mayRepeat(error: Error): boolean {
    const { method, body } = this.#options
    if (this.#isRepeated || this.#isAnswered || this.#response.destroyed) return false
    return REPEATABLE.has(method) && body === null && this.#upstream.isStale(error)
  }

  /** Node counts as movement whatever the network takes, and destroys the connection on which nothing moves for so long. */
  #limitReader(idle: number): void {
    this.#response.socket?.setTimeout(idle)
  }

  /** No answer, or not the whole of one. `isUnsure`: the application may have seen the request. */
  #fail(code: ErrorCode, detail: string, isUnsure: boolean, error?: Error): void {
    const { headersSent, destroyed, writableEnded } = this.#response
    if (!headersSent) this.#asserted.resent?.failed(isUnsure)
    if (destroyed || writableEnded) return
    if (this.#asserted.hasBody) linger(this.#asserted.exchange)
    if (headersSent) this.#response.destroy(error)
    else if (this.#asserted.isLeaving) sayFarewell(this.#asserted, this.#farewell, [])
    else this.#refuse(this.#asserted.exchange, code, detail)
  }
}

const bodyOf = ({ resent, hasBody, exchange: { request, site } }: Asserted): Upload | Buffer | null =>
  resent?.body ?? (hasBody ? new Upload(request, site.upstream.idle) : null)

/** Last step: sends exactly the request that was judged, and carries the answer back. */
export const forward =
  (refuse: Refuse, farewell: FarewellAnswer, answers: OpenAnswers) =>
  (asserted: Asserted): null => {
    const { target, site } = asserted.exchange
    const { queue, firstByte, idle } = site.upstream
    const options = {
      path: target.raw,
      method: target.method,
      headers: asserted.headers,
      body: bodyOf(asserted),
      headersTimeout: firstByte,
      bodyTimeout: idle,
    }
    queue.enter(new Carrier(asserted, refuse, farewell, answers, options))
    return null
  }
