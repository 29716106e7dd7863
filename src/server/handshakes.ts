import type { Server, Socket } from 'node:net'

/** While a connection stands nobody else has it. */
const nameOf = ({ remoteAddress = '', remotePort = 0 }: Socket): string => `${remoteAddress} ${remotePort}`

/**
 * Ends connections whose TLS handshake is not complete after so many milliseconds. Node's own limit begins anew with every
 * byte: whoever sends one now and then would be waited for without end (L-01).
 */
export const limitHandshakes = (server: Server, patience: number): void => {
  const underWay = new Map<string, NodeJS.Timeout>()
  const settle = (name: string): void => {
    clearTimeout(underWay.get(name))
    underWay.delete(name)
  }
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket)
    underWay.set(
      name,
      setTimeout(() => socket.destroy(), patience),
    )
    socket.once('close', () => settle(name))
  })
  server.on('secureConnection', (socket: Socket) => settle(nameOf(socket)))
}
