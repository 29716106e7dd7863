import { resolve } from 'node:path'
import { startProcess } from './processes.ts'

export interface HeldLock {
  release(): Promise<void>
}

const PROGRAM = resolve(import.meta.dirname, '../fixtures/sqlite-lock.ts')

/** Another process takes the write lock of an SQLite file, and keeps it. */
export const holdLock = async (url: string): Promise<HeldLock> => {
  const holder = startProcess(process.execPath, [PROGRAM, url])
  await holder.waitFor(/held/)
  return {
    release: async () => {
      await holder.stop('SIGKILL')
    },
  }
}
