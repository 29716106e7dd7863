import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export interface Received {
  readonly name: string
  readonly size: number
  readonly sha256: string
}

/** A form may be this large; it is held in memory while it is taken apart. Bare bodies have no limit and are not held. */
export const FORM_LIMIT = 64 * 1024 * 1024

/** The body as a buffer, or `undefined` when it is larger than `limit`. */
export const readBody = async (request: IncomingMessage, limit: number): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The first part of a multipart body that has a file name (RFC 7578). */
const firstFile = (body: Buffer, boundary: string): { name: string; bytes: Buffer } | undefined => {
  const delimiter = Buffer.from(`--${boundary}`)
  let start = body.indexOf(delimiter)
  while (start !== -1) {
    const next = body.indexOf(Buffer.concat([Buffer.from('\r\n'), delimiter]), start + delimiter.length)
    const headEnd = body.indexOf('\r\n\r\n', start)
    if (next === -1 || headEnd === -1 || headEnd > next) return undefined
    const name = /;\s*filename="([^"]*)"/i.exec(body.subarray(start, headEnd).toString('utf8'))?.[1]
    if (name !== undefined) return { name, bytes: body.subarray(headEnd + 4, next) }
    start = next + 2
  }
  return undefined
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

const receiveForm = async (request: IncomingMessage, type: string): Promise<Received | 400 | 413> => {
  const body = await readBody(request, FORM_LIMIT)
  if (body === undefined) return 413
  const boundary = /;\s*boundary="?([^";]+)"?/i.exec(type)?.[1]
  const file = boundary === undefined ? undefined : firstFile(body, boundary)
  return file === undefined ? 400 : { name: file.name, size: file.bytes.length, sha256: sha256(file.bytes) }
}

const receiveBytes = async (request: IncomingMessage): Promise<Received> => {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    hash.update(chunk)
  }
  return { name: '(flux)', size, sha256: hash.digest('hex') }
}

/**
 * Takes a document and says what arrived: the first file of a form, or the body itself whatever its size.
 * @returns 413 when a form is larger than FORM_LIMIT, 400 when it holds no file
 */
export const receiveDocument = (request: IncomingMessage): Promise<Received | 400 | 413> => {
  const type = request.headers['content-type'] ?? ''
  return type.toLowerCase().startsWith('multipart/form-data') ? receiveForm(request, type) : receiveBytes(request)
}
