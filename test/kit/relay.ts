import { connect, createServer, type Socket } from 'node:net'
import { listen } from './ports.ts'

/** A wire between a gate and its Redis that the test can spoil. */
export interface Relay {
  readonly url: string
  /** Connections that have subscribed to a channel stand, and bring nothing any more: as a firewall forgets them. */
  silenceMessages(): void
  /** No connection brings anything any more, new ones included. */
  silenceAll(): void
  /** Everything passes again, on new connections: those that were silenced are ended. */
  mend(): void
  stop(): Promise<void>
}

interface Wire {
  readonly client: Socket
  readonly server: Socket
  subscribes: boolean
  isSilent: boolean
}

/** @param redisUrl `redis://host:port` of the server */
export const startRelay = async (redisUrl: string): Promise<Relay> => {
  const { hostname, port } = new URL(redisUrl)
  const wires = new Set<Wire>()
  let isSilent = false

  const relay = createServer((client) => {
    const wire = { client, server: connect(Number(port), hostname), subscribes: false, isSilent }
    wires.add(wire)
    const end = () => {
      wires.delete(wire)
      client.destroy()
      wire.server.destroy()
    }
    for (const socket of [client, wire.server]) socket.on('close', end).on('error', end)
    client.on('data', (bytes: Buffer) => {
      wire.subscribes ||= /\bsubscribe\b/i.test(bytes.toString('latin1'))
      wire.server.write(bytes)
    })
    wire.server.on('data', (bytes: Buffer) => {
      if (!wire.isSilent) client.write(bytes)
    })
  })
  const at = await listen(relay)
  return {
    url: `redis://127.0.0.1:${at}`,
    silenceMessages: () => {
      for (const wire of wires) if (wire.subscribes) wire.isSilent = true
    },
    silenceAll: () => {
      isSilent = true
      for (const wire of wires) wire.isSilent = true
    },
    mend: () => {
      isSilent = false
      for (const wire of wires) if (wire.isSilent) wire.client.destroy()
    },
    stop: () =>
      new Promise((stopped) => {
        for (const { client } of wires) client.destroy()
        relay.close(() => stopped())
      }),
  }
}
