import { createServer } from 'node:http'
import { drain, listen } from '../server/draining.ts'

/** A port of the loopback address that nobody listens on at this moment. */
export const freePort = async (): Promise<number> => {
  const server = createServer()
  const port = await listen(server, 0, '127.0.0.1')
  await drain(server, 0)
  return port
}
