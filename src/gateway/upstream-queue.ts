/** One request that wants to reach the application. */
export interface Queued {
  /** Its turn, at once or when others have ended. `done` must be called once when it has ended. */
  go(): void
  /** It will not be sent: so many wait already, or it has waited so long. */
  turnAway(why: 'queue-full' | 'queue-time'): void
}

export interface QueueLimits {
  /** Requests that may be with the application at one time. */
  readonly most: number
  /** Requests that may wait behind them. */
  readonly waiting: number
  /** How long each of those may wait, milliseconds. */
  readonly patience: number
}

/**
 * Lets so many requests through to an application, and so many wait for as long, in the order in which they came (U-10).
 * undici's own queue is not used: it has no end, no limit of time, and nobody can leave it.
 *
 * A request that need not wait costs a comparison and a count; only one that waits costs a timer.
 */
export class UpstreamQueue {
  readonly #limits: QueueLimits
  readonly #queue = new Map<Queued, NodeJS.Timeout>()
  #running = 0
  #isAdmitting = false
  #whenEmpty: (() => void) | undefined

  constructor(limits: QueueLimits) {
    this.#limits = limits
  }

  /** How many are with the application. */
  get running(): number {
    return this.#running
  }

  /** How many wait. */
  get waiting(): number {
    return this.#queue.size
  }

  enter(request: Queued): void {
    const { most, waiting, patience } = this.#limits
    if (this.#running < most && this.#queue.size === 0) {
      this.#running += 1
      request.go()
    } else if (this.#queue.size >= waiting) {
      request.turnAway('queue-full')
    } else {
      this.#queue.set(request, setTimeout(this.#expire, patience, request))
    }
  }

  /** @returns whether it was waiting; a request that has gone must be ended in another way */
  leave(request: Queued): boolean {
    const timer = this.#queue.get(request)
    if (timer === undefined) return false
    clearTimeout(timer)
    this.#queue.delete(request)
    if (this.#queue.size === 0) this.#whenEmpty?.()
    return true
  }

  /** A request that had gone has ended. */
  done(): void {
    this.#running -= 1
    if (this.#queue.size === 0 || this.#isAdmitting) return
    // Not within undici's parser, which calls this and would be entered a second time.
    this.#isAdmitting = true
    queueMicrotask(this.#admit)
  }

  /** Resolves when nobody waits any more. */
  emptied(): Promise<void> {
    if (this.#queue.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#whenEmpty = resolve
    })
  }

  readonly #admit = (): void => {
    try {
      for (const request of this.#queue.keys()) {
        if (this.#running >= this.#limits.most) break
        this.leave(request)
        this.#running += 1
        request.go()
      }
    } finally {
      this.#isAdmitting = false
    }
  }

  readonly #expire = (request: Queued): void => {
    if (this.leave(request)) request.turnAway('queue-time')
  }
}
