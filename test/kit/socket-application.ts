import { createServer, type Socket } from 'node:net'
import { listen } from './ports.ts'

/** An application that is a script of what happens on each of its connections, for what no HTTP server does. */
export interface SocketApplication {
  readonly url: string
  /** Connections opened so far, in their order. */
  readonly sockets: readonly Socket[]
  /** How many are open. */
  open(): number
  closeAll(): void
  stop(): Promise<void>
}

/** @param serve is handed each connection with its number, counted from 1 */
export const startSocketApplication = async (
  serve: (socket: Socket, nth: number) => void,
): Promise<SocketApplication> => {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    serve(socket, sockets.push(socket))
  })
  const port = await listen(server)
  const closeAll = () => sockets.forEach((socket) => socket.destroy())
  return {
    url: `http://127.0.0.1:${port}`,
    sockets,
    open: () => sockets.filter(({ destroyed }) => !destroyed).length,
    closeAll,
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped())
        closeAll()
      }),
  }
}
