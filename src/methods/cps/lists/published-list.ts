import { readFile, stat } from 'node:fs/promises'
import { accept, refuse, type Result } from '../../../lib/result.ts'
import { download, type DownloadLimits } from './download.ts'
import { createKeptList, type KeptList, type Origin } from './kept-list.ts'
import type { ReadList, SignedList } from './list.ts'
import { readInThread } from './read-in-thread.ts'

/** One published list: a complete one or a delta, from an address or a file. */
export interface PublishedListParts {
  /** Its place in the folder. */
  readonly name: string
  readonly isDelta: boolean
  readonly from: { readonly url: string } | { readonly file: string }
  /** Certificates of whose it must be, in DER. */
  readonly authorities: readonly Uint8Array[]
  readonly folder: string
  readonly limits: DownloadLimits
  readonly now: () => number
}

/** What a refresh came to: something new, nothing new, or why nothing could be had. */
export type Refreshed = Result<'new' | 'unchanged', string>

export interface PublishedList {
  held(): SignedList | null
  /** Reads what is kept from before; nothing of it is believed without its signature. */
  recall(): Promise<void>
  refresh(): Promise<Refreshed>
  /** Keeps what is held for the next start. @throws when the folder cannot be written to */
  keep(): Promise<void>
}

/** How far the clocks of the authority and of this machine may be apart. */
const SKEW = 300_000

/** Why a list must not take the place of the one before: whoever plays back an old one makes revoked cards good again. */
const successionFault = (before: ReadList | undefined, next: ReadList, now: number): string | null => {
  if (next.thisUpdate > now + SKEW) return 'from the future'
  if (before === undefined) return null
  if (next.number < before.number) return `number ${next.number} after ${before.number}`
  return next.number === before.number && next.thisUpdate < before.thisUpdate ? 'older than the one before' : null
}

const addressOf = (from: PublishedListParts['from']): string => ('url' in from ? from.url : from.file)

const fromFile = async (
  file: string,
  known: Origin | null,
  largest: number,
): Promise<Result<KeptList | 'unchanged', string>> => {
  try {
    const { mtimeMs, size } = await stat(file)
    if (size > largest) return refuse('too large')
    const origin = { from: file, etag: null, lastModified: `${mtimeMs} ${size}` }
    if (known?.from === file && known.lastModified === origin.lastModified) return accept('unchanged')
    return accept({ bytes: await readFile(file), origin })
  } catch (thrown) {
    return refuse((thrown as NodeJS.ErrnoException).code ?? 'not readable')
  }
}

const fromUrl = async (
  url: string,
  known: Origin | null,
  limits: DownloadLimits,
): Promise<Result<KeptList | 'unchanged', string>> => {
  const validators = known?.from === url ? known : { etag: null, lastModified: null }
  const fetched = await download(url, validators, limits)
  if (!fetched.ok) return fetched
  if (fetched.value === 'unchanged') return accept('unchanged')
  const { bytes, validators: given } = fetched.value
  return accept({ bytes, origin: { from: url, ...given } })
}

export const createPublishedList = (parts: PublishedListParts): PublishedList => {
  const { from, isDelta, authorities, limits, now } = parts
  const place = createKeptList(parts.folder, parts.name)
  let held: SignedList | null = null
  let origin: Origin | null = null
  /** Until it is kept: several megabytes. */
  let unkept: Uint8Array | null = null

  /** Takes a list that is signed, of the right sort, and no older than the one before. */
  const take = async (given: KeptList): Promise<string | null> => {
    const read = await readInThread({ bytes: given.bytes, authorities })
    if (!read.ok) return read.reason
    const { list, authority } = read.value
    if ((list.base !== null) !== isDelta) return isDelta ? 'a complete list in place of a delta' : 'a delta'
    const before = held?.authority === authority ? held.list : undefined
    const fault = successionFault(before, list, now())
    if (fault !== null) return fault
    held = read.value
    origin = given.origin
    return null
  }

  return {
    held: () => held,
    recall: async () => {
      const kept = await place.read()
      if (kept !== null) await take(kept)
    },
    refresh: async () => {
      const got =
        'url' in from ? await fromUrl(from.url, origin, limits) : await fromFile(from.file, origin, limits.largest)
      if (!got.ok) return refuse(`${addressOf(from)}: ${got.reason}`)
      if (got.value === 'unchanged') return accept('unchanged')
      const fault = await take(got.value)
      if (fault !== null) return refuse(`${addressOf(from)}: ${fault}`)
      unkept = got.value.bytes
      return accept('new')
    },
    keep: async () => {
      const bytes = unkept
      unkept = null
      if (bytes !== null) await place.write({ bytes, origin })
    },
  }
}
