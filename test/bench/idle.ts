import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Peer } from './peers/peer.ts'
import { memoryOf, type Memory } from './process-tree.ts'
import { SIZES } from './upstream.ts'

/** Visitors who have read a page and keep their connection. */
export const IDLE_CONNECTIONS = 10_000

/** Opened at once. */
const BATCH = 100
/** Of each process: listeners, the application, Redis, files. */
const OTHER_FILES = 500

export interface Idle {
  readonly connections: number
  readonly before: Memory
  readonly after: Memory
}

/** What this process and its children may open: Node raises its own soft limit to the hard one. */
const openFiles = (): number =>
  Number(/^Max open files +\d+ +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1])

/** Asks for the small page on a connection that stays open. @throws {Error} when the answer is not a whole 200 */
const askOn = (socket: Socket, { host = '', headers }: Peer): Promise<void> =>
  new Promise((answered, failed) => {
    let text = ''
    const onEnd = () => failed(new Error(`an idle connection was closed after ${JSON.stringify(text)}`))
    const onData = (bytes: Buffer) => {
      text += bytes.toString('latin1')
      const head = text.indexOf('\r\n\r\n')
      if (head === -1 || text.length < head + 4 + SIZES['/']) return
      socket.off('data', onData).off('close', onEnd)
      if (text.startsWith('HTTP/1.1 200 ')) answered()
      else failed(new Error(`an idle connection was answered ${JSON.stringify(text)}`))
    }
    socket.on('data', onData).on('close', onEnd)
    socket.write(['GET / HTTP/1.1', `Host: ${host}`, ...headers, '', ''].join('\r\n'))
  })

const open = async (peer: Peer): Promise<Socket> => {
  const { port, hostname } = new URL(peer.url)
  const socket = connect(Number(port), hostname)
  await new Promise((opened, failed) => socket.once('connect', opened).once('error', failed))
  await askOn(socket, peer)
  return socket
}

/**
 * The memory of a peer's processes while so many signed-in visitors keep a connection each; all of them are shown to be open
 * still, and to be answered.
 * @returns a text when the machine does not allow so many open files
 */
export const measureIdle = async (peer: Peer): Promise<Idle | string> => {
  if (openFiles() < IDLE_CONNECTIONS + OTHER_FILES) return `only ${openFiles()} open files are allowed (ulimit -n)`
  const before = memoryOf(...peer.pids)
  const sockets: Socket[] = []
  try {
    while (sockets.length < IDLE_CONNECTIONS)
      sockets.push(...(await Promise.all(Array.from({ length: BATCH }, () => open(peer)))))
    await pause(5_000)
    const after = memoryOf(...peer.pids)
    for (let at = 0; at < sockets.length; at += BATCH)
      await Promise.all(sockets.slice(at, at + BATCH).map((socket) => askOn(socket, peer)))
    return { connections: sockets.length, before, after }
  } finally {
    for (const socket of sockets) socket.destroy()
  }
}
