import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { Fault } from '../lib/errors.ts'

/**
 * The body of a request, as undici is given it. Not the request itself: undici destroys the body of an exchange that ended
 * before it, and would take the visitor's connection with it, on which the answer is still to be read (U-05).
 * - nothing is read before a connection to the application takes it, and no faster than that does (U-08)
 * - a visitor who sends nothing for a while is told so (408); a while in which the application takes nothing does not count
 * - what still comes when the application has answered is thrown away
 */
export class Upload extends Readable {
  readonly #request: IncomingMessage
  readonly #patience: number
  #standstill: NodeJS.Timeout | undefined

  /** @param patience how long the visitor may stand still, milliseconds */
  constructor(request: IncomingMessage, patience: number) {
    super()
    this.#request = request
    this.#patience = patience
  }

  override _read(): void {
    if (this.#standstill === undefined) this.#begin()
    else if (this.#request.isPaused()) {
      this.#standstill.refresh()
      this.#request.resume()
    }
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#standstill)
    if (this.#standstill !== undefined) {
      const { data, end, error: broken, close } = this.#heard
      this.#request.off('data', data).off('end', end).off('error', broken).off('close', close)
      this.#request.resume()
    }
    done(error)
  }

  #begin(): void {
    this.#standstill = setTimeout(this.#onStandstill, this.#patience)
    const { data, end, error, close } = this.#heard
    this.#request.on('data', data).once('end', end).once('error', error).once('close', close)
  }

  readonly #heard = {
    data: (chunk: Buffer): void => {
      if (this.push(chunk)) this.#standstill?.refresh()
      else this.#request.pause()
    },
    end: (): void => {
      clearTimeout(this.#standstill)
      this.push(null)
    },
    error: (error: Error) => void this.destroy(error),
    close: () => {
      if (!this.readableEnded && !this.#request.readableEnded) this.destroy(new Error('the visitor left'))
    },
  }

  readonly #onStandstill = (): void => {
    if (this.#request.isPaused()) this.#standstill?.refresh()
    else this.destroy(new Fault('request-timeout', 'the upload stands still'))
  }
}
