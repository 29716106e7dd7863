/**
 * Whether workers still turn. One that hangs does not die: the kernel goes on giving it visitors, and nobody would replace it.
 */
export interface PulseParts<Worker> {
  /** Those that serve at this moment. */
  readonly workers: () => readonly Worker[]
  /** Resolves when the worker answers; how it ends otherwise does not matter. */
  readonly ask: (worker: Worker) => Promise<unknown>
  /** How long a worker may be silent, milliseconds. */
  readonly patience: () => number
  readonly onSilent: (worker: Worker) => void
  /** Time between two looks, milliseconds. */
  readonly every?: number
}

const EVERY = 1_000

/**
 * Counts looks and not time: while this process itself does not turn (a stopped machine, a terminal's Ctrl-Z, a moved guest),
 * no worker is late, since none could have been heard (L-12).
 * @returns a function that ends it
 */
export const watchPulse = <Worker>(parts: PulseParts<Worker>): (() => void) => {
  const { workers, ask, patience, onSilent, every = EVERY } = parts
  /** How many looks a question has been waiting for. */
  const waiting = new Map<Worker, number>()

  const question = (worker: Worker): void => {
    waiting.set(worker, 0)
    const answered = () => void waiting.delete(worker)
    ask(worker).then(answered, answered)
  }
  const look = (): void => {
    const serving = new Set(workers())
    for (const worker of waiting.keys()) if (!serving.has(worker)) waiting.delete(worker)
    for (const worker of serving) {
      const looks = waiting.get(worker)
      if (looks === undefined) question(worker)
      else if ((looks + 1) * every < patience()) waiting.set(worker, looks + 1)
      else {
        // Whoever is told ends it; until it is gone it is not told again.
        waiting.set(worker, Number.NEGATIVE_INFINITY)
        onSilent(worker)
      }
    }
  }
  const timer = setInterval(look, every).unref()
  return () => clearInterval(timer)
}
