import { parentPort } from 'node:worker_threads'
import type { Result } from '../../../lib/result.ts'
import type { ReadList } from './list.ts'
import { readList, type ListAuthority } from './read-list.ts'

/** A list to read, and whose it must be. */
export interface ListWork {
  readonly bytes: Uint8Array
  readonly authority: ListAuthority
}

export type ListDone = Result<ReadList, string>

parentPort?.once('message', ({ bytes, authority }: ListWork) => {
  const done: ListDone = readList(bytes, authority)
  const moved = done.ok ? [done.value.revoked.buffer, done.value.restored.buffer] : []
  parentPort?.postMessage(done, moved)
})
