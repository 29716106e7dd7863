import type { Log } from '../lib/log.ts'
import { KeyFolderError } from './key-folder.ts'
import type { Keyring } from './keyring.ts'

/** Well within the shortest lead of a new key. */
const EVERY = 60_000

/**
 * Lets a running process notice keys that were added to its folder. A folder that has become unusable is said in the log,
 * and the keys that were read before stay in use (O-07).
 * @returns a function that stops it
 */
export const refreshKeyring = (keyring: Keyring, log: Log, every = EVERY): (() => void) => {
  const timer = setInterval(() => {
    keyring.reload().catch((error: unknown) => {
      const message = error instanceof KeyFolderError ? error.message : 'the key folder cannot be read'
      log.error({ reason: message }, 'the keys could not be read again; those read before stay in use')
    })
  }, every)
  timer.unref()
  return () => clearInterval(timer)
}
