import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { Call } from './call.ts'
import { emptyReply, errorReply, methodRefused, type Reply } from './reply.ts'

const TYPES: Readonly<Record<string, string>> = { css: 'text/css', js: 'application/javascript', png: 'image/png' }

/** Beside this file in the sources, in the package's own folder when compiled (the compiler copies no style sheets). */
const folder = [new URL('static/', import.meta.url), new URL('../../../deploy/demo/static/', import.meta.url)].find(
  (candidate) => existsSync(candidate),
)

interface StaticFile {
  readonly type: string
  readonly body: Buffer
  readonly etag: string
}

const load = (): Map<string, StaticFile> => {
  const files = new Map<string, StaticFile>()
  if (folder === undefined) return files
  for (const name of readdirSync(folder)) {
    const body = readFileSync(new URL(name, folder))
    const etag = `W/"${body.length}-${createHash('sha256').update(body).digest('hex').slice(0, 12)}"`
    files.set(name, { type: TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream', body, etag })
  }
  return files
}

/** The public folder: the only part of the application that asks nobody who they are. */
export const createStaticFiles = (): ((call: Call) => Reply) => {
  const files = load()
  return (call) => {
    const file = files.get(call.path.slice('/dcc/static/'.length))
    if (file === undefined) return errorReply(call, 404, call.path)
    if (call.method !== 'GET' && call.method !== 'HEAD') return methodRefused(call, 'GET, HEAD')
    const headers = { ETag: file.etag, 'Cache-Control': 'public, max-age=3600' }
    if (call.request.headers['if-none-match'] === file.etag) return emptyReply(304, headers)
    return { status: 200, headers: { ...headers, 'Content-Type': file.type }, body: file.body }
  }
}
