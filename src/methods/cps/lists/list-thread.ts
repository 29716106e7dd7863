import { parentPort } from 'node:worker_threads'
import type { Result } from '../../../lib/result.ts'
import type { SignedList } from './list.ts'
import { readList } from './read-list.ts'

/** A list to read, and the certificates of whose it must be, in DER. */
export interface ListWork {
  readonly bytes: Uint8Array
  readonly authorities: readonly Uint8Array[]
}

export type ListDone = Result<SignedList, string>

parentPort?.once('message', ({ bytes, authorities }: ListWork) => {
  const done: ListDone = readList(bytes, authorities)
  const moved = done.ok ? [done.value.list.revoked.buffer, done.value.list.restored.buffer] : []
  parentPort?.postMessage(done, moved)
})
