import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { refuse } from '../../../lib/result.ts'
import type { ListDone, ListWork } from './list-thread.ts'

/** The same file as this one is, `.ts` or built. */
const PROGRAM = new URL(`./list-thread${extname(import.meta.url)}`, import.meta.url)

/** What reading a list may take; 5 MB take a second. */
const PATIENCE = 60_000

/** Of JavaScript's own memory, megabytes: numbers of a list of 64 MB, while they are sorted. */
const MEMORY = 512

/**
 * Reads a list in a thread of its own, which ends with it: several megabytes are walked through, verified and sorted, and
 * whoever carries requests in this process is not held up. The bytes are copied into the thread.
 */
export const readInThread = (work: ListWork): Promise<ListDone> =>
  new Promise((answer) => {
    const thread = new Worker(PROGRAM, { resourceLimits: { maxOldGenerationSizeMb: MEMORY } })
    const end = (done: ListDone): void => {
      clearTimeout(timer)
      answer(done)
      void thread.terminate()
    }
    const timer = setTimeout(() => end(refuse('too much to read')), PATIENCE)
    thread.once('message', end)
    thread.once('error', (thrown: Error) => end(refuse(`the reader failed: ${thrown.message}`)))
    thread.once('exit', () => end(refuse('the reader ended')))
    thread.postMessage(work)
  })
