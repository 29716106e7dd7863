import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { DatabaseLimits } from './limits.ts'
import { SqliteFailure } from './sqlite-busy.ts'
import type { SqliteAnswer, SqliteDone, SqliteThreadData, SqliteWork } from './sqlite-thread.ts'

/** The thread of one SQLite file, as the process sees it. */
export interface SqliteLink {
  /** @throws {SqliteFailure} what SQLite said; any other error: the thread is lost, or the question was none */
  ask(work: SqliteWork): Promise<SqliteAnswer>
  /** Nobody knows any more how things stand in it: what waits is refused, and it is asked nothing else. */
  giveUp(why: string): void
  isLost(): boolean
  /** The thread is gone, and its locks with it. */
  readonly ended: Promise<void>
  close(): Promise<void>
}

interface Question {
  readonly answer: (done: SqliteDone) => void
  readonly refuse: (thrown: Error) => void
}

/** The same file as this one is, `.ts` or built. */
const PROGRAM = new URL(`./sqlite-thread${extname(import.meta.url)}`, import.meta.url)

/** JavaScript's own memory, megabytes: little for what passes through, and an end to answers beyond every measure. */
const MEMORY = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 256 }

const resultOf = (done: SqliteDone): SqliteAnswer => {
  if (!('failed' in done)) return done
  const { code, message } = done.failed
  throw code === undefined ? new Error(message) : new SqliteFailure(code, message)
}

/**
 * Starts a thread that opens the file when it is told to, and answers in the order of asking; while nothing is asked it
 * keeps no process alive. A question that is not answered within `limits.statement` (a disk that hangs) ends the link:
 * whether it will still be carried out is unknown, and no other may wait behind it.
 */
export const startSqliteLink = (file: string, { lock, statement: limit }: DatabaseLimits): SqliteLink => {
  const workerData: SqliteThreadData = { file, lock }
  const thread = new Worker(PROGRAM, { workerData, resourceLimits: MEMORY })
  thread.unref()
  const waiting: Question[] = []
  let lost: Error | undefined

  const lose = (why: Error): void => {
    lost ??= why
    for (const question of waiting.splice(0)) question.refuse(lost)
    // While SQLite is at work in it, it ends when that returns; what was not committed is undone then.
    void thread.terminate()
  }
  const ended = new Promise<void>((gone) => thread.once('exit', () => gone()))
  thread.on('message', (done: SqliteDone) => waiting.shift()?.answer(done))
  thread.on('messageerror', lose)
  thread.on('error', (thrown) => lose(thrown instanceof Error ? thrown : new Error('the SQLite thread failed')))
  thread.on('exit', (code) => lose(new Error(`the SQLite thread ended (${code})`)))

  /** After the limit once more round the loop: a process that stood still itself finds the answer in its queue. */
  const loseAfterLimit = (question: Question): NodeJS.Timeout =>
    setTimeout(() => {
      setImmediate(() => {
        if (waiting.includes(question)) lose(new Error(`SQLite did not answer within ${limit} ms`))
      })
    }, limit)

  const ask = async (work: SqliteWork): Promise<SqliteAnswer> => {
    if (lost !== undefined) throw lost
    let timer: NodeJS.Timeout | undefined
    try {
      const done = await new Promise<SqliteDone>((answer, refuse) => {
        thread.postMessage(work)
        const question = { answer, refuse }
        waiting.push(question)
        timer = loseAfterLimit(question)
        thread.ref()
      })
      return resultOf(done)
    } finally {
      clearTimeout(timer)
      if (waiting.length === 0) thread.unref()
    }
  }

  return {
    ask,
    giveUp: (why) => lose(new Error(why)),
    isLost: () => lost !== undefined,
    ended,
    close: async () => {
      const isClosed = await ask({ kind: 'close' }).then(
        () => true,
        () => false,
      )
      lose(new Error('the database is closed'))
      if (isClosed) await ended
    },
  }
}
