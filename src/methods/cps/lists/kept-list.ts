import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Validators } from './download.ts'

/** Where a list came from, and what its server said of it. */
export interface Origin extends Validators {
  readonly from: string
}

/** A list as it lies in the folder, to be verified like any other: the folder vouches for nothing. */
export interface KeptList {
  readonly bytes: Uint8Array
  readonly origin: Origin | null
}

const originSchema = z.object({ from: z.string(), etag: z.string().nullable(), lastModified: z.string().nullable() })

const readOrigin = async (file: string): Promise<Origin | null> => {
  try {
    return originSchema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    // Without it the list is only fetched once more.
    return null
  }
}

/** Whole or not at all, whenever the machine stops. */
const replace = async (file: string, content: Uint8Array | string): Promise<void> => {
  const beside = `${file}.new`
  await writeFile(beside, content, { mode: 0o600 })
  await rename(beside, file)
}

/** The place of one list in the folder. */
export const createKeptList = (folder: string, name: string) => {
  const [file, about] = [join(folder, `${name}.crl`), join(folder, `${name}.json`)]
  return {
    /** Null when there is none that can be read. */
    read: async (): Promise<KeptList | null> => {
      try {
        return { bytes: await readFile(file), origin: await readOrigin(about) }
      } catch {
        return null
      }
    },
    /** @throws when the folder cannot be written to */
    write: async ({ bytes, origin }: KeptList): Promise<void> => {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await replace(file, bytes)
      await replace(about, JSON.stringify(origin))
    },
  }
}
