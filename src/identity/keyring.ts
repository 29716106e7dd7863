import { existsSync } from 'node:fs'
import type { JSONWebKeySet } from 'jose'
import type { Clock } from '../lib/clock.ts'
import { systemRandom, type Random } from '../lib/random.ts'
import { KEY_KINDS, type Algorithm, type KeyKind } from './key-file.ts'
import { checkFolder, ensureFolder, KeyFolderError, removeKeyFile } from './key-folder.ts'
import type { AssertionKey } from './key-material.ts'
import { addKey, readKeySet, type KeySet } from './key-store.ts'
import { OVERLAPS, viewOf, type KeyInfo } from './key-view.ts'

/**
 * The keys of one folder. The state is in the files alone: every process that reads them, whenever it was started, signs
 * with the same key and believes the same ones. Asking is cheap.
 */
export interface Keyring {
  /** What signs assertions at a moment. @throws {KeyFolderError} when there is none, which only a look-only keyring meets */
  signingKey(now: number): AssertionKey
  /** Public halves of every assertion key that is believed, the coming one included: the content of jwks.json. */
  publicJwks(now: number): JSONWebKeySet
  /** The first signs cookies, all are believed. The same list until it changes. */
  cookieSecrets(): readonly string[]
  /** The key of a purpose (32 bytes) out of the general secret of this moment. */
  derive(purpose: string): Buffer
  /** The same from every general secret, that of this moment first: for whatever has to be opened or verified. */
  deriveAll(purpose: string): readonly Buffer[]
  /** Every key of the folder, by kind, latest first. */
  list(): KeyInfo[]
  /**
   * Adds a key that takes over when its lead is past (`OVERLAPS`), and takes away the files of its kind that nobody believes any more.
   * @throws {KeyFolderError} when the folder cannot be written, or another process rotates at this moment
   */
  rotate(kind: KeyKind, options?: { readonly algorithm?: Algorithm }): Promise<KeyInfo>
  /** Reads the folder again. @throws {KeyFolderError} and goes on with the keys it had (O-07) */
  reload(): Promise<void>
}

export interface KeyringOptions {
  readonly clock: Clock
  readonly random?: Random
  /** False: look only; an empty or missing folder is then an empty keyring. */
  readonly create?: boolean
}

/** First keys sign at once: nobody has seen another one. Made by several processes at once, one of each kind is kept. */
const makeFirst = async (folder: string, random: Random, kinds: readonly KeyKind[], now: number): Promise<void> => {
  for (const kind of kinds) {
    await addKey(folder, random, { kind, generation: 1, created: now, signsFrom: now, algorithm: 'ES256' })
  }
}

const readOrMake = async (folder: string, random: Random, now: number): Promise<KeySet> => {
  await ensureFolder(folder)
  const set = await readKeySet(folder)
  const missing = KEY_KINDS.filter((kind) => set[kind].length === 0)
  if (missing.length === 0) return set
  await makeFirst(folder, random, missing, now)
  return readKeySet(folder)
}

/** A folder that has gone or been emptied under a running process is a fault; making new keys would end every session. */
const readAgain = async (folder: string, before: KeySet): Promise<KeySet> => {
  await checkFolder(folder)
  const set = await readKeySet(folder)
  const lost = KEY_KINDS.find((kind) => set[kind].length === 0 && before[kind].length > 0)
  if (lost !== undefined) throw new KeyFolderError(`the key folder ${folder} has lost its ${lost} keys`)
  return set
}

const look = async (folder: string): Promise<KeySet> => {
  if (!existsSync(folder)) return { assertion: [], cookie: [], general: [] }
  await checkFolder(folder)
  return readKeySet(folder)
}

const demand = <Value>(value: Value | undefined, folder: string): Value => {
  if (value === undefined) throw new KeyFolderError(`the key folder ${folder} is empty`)
  return value
}

/**
 * Opens the key folder; makes it, and the first key of each kind, where they are missing.
 * @throws {KeyFolderError} naming the item, when the folder or a file is open to other users or broken: the gate must not
 *   start then (G-06)
 */
export const openKeyring = async (folder: string, options: KeyringOptions): Promise<Keyring> => {
  const { clock, random = systemRandom, create = true } = options
  let set = create ? await readOrMake(folder, random, clock.now()) : await look(folder)
  let view = viewOf(set)
  const reload = async () => {
    set = await readAgain(folder, set)
    view = viewOf(set)
  }

  const rotate: Keyring['rotate'] = async (kind, { algorithm = 'ES256' } = {}) => {
    await ensureFolder(folder)
    await reload()
    const now = clock.now()
    const known = view.list(now).filter((key) => key.kind === kind)
    const generation = (known[0]?.generation ?? 0) + 1
    const signsFrom = generation === 1 ? now : now + OVERLAPS[kind].lead
    if (!(await addKey(folder, random, { kind, generation, created: now, signsFrom, algorithm }))) {
      throw new KeyFolderError(
        `another process is adding a key to ${folder} at this moment; look at the list, then try again`,
      )
    }
    for (const { state, file } of known) if (state === 'retired') await removeKeyFile(folder, file)
    await reload()
    const added = view.list(now).find((key) => key.kind === kind && key.generation === generation)
    return demand(added, folder)
  }

  return {
    signingKey: (now) => demand(view.assertion(now).signing, folder),
    publicJwks: (now) => view.publicJwks(now),
    cookieSecrets: () => view.cookieSecrets(clock.now()),
    derive: (purpose) => demand(view.derived(purpose, clock.now())[0], folder),
    deriveAll: (purpose) => view.derived(purpose, clock.now()),
    list: () => view.list(clock.now()),
    rotate,
    reload,
  }
}
