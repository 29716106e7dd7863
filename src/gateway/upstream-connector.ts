import { Socket } from 'node:net'
import { buildConnector } from 'undici'

/** How a connection ends that its other side closes. Time limits and answers that are none have other codes. */
const CLOSED: ReadonlySet<string | undefined> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

type Written = (error?: Error | null) => void

/**
 * An application that refuses an upload often answers and closes at once, with the rest unread (Tomcat does). The next write
 * fails then, and Node would destroy the socket with the answer still in it. Such a failure is left to the reading side: it
 * finds the answer, or the same end (U-05).
 */
const readBeforeFailing = (socket: Socket): void => {
  // One function for all writes of a socket: a stream has one callback for them, whatever is written.
  let written: Written = () => undefined
  const onWritten: Written = (error) => {
    if (error === undefined || error === null || !CLOSED.has((error as NodeJS.ErrnoException).code)) written(error)
  }
  socket._write = (chunk, encoding, callback) => {
    written = callback
    Socket.prototype._write.call(socket, chunk, encoding, onWritten)
  }
  socket._writev = (chunks, callback) => {
    written = callback
    Socket.prototype._writev?.call(socket, chunks, onWritten)
  }
}

/**
 * Opens connections to an application, and remembers of those that its other side closes whether they had served before.
 * @param timeout milliseconds
 * @param ca certificate authorities, PEM, instead of those of the system
 */
export const createConnector = (timeout: number, ca: string | undefined) => {
  const stale = new WeakSet<Error>()
  const open = buildConnector({ timeout, allowH2: false, ...(ca === undefined ? {} : { ca }) })
  const watch = (socket: Socket): void => {
    const { bytesRead } = socket
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (socket.bytesRead > bytesRead && CLOSED.has(error.code)) stale.add(error)
    })
  }
  const connect: buildConnector.connector = (options, callback) => {
    open(options, (...opened) => {
      if (opened[0] === null) {
        readBeforeFailing(opened[1])
        watch(opened[1])
      }
      callback(...opened)
    })
  }
  return { connect, isStale: (error: Error) => stale.has(error) }
}
