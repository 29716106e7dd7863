import type { Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { listenOnSocket } from './socket-file.ts'

/**
 * Where visitors are received.
 * - `fd`: a socket that somebody else listens on for us (systemd); all workers take from its one queue, and what waits in it
 *   outlives each of them
 * - `socket`: the name of a Unix socket, which one worker at a time listens on
 * - an address: `shared` lets several workers listen on it, each with a queue of its own (SO_REUSEPORT)
 */
export type Entrance =
  | { readonly fd: number }
  | { readonly socket: string }
  | { readonly address: string; readonly port: number; readonly shared: boolean }

const portOf = (server: Server): number => (server.address() as AddressInfo).port

type InNetwork = Exclude<Entrance, { readonly socket: string }>

const listenInNetwork = (server: Server, entrance: InNetwork): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    const options =
      'fd' in entrance
        ? { fd: entrance.fd }
        : { host: entrance.address, port: entrance.port, ...(entrance.shared && { reusePort: true }) }
    server.listen(options, () => {
      server.removeListener('error', reject)
      resolve(portOf(server))
    })
  })

/**
 * Starts to listen.
 * @throws when the address is taken or not ours
 * @returns the port, for a listener asked for port 0; 0 for a socket
 */
export const listenAt = async (server: Server, entrance: Entrance): Promise<number> => {
  if (!('socket' in entrance)) return listenInNetwork(server, entrance)
  await listenOnSocket(server, entrance.socket)
  return 0
}

/** The same for an address that is ours alone. */
export const listen = (server: Server, port: number, address: string): Promise<number> =>
  listenAt(server, { address, port, shared: false })
