import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ErrorCode } from '../lib/errors.ts'
import { answerUnderWay } from './answer-under-way.ts'

const codeOf = (error: NodeJS.ErrnoException): ErrorCode => {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return 'headers-too-large'
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return 'body-too-large'
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'request-timeout'
    case 'HPE_INVALID_METHOD':
      return 'method-not-implemented'
    default:
      return 'request-malformed'
  }
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
  if (!(socket instanceof Socket) || error.code === 'ECONNRESET' || !socket.writable || busy?.headersSent === true) {
    socket.destroy()
  } else if (busy === null) {
    const request = nobodysRequest(socket)
    refuse({ request, response: lastAnswerOn(socket, request) }, codeOf(error), error.code)
  } else if (busy.req.complete) {
    // Noise behind a good request: that one still gets its own answer.
    busy.once('finish', () => socket.destroySoon())
  } else {
    // The body of the request under way is what cannot be read.
    busy.shouldKeepAlive = false
    busy.once('finish', () => socket.destroySoon())
    refuse({ request: busy.req, response: busy }, codeOf(error), error.code)
  }
}
