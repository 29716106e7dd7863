import { join } from 'node:path'
import { freePort } from './ports.ts'
import { startProcess, type Running } from './processes.ts'
import { createTempFolder } from './temp-folder.ts'
import { requireTool } from './tools.ts'

/** A Redis server of its own, empty at start, on a loopback port and on a socket in a temporary folder. */
export interface RedisServer {
  readonly url: string
  /** The same server by its socket, `unix://…`. */
  readonly socketUrl: string
  /** Ends the server (nothing answers, the socket is gone) and keeps its data for `restart`. */
  stop(): Promise<void>
  /** Starts it again at the same addresses with the same data. */
  restart(): Promise<void>
  /** Freezes it: connections open, nothing answers. */
  pause(): void
  resume(): void
}

/**
 * @param options more of redis-server's command line, for TLS or passwords
 * @throws {Error} with the server's output when it does not start
 */
export const startRedis = async (...options: readonly string[]): Promise<RedisServer> => {
  const folder = createTempFolder('redis').path
  const port = await freePort()
  const socket = join(folder, 'redis.sock')
  const network = ['--bind', '127.0.0.1', '--port', `${port}`, '--unixsocket', socket]
  const files = ['--dir', folder, '--save', '', '--appendonly', 'yes', '--appendfsync', 'no', '--daemonize', 'no']
  let server: Running | undefined

  const start = async (): Promise<void> => {
    server = startProcess(requireTool('redis-server'), [...network, ...files, ...options])
    await server.waitFor(/Ready to accept connections/, 10_000)
  }
  const signal = (name: NodeJS.Signals): void => {
    if (server !== undefined) process.kill(server.pid, name)
  }

  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    socketUrl: `unix://${socket}`,
    stop: async () => {
      if (server === undefined) return
      // A frozen process does not see that it is asked to end.
      signal('SIGCONT')
      await server.stop()
      server = undefined
    },
    restart: start,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
  }
}
