import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { AbstractConnector } from 'ioredis'
import type { RedisAddress } from './redis-address.ts'

const open = ({ tls, path, host = '', port = 6379 }: RedisAddress): Socket => {
  if (path !== undefined) return connectPlain({ path })
  return tls === undefined ? connectPlain({ host, port }) : connectTls({ host, port, ...tls })
}

/**
 * How the driver gets its sockets. Its own way listens for one error only, and a TLS socket can report a second after it was
 * destroyed (a certificate refused here, then the server's alert about that), which would end the process (O-08).
 * @param patience milliseconds after which a connection that does not end is cut
 */
export const createConnector = (address: RedisAddress, patience: number): new () => AbstractConnector =>
  class extends AbstractConnector {
    constructor() {
      super(patience)
    }

    override connect(): Promise<Socket> {
      const socket = open(address)
      socket.on('error', (error) => {
        this.firstError = error
      })
      this.connecting = true
      this.stream = socket
      return Promise.resolve(socket)
    }
  }
