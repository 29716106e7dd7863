import type { Server } from 'node:net'
import type { AddressInfo } from 'node:net'

/**
 * Where visitors are received.
 * - `fd`: a socket that somebody else listens on for us (systemd); all workers take from its one queue, and what waits in it
 *   outlives each of them
 * - an address: `shared` lets several workers listen on it, each with a queue of its own (SO_REUSEPORT)
 */
export type Entrance =
  { readonly fd: number } | { readonly address: string; readonly port: number; readonly shared: boolean }

const portOf = (server: Server): number => (server.address() as AddressInfo).port

/** Starts to listen. @throws when the address is taken or not ours @returns the port, for a listener asked for port 0 */
export const listenAt = (server: Server, entrance: Entrance): Promise<number> =>
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

/** The same for an address that is ours alone. */
export const listen = (server: Server, port: number, address: string): Promise<number> =>
  listenAt(server, { address, port, shared: false })
