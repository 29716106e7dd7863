import { once } from 'node:events'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { DirectorySettings } from '../../config/instance.ts'
import { startTls } from './start-tls.ts'

export type Reach = Pick<DirectorySettings, 'security' | 'ca' | 'connect'>

const PORTS = { starttls: 389, tls: 636, none: 389 } as const

const addressOf = (server: string, security: Reach['security']) => {
  const { host = server, port } = /^(?<host>.*?)(?::(?<port>\d{1,5}))?$/.exec(server)?.groups ?? {}
  return { host: host.replace(/^\[|\]$/g, ''), port: port === undefined ? PORTS[security] : Number(port) }
}

/** A certificate that does not hold for this very name ends it: nothing is ever sent in clear instead (G-08). */
const encrypt = (socket: Socket, host: string, ca: string | undefined): TLSSocket =>
  connectTls({
    socket,
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
    minVersion: 'TLSv1.2',
  })

/**
 * Opens a connection on which the next thing to be said is LDAP. The limit is for all of it: name, TCP, StartTLS, handshake.
 * @throws {Error} when it does not come to stand within the limit
 */
export const reach = async (server: string, { security, ca, connect: limit }: Reach): Promise<Socket> => {
  const { host, port } = addressOf(server, security)
  const socket = connectTcp({ host, port, noDelay: true, keepAlive: true })
  let outer = socket
  // What breaks when nobody waits for it any more is heard by whoever asks next.
  socket.on('error', () => undefined)
  const deadline = setTimeout(() => outer.destroy(new Error(`${server} is not reached within ${limit} ms`)), limit)
  try {
    await once(socket, 'connect')
    if (security === 'none') return socket
    if (security === 'starttls') await startTls(socket)
    const encrypted = encrypt(socket, host, ca)
    outer = encrypted
    encrypted.on('error', () => undefined)
    await once(encrypted, 'secureConnect')
    return encrypted
  } catch (thrown) {
    outer.destroy()
    socket.destroy()
    throw thrown
  } finally {
    clearTimeout(deadline)
  }
}
