import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Starts to listen. @throws when the address is taken or not ours @returns the port, for a listener asked for port 0 */
export const listen = (server: Server, port: number, address: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, () => {
      server.removeListener('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })

/**
 * Stops taking connections, lets requests in flight end, and after `limit` milliseconds ends what is still open.
 * @returns true when everything ended by itself
 */
export const drain = (server: Server, limit: number): Promise<boolean> =>
  new Promise((resolve) => {
    let ended = true
    const hard = setTimeout(() => {
      ended = false
      server.closeAllConnections()
    }, limit)
    server.close(() => {
      clearTimeout(hard)
      resolve(ended)
    })
    server.closeIdleConnections()
  })
