import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { WebSocketServer } from 'ws'
import { listen } from './ports.ts'

/** What a held answer brings when it is let go: half before, half after. */
export const HALF = 40_000

/**
 * An application whose answers stay open until the test lets them go:
 * - `/app/download` gives half of a file, `/app/events` a first event, and the rest when they are let go
 * - `/app/upload` answers with the number of bytes, when it has them all
 * - `/app/ws` echoes messages of a WebSocket
 * - everything else answers at once, with the user that it was told
 */
export interface HeldUpstream {
  readonly url: string
  /** Requests that have come and are not answered to the end. */
  underWay(): number
  /** Completes the answers that are open, and every later one at once. */
  letGo(): void
  /** Holds answers again. */
  hold(): void
  stop(): Promise<void>
}

const EVENT = 'data: event\n\n'

const sizeOf = async (request: IncomingMessage): Promise<number> => {
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) size += chunk.length
  return size
}

export const startHeldUpstream = async (): Promise<HeldUpstream> => {
  const open = new Set<() => void>()
  let underWay = 0
  let isHolding = true

  const answerLater = (response: ServerResponse, last: string | Buffer): void => {
    const finish = () => {
      open.delete(finish)
      response.end(last)
    }
    response.once('close', () => open.delete(finish))
    if (isHolding) open.add(finish)
    else finish()
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url?.split('?', 1)[0]
    if (path === '/app/download') {
      response.writeHead(200, { 'content-length': 2 * HALF }).write(Buffer.alloc(HALF, 'a'))
      answerLater(response, Buffer.alloc(HALF, 'b'))
    } else if (path === '/app/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(EVENT)
      answerLater(response, EVENT)
    } else if (path === '/app/upload') {
      response.end(String(await sizeOf(request)))
    } else response.end(`user ${String(request.headers['x-remote-user'])}`)
  }
  const server = createServer((request, response) => {
    underWay += 1
    response.once('close', () => (underWay -= 1))
    answer(request, response).catch(() => response.destroy())
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => socket.on('message', (data: Buffer) => socket.send(data.toString())))
  const port = await listen(server)
  return {
    url: `http://127.0.0.1:${port}`,
    underWay: () => underWay,
    letGo: () => {
      isHolding = false
      for (const finish of [...open]) finish()
    },
    hold: () => {
      isHolding = true
    },
    stop: () =>
      new Promise((stopped) => {
        sockets.close()
        for (const socket of sockets.clients) socket.terminate()
        server.close(() => stopped())
        server.closeAllConnections()
      }),
  }
}
