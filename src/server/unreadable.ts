import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { UNREADABLE } from '../lib/ambiguous.ts'
import type { ErrorCode } from '../lib/errors.ts'
import { answerUnderWay } from './answer-under-way.ts'

/** The code of the answer, and for the log our word for it beside the parser's own. */
const readingOf = ({ code = '' }: NodeJS.ErrnoException): { readonly code: ErrorCode; readonly detail: string } => {
  const known = Object.hasOwn(UNREADABLE, code) ? UNREADABLE[code] : undefined
  return known === undefined
    ? { code: 'request-malformed', detail: code }
    : { code: known.code, detail: `${known.key} (${code})` }
}

/** An answer on a socket that the HTTP server has let go of. The connection ends with it. */
export const lastAnswerOn = (socket: Socket, request: IncomingMessage): ServerResponse => {
  const response = new ServerResponse(request)
  response.assignSocket(socket)
  response.shouldKeepAlive = false
  response.on('finish', () => socket.destroySoon())
  return response
}

/** Stands for a request of which nothing could be read: a person is the likeliest to look at the answer. */
const nobodysRequest = (socket: Socket): IncomingMessage => {
  const request = new IncomingMessage(socket)
  request.method = 'GET'
  request.headers = { accept: 'text/html' }
  return request
}

export type RefuseUnreadable = (
  at: { readonly request: IncomingMessage; readonly response: ServerResponse },
  code: ErrorCode,
  detail: string | undefined,
) => void

/** Refuses bytes that are no request, then ends the connection: what follows on it cannot be trusted to be one either. */
export const answerUnreadable = (error: NodeJS.ErrnoException, socket: Duplex, refuse: RefuseUnreadable): void => {
  const busy = answerUnderWay(socket)
  const { code, detail } = readingOf(error)
  if (!(socket instanceof Socket) || error.code === 'ECONNRESET' || !socket.writable || busy?.headersSent === true) {
    socket.destroy()
  } else if (busy === null) {
    const request = nobodysRequest(socket)
    refuse({ request, response: lastAnswerOn(socket, request) }, code, detail)
  } else if (busy.req.complete) {
    // Noise behind a good request: that one still gets its own answer.
    busy.once('finish', () => socket.destroySoon())
  } else {
    // The body of the request under way is what cannot be read.
    busy.shouldKeepAlive = false
    busy.once('finish', () => socket.destroySoon())
    refuse({ request: busy.req, response: busy }, code, detail)
  }
}
