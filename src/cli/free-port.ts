import { once } from 'node:events'
import { createServer } from 'node:net'
import { listen } from '../server/listen.ts'

/** A port of the loopback address that nobody listens on at this moment. */
export const freePort = async (): Promise<number> => {
  const server = createServer()
  const port = await listen(server, 0, '127.0.0.1')
  await once(server.close(), 'close')
  return port
}
