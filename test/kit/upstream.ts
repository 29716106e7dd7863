import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { announcedFraming, readMessage, type HttpMessage } from './http-message.ts'
import { listen } from './ports.ts'

/** The stub U: a protected application that keeps what it receives to the byte, and answers as the test says. */

export interface RawRequest extends HttpMessage {
  readonly method: string
  /** The request target as it stood in the request line. */
  readonly target: string
  /** Which connection brought it, counted from 1. */
  readonly connection: number
}

/** Bytes to send, or `null` when the function has dealt with the socket itself (silence, reset, upgrade, stream). */
export type RawAnswering = (
  request: RawRequest,
  socket: Socket,
) => string | Buffer | null | Promise<string | Buffer | null>

export interface Recorder<Request> {
  /** Every request so far, in order of arrival. */
  readonly requests: readonly Request[]
  /** The next request that was not yet asked for, waiting for it if need be (at most 10 s). */
  nextRequest(): Promise<Request>
  /** Forgets the requests so far. */
  forget(): void
}

export interface RawUpstream extends Recorder<RawRequest> {
  readonly url: string
  readonly port: number
  /** Answers from now on. Text is sent as latin1. */
  answerWith(answering: RawAnswering): void
  /** Connections opened so far. */
  connections(): number
  stop(): Promise<void>
}

const WAIT = 10_000

const createRecorder = <Request>() => {
  const requests: Request[] = []
  const waiting: ((request: Request) => void)[] = []
  let handedOut = 0
  const recorder: Recorder<Request> = {
    requests,
    nextRequest: () => {
      const request = requests[handedOut]
      handedOut += 1
      if (request !== undefined) return Promise.resolve(request)
      return new Promise((found, failed) => {
        const timer = setTimeout(() => failed(new Error(`no request reached the upstream within ${WAIT} ms`)), WAIT)
        waiting.push((next) => {
          clearTimeout(timer)
          found(next)
        })
      })
    },
    forget: () => {
      requests.length = 0
      handedOut = 0
    },
  }
  const record = (request: Request) => {
    requests.push(request)
    waiting.shift()?.(request)
  }
  return { recorder, record }
}

/** An answer in plain HTTP/1.1 with its length, for `answerWith`. */
export const plainAnswer = (
  status: string,
  body: string,
  headers: readonly string[] = ['Content-Type: text/plain'],
): string =>
  [`HTTP/1.1 ${status}`, ...headers, `Content-Length: ${Buffer.byteLength(body, 'latin1')}`, '', body].join('\r\n')

/** Gives back the bytes of the request: what the application saw, to whoever asked. */
export const echo: RawAnswering = ({ raw }) => plainAnswer('200 OK', raw.toString('latin1'))

const readRequest = (bytes: Buffer, connection: number): RawRequest | undefined => {
  const message = readMessage(bytes, ({ headers }) => announcedFraming(headers) ?? { length: 0 })
  if (message === undefined) return undefined
  const [method = '', target = ''] = message.startLine.split(' ')
  return { ...message, method, target, connection }
}

/** Listens on a free loopback port; echoes until told otherwise. */
export const startRawUpstream = async (first: RawAnswering = echo): Promise<RawUpstream> => {
  let answering = first
  let opened = 0
  const sockets = new Set<Socket>()
  const { recorder, record } = createRecorder<RawRequest>()

  const serve = (socket: Socket): void => {
    const connection = ++opened
    let received: Buffer = Buffer.alloc(0)
    let turn = Promise.resolve()
    let taken = false
    const answer = async (request: RawRequest) => {
      const bytes = await answering(request, socket)
      if (bytes === null) taken = true
      else if (!socket.destroyed) socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    }
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes: Buffer) => {
      // After an upgrade the bytes belong to whoever took the socket.
      if (taken) return
      received = Buffer.concat([received, bytes])
      for (let request = readRequest(received, connection); request !== undefined;) {
        received = received.subarray(request.raw.length)
        record(request)
        const current = request
        turn = turn.then(() => answer(current))
        request = readRequest(received, connection)
      }
    })
  }

  const server = createServer(serve)
  const port = await listen(server)
  return {
    ...recorder,
    url: `http://127.0.0.1:${port}`,
    port,
    answerWith: (next) => {
      answering = next
    },
    connections: () => opened,
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped())
        sockets.forEach((socket) => socket.destroy())
      }),
  }
}

export interface ReceivedRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  /** In order, as spelled. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
}

export interface HttpUpstream extends Recorder<ReceivedRequest> {
  readonly url: string
  readonly port: number
  /** For `upgrade` listeners and timeouts. */
  readonly server: Server
  stop(): Promise<void>
}

export type HttpAnswering = (request: ReceivedRequest, response: ServerResponse) => void | Promise<void>

const echoAsJson: HttpAnswering = ({ method, url, headers, body }, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ method, url, headers, body: body.toString('utf8') }))
}

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** An application on Node's own HTTP server, for tests that do not look at bytes; it answers what it received, as JSON. */
export const startHttpUpstream = async (answering: HttpAnswering = echoAsJson): Promise<HttpUpstream> => {
  const { recorder, record } = createRecorder<ReceivedRequest>()
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readBody(request)
    const { method = '', url = '', headers, rawHeaders } = request
    const received = { method, url, headers, rawHeaders, body }
    record(received)
    await answering(received, response)
  }
  const server = createHttpServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
  })
  const port = await listen(server)
  return {
    ...recorder,
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped())
        server.closeAllConnections()
      }),
  }
}
