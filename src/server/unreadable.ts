import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

/** The page for a request that could not be read at all: no site, no language, no reference is known of it. */
export type UnreadablePage = (status: 400 | 408 | 413 | 431) => string

const statusOf = (error: NodeJS.ErrnoException): 400 | 408 | 413 | 431 => {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return 431
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return 413
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 408
    default:
      return 400
  }
}

/** Answers bytes that are no request, then ends the connection: what follows on it cannot be trusted to be one either. */
export const answerUnreadable = (error: NodeJS.ErrnoException, socket: Duplex, page: UnreadablePage): void => {
  const busy = (socket as Duplex & { _httpMessage?: { headersSent: boolean } | null })._httpMessage
  if (error.code === 'ECONNRESET' || !socket.writable || busy?.headersSent === true) {
    socket.destroy()
    return
  }
  const status = statusOf(error)
  const body = page(status)
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: text/html; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    'X-Content-Type-Options: nosniff',
    'X-Frame-Options: DENY',
    'Referrer-Policy: no-referrer',
    'X-Portillon: request-malformed',
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
