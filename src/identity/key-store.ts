import { join } from 'node:path'
import type { Random } from '../lib/random.ts'
import {
  assertionFileSchema,
  fileNameOf,
  readFileName,
  secretFileSchema,
  type Algorithm,
  type KeyKind,
} from './key-file.ts'
import { addKeyFile, KeyFolderError, listFolder, readKeyFile } from './key-folder.ts'
import { importAssertionKey, makeAssertionFile, makeSecretFile, type AssertionKey, type Times } from './key-material.ts'
import type { Dated } from './key-schedule.ts'

interface Stored extends Dated {
  readonly file: string
  readonly created: number
}
export interface StoredAssertionKey extends Stored, AssertionKey {}
export interface StoredSecret extends Stored {
  readonly secret: string
}

/** Everything in the folder, as read at one moment. */
export interface KeySet {
  readonly assertion: readonly StoredAssertionKey[]
  readonly cookie: readonly StoredSecret[]
  readonly general: readonly StoredSecret[]
}

const broken = (folder: string, name: string) =>
  new KeyFolderError(`${join(folder, name)} is not a whole key of the gate; put it back from a backup or take it away`)

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const stored = (file: string, generation: number, times: Times): Stored => ({
  file,
  generation,
  created: Date.parse(times.created),
  signsFrom: Date.parse(times['signs-from']),
})

const readAssertion = async (folder: string, name: string, generation: number, text: string) => {
  const file = assertionFileSchema.safeParse(parseJson(text))
  const key = file.success ? await importAssertionKey(file.data) : undefined
  if (!file.success || key === undefined) throw broken(folder, name)
  return { ...key, ...stored(name, generation, file.data) }
}

const readSecret = (folder: string, name: string, generation: number, text: string): StoredSecret => {
  const file = secretFileSchema.safeParse(parseJson(text))
  if (!file.success) throw broken(folder, name)
  return { secret: file.data.k, ...stored(name, generation, file.data) }
}

/** @throws {KeyFolderError} on the first item that is open to others, broken or misnamed: then none is used (G-06) */
export const readKeySet = async (folder: string): Promise<KeySet> => {
  const set = {
    assertion: [] as StoredAssertionKey[],
    cookie: [] as StoredSecret[],
    general: [] as StoredSecret[],
  }
  for (const name of await listFolder(folder)) {
    const item = readFileName(name)
    if (item === undefined) continue
    if (item === 'misnamed') {
      throw new KeyFolderError(
        `${join(folder, name)} looks like a key but has another name than the gate gives; take it away`,
      )
    }
    const { kind, generation } = item
    const text = await readKeyFile(folder, name)
    if (text === undefined) continue
    if (kind === 'assertion') set.assertion.push(await readAssertion(folder, name, generation, text))
    else set[kind].push(readSecret(folder, name, generation, text))
  }
  return set
}

export interface NewKey {
  readonly kind: KeyKind
  readonly generation: number
  readonly created: number
  readonly signsFrom: number
  readonly algorithm: Algorithm
}

/** Makes a key and its file. @returns false when another process has just made this generation */
export const addKey = async (folder: string, random: Random, key: NewKey): Promise<boolean> => {
  const times = { created: new Date(key.created).toISOString(), 'signs-from': new Date(key.signsFrom).toISOString() }
  const content =
    key.kind === 'assertion' ? await makeAssertionFile(key.algorithm, times) : makeSecretFile(random, times)
  const text = `${JSON.stringify(content, null, 2)}\n`
  return addKeyFile(folder, fileNameOf(key.kind, key.generation), text, random.token(12))
}
