import { setTimeout as pause } from 'node:timers/promises'

/** What SQLite said, as it came out of its thread. */
export class SqliteFailure extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'SqliteFailure'
    this.code = code
  }
}

const RETRY_EVERY = 20

const isBusy = (thrown: unknown): boolean => thrown instanceof SqliteFailure && thrown.code.startsWith('SQLITE_BUSY')

/** Tries again what does not wait by itself while another process holds the file; gives up after `limit` milliseconds. */
export const whenFree = async <Value>(limit: number, attempt: () => Promise<Value>): Promise<Value> => {
  for (let left = limit; ; left -= RETRY_EVERY) {
    try {
      return await attempt()
    } catch (thrown) {
      const cause = thrown instanceof Error && isBusy(thrown.cause) ? thrown.cause : thrown
      if (!isBusy(cause) || left <= 0) throw thrown
    }
    await pause(RETRY_EVERY)
  }
}
