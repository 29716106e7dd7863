import { readFile, stat } from 'node:fs/promises'
import { request as overHttp } from 'node:http'
import { request as overTls } from 'node:https'
import { accept, refuse, type Result } from '../../lib/result.ts'
import type { KeySourceTimes, ReadKeys } from './key-source.ts'

/** A set of 64 RSA keys of 8,192 bits with room to spare. */
const MAX_BYTES = 262_144
const TIMEOUT = 5_000

/** A file is read again soon: taking a key out of it is how its owner is shut out. */
export const FILE_TIMES: KeySourceTimes = { freshFor: 5_000, coolDown: 1_000, staleFor: 86_400_000 }
export const URL_TIMES: KeySourceTimes = { freshFor: 600_000, coolDown: 30_000, staleFor: 86_400_000 }

/** Keys in a file of this machine. */
export const readKeysFile =
  (path: string): ReadKeys =>
  async () => {
    try {
      return (await stat(path)).size > MAX_BYTES ? refuse('the file is too large') : accept(await readFile(path))
    } catch (error) {
      return refuse(`the file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`)
    }
  }

export interface Fetched {
  /** Certificates that the server is verified with, PEM; without them those of the system. */
  readonly ca?: string
  readonly timeout?: number
  readonly maxBytes?: number
}

const collect = async (answer: AsyncIterable<Buffer>, limit: number): Promise<Result<Uint8Array, string>> => {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of answer) {
    length += part.length
    if (length > limit) return refuse('the answer is too large')
    parts.push(part)
  }
  return accept(Buffer.concat(parts))
}

/**
 * Keys at an address. Bounded in time from beginning to end and in bytes; no redirect is followed, no coding undone (J-13):
 * the answer is 200 and JSON as it is, or none.
 */
export const readKeysUrl =
  (url: string, { ca, timeout = TIMEOUT, maxBytes = MAX_BYTES }: Fetched = {}): ReadKeys =>
  () =>
    new Promise((done) => {
      const { protocol } = new URL(url)
      const send = protocol === 'https:' ? overTls : overHttp
      const asked = send(url, {
        method: 'GET',
        agent: false,
        headers: { Accept: 'application/jwk-set+json, application/json', 'Accept-Encoding': 'identity' },
        maxHeaderSize: 16_384,
        ...(ca !== undefined && protocol === 'https:' && { ca }),
      })
      const end = (result: Result<Uint8Array, string>) => {
        clearTimeout(timer)
        done(result)
        asked.destroy()
      }
      const timer = setTimeout(() => end(refuse('no answer in time')), timeout)
      asked.once('error', (error: NodeJS.ErrnoException) => end(refuse(`no answer (${error.code ?? 'unknown'})`)))
      asked.once('response', (answer) => {
        if (answer.statusCode !== 200) end(refuse(`status ${answer.statusCode}`))
        else if (answer.headers['content-encoding'] !== undefined) end(refuse('a coded answer'))
        else collect(answer, maxBytes).then(end, () => end(refuse('the answer broke off')))
      })
      asked.end()
    })
