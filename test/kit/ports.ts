import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'

/** The port that a listening server was given. */
export const portOf = (server: Server): number => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server does not listen on a port')
  return address.port
}

/** Listens on a free loopback port, or on this one, and gives its number. */
export const listen = async (server: Server, port = 0): Promise<number> => {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return portOf(server)
}

/**
 * Ports that were free a moment ago, for programs that cannot choose one themselves; different from each other. Another
 * process could take one meanwhile, so what starts with it must fail loudly (and may try again).
 */
export const freePorts = async (count: number): Promise<number[]> => {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(servers.map((server) => listen(server)))
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
  return ports
}

export const freePort = async (): Promise<number> => {
  const [port] = await freePorts(1)
  if (port === undefined) throw new Error('no free port')
  return port
}

/** Whether something accepts connections there. */
export const isListening = (port: number, host = '127.0.0.1'): Promise<boolean> =>
  new Promise((answer) => {
    const socket = connect({ port, host })
    socket.once('connect', () => {
      socket.destroy()
      answer(true)
    })
    socket.once('error', () => answer(false))
  })
