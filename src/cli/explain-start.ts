import { RemoteFault } from '../server/worker-channel.ts'
import { fail } from './failure.ts'

/** Why the gate did not start, in words an operator can act on. @throws what it cannot explain */
export const explainStart = (thrown: unknown, file: string): void => {
  if (!(thrown instanceof Error)) throw thrown
  const { code, message } = thrown as NodeJS.ErrnoException
  // What was thrown in a worker comes without its class, but with the name of it.
  const kind = thrown instanceof RemoteFault ? thrown.origin : thrown.name
  if (kind === 'KeyFolderError') fail(message, 'the gate does not start with keys that others could have read')
  else if (code === 'EADDRINUSE') fail(message, 'another process listens there; change listen.port or admin.port')
  else if (code === 'EACCES' || code === 'EADDRNOTAVAIL') fail(message, `see listen and admin in ${file}`)
  else if (kind === 'Fault') fail(message, `see database in ${file}; nothing was changed`)
  else if (kind === 'RangeError') fail(message, 'see the unit of the socket: one ListenStream')
  else if (thrown instanceof RemoteFault)
    fail(message, 'a worker could not begin to serve; the lines above may say more')
  else throw thrown
}
