import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Call } from './call.ts'
import { emptyReply, errorReply, methodRefused, type Reply } from './reply.ts'

const TYPES: Readonly<Record<string, string>> = { css: 'text/css', js: 'application/javascript', png: 'image/png' }

interface StaticFile {
  readonly type: string
  readonly body: Buffer
  readonly etag: string
}

/** Beside this file, or, seen from the built program (the compiler copies no style sheets), in the package's own folder. */
const FOLDERS = [join(import.meta.dirname, 'static'), join(import.meta.dirname, '../../../deploy/demo/static')] as const

const load = (): Map<string, StaticFile> => {
  const folder = FOLDERS.find((candidate) => existsSync(candidate)) ?? FOLDERS[0]
  const files = new Map<string, StaticFile>()
  for (const name of readdirSync(folder)) {
    const body = readFileSync(join(folder, name))
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
