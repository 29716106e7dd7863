import { chown, link, mkdir, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The key folder cannot be used. The message names the item and the remedy, and never holds anything of a file's content:
 * for that reason no cause is attached, since a JSON parser's message quotes what it read (G-06).
 */
export class KeyFolderError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'KeyFolderError'
  }
}

const MAX_FILE = 10_000
/** Anything for group or others. A group is no boundary: backup tools and colleagues are put into it. */
const OTHERS = 0o077

const octal = (mode: number) => (mode & 0o777).toString(8).padStart(3, '0')
const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error'

const inUse = (folder: string, error: unknown): KeyFolderError =>
  error instanceof KeyFolderError
    ? error
    : new KeyFolderError(`the key folder ${folder} cannot be used (${codeOf(error)})`)

/** @throws {KeyFolderError} when the folder is not there or other users can look into it */
export const checkFolder = async (folder: string): Promise<void> => {
  const { mode } = await stat(folder).catch((error: unknown) => Promise.reject(inUse(folder, error)))
  if ((mode & OTHERS) === 0) return
  throw new KeyFolderError(
    `the key folder ${folder} is open to other users (mode ${octal(mode)}); close it with: chmod 700 ${folder}`,
  )
}

/**
 * Makes the folder when it is not there, for nobody but its owner.
 * @throws {KeyFolderError} when it cannot be made or other users can look into it
 */
export const ensureFolder = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => Promise.reject(inUse(folder, error)))
  await checkFolder(folder)
}

const readClosed = async (path: string, file: FileHandle): Promise<string> => {
  const { mode, size } = await file.stat()
  if ((mode & OTHERS) !== 0) {
    throw new KeyFolderError(`${path} is open to other users (mode ${octal(mode)}); close it with: chmod 600 ${path}`)
  }
  if (size > MAX_FILE) throw new KeyFolderError(`${path} is not a key of the gate: it is too large`)
  return file.readFile('utf8')
}

/**
 * @returns undefined when the file has gone since the folder was listed: another process takes retired keys away
 * @throws {KeyFolderError} when the file cannot be read, or can be read by others
 */
export const readKeyFile = async (folder: string, name: string): Promise<string | undefined> => {
  const path = join(folder, name)
  try {
    await using file = await open(path, 'r')
    // Looked at through the handle: what is checked is what is read.
    return await readClosed(path, file)
  } catch (error) {
    if (error instanceof KeyFolderError) throw error
    // A link that leads nowhere is still listed, and is a fault.
    if (codeOf(error) === 'ENOENT' && !(await listFolder(folder)).includes(name)) return undefined
    throw new KeyFolderError(`${path} cannot be read (${codeOf(error)})`)
  }
}

/** @throws {KeyFolderError} when the folder cannot be listed */
export const listFolder = async (folder: string): Promise<string[]> => {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith('.')).sort()
  } catch (error) {
    throw new KeyFolderError(`the key folder ${folder} cannot be read (${codeOf(error)})`)
  }
}

const writeWhole = async (path: string, content: string): Promise<void> => {
  await using file = await open(path, 'wx', 0o600)
  await file.writeFile(content)
  await file.sync()
}

/** The service must be able to read what an administrator adds as root. */
const handOver = async (folder: string, path: string): Promise<void> => {
  if (process.geteuid?.() !== 0) return
  const { uid, gid } = await stat(folder)
  await chown(path, uid, gid)
}

/**
 * Adds a file, whole or not at all, and only if the name is free: of several nodes that make the same generation at the same
 * moment, one succeeds and all read its key.
 * @param draft an unpredictable name part for the unfinished file
 * @returns false when the name was taken
 * @throws {KeyFolderError} when the folder cannot be written
 */
export const addKeyFile = async (folder: string, name: string, content: string, draft: string): Promise<boolean> => {
  const unfinished = join(folder, `.${draft}.unfinished`)
  try {
    await writeWhole(unfinished, content)
    await handOver(folder, unfinished)
    await link(unfinished, join(folder, name))
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw new KeyFolderError(`${join(folder, name)} cannot be written (${codeOf(error)})`)
  } finally {
    await rm(unfinished, { force: true }).catch(() => {})
  }
}

/** Takes a file away; one that is gone already is fine. */
export const removeKeyFile = async (folder: string, name: string): Promise<void> => {
  await rm(join(folder, name), { force: true })
}
