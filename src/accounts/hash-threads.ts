import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { HashEngine } from './hash-engine.ts'
import type { HashDone, HashWork } from './hash-thread.ts'

/** Hashes that one of so many processes computes at the same time: all together they leave a core to the data path. */
export const hashesAtOnce = (processes: number, cores = availableParallelism()): number =>
  Math.max(1, Math.floor((cores - 1) / Math.max(1, processes)))

export interface HashThreads extends HashEngine {
  close(): Promise<void>
}

/** The same file as this one is, `.ts` or built. */
const PROGRAM = new URL(`./hash-thread${extname(import.meta.url)}`, import.meta.url)

/** @throws {Error} when the thread ends instead of answering: no memory is left for it, for instance */
const ask = (thread: Worker, work: HashWork): Promise<HashDone> =>
  new Promise((answer, fail) => {
    const settle = (): void => {
      thread.off('message', onMessage).off('error', onError).off('exit', onExit)
    }
    const onMessage = (done: HashDone): void => {
      settle()
      answer(done)
    }
    const onError = (thrown: Error): void => {
      settle()
      fail(thrown)
    }
    const onExit = (code: number): void => onError(new Error(`a thread for hashes ended (${code})`))
    thread.on('message', onMessage).on('error', onError).on('exit', onExit)
    thread.postMessage(work)
  })

/**
 * Threads of their own for hashes, started when they are first needed and of lower priority than everything else: neither
 * those that Node reads files and resolves names with, nor the one that carries requests, wait behind a flood of sign-ins.
 * Whoever calls limits how many compute at once; there are never more threads.
 */
export const createHashThreads = (): HashThreads => {
  const all = new Set<Worker>()
  const idle: Worker[] = []

  const start = (): Worker => {
    const thread = new Worker(PROGRAM)
    all.add(thread)
    // One that failed while it had nothing to do is only taken from the list.
    thread.on('error', () => undefined)
    thread.on('exit', () => {
      all.delete(thread)
      if (idle.includes(thread)) idle.splice(idle.indexOf(thread), 1)
    })
    return thread
  }

  const compute = async (work: HashWork): Promise<string | boolean> => {
    const thread = idle.pop() ?? start()
    thread.ref()
    try {
      const done = await ask(thread, work)
      if ('failed' in done) throw new Error(`a hash could not be computed: ${done.failed}`)
      return done.value
    } finally {
      // Idle threads keep no process alive.
      thread.unref()
      if (all.has(thread)) idle.push(thread)
    }
  }

  return {
    hash: async (password, costs) => String(await compute({ kind: 'hash', password, costs })),
    verify: async (hash, password) => (await compute({ kind: 'verify', hash, password })) === true,
    close: async () => {
      await Promise.all([...all].map((thread) => thread.terminate()))
    },
  }
}
