import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { hashSync, verifySync } from '@node-rs/argon2'
import type { HashCosts } from './hash-engine.ts'

/** One computation. */
export type HashWork =
  | { readonly kind: 'hash'; readonly password: Uint8Array; readonly costs: HashCosts }
  | { readonly kind: 'verify'; readonly hash: string; readonly password: Uint8Array }

export type HashDone = { readonly value: string | boolean } | { readonly failed: string }

/**
 * Of 19: where a core is wanted by both, whoever carries requests gets three quarters of it, and sign-ins go on. With 19 they
 * would have a hundredth, and nobody could sign in beside a process that computes.
 */
const NICE = 5

const compute = (work: HashWork): HashDone => {
  try {
    return {
      value: work.kind === 'hash' ? hashSync(work.password, work.costs) : verifySync(work.hash, work.password),
    }
  } catch (thrown) {
    return { failed: thrown instanceof Error ? thrown.message : String(thrown) }
  }
}

// On Linux this is the priority of this thread alone; where it may not be changed everything works as before.
try {
  setPriority(NICE)
} catch {
  // A sandbox that forbids it.
}
parentPort?.on('message', (work: HashWork) => parentPort?.postMessage(compute(work)))
