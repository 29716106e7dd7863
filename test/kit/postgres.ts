import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { freePort } from './ports.ts'
import { runProcess, startProcess } from './processes.ts'
import { createTempFolder } from './temp-folder.ts'
import { requireTool } from './tools.ts'

/** A PostgreSQL server of its own, with an empty database. */
export interface PostgresServer {
  readonly url: string
  /** The address of one more empty database on it. */
  addDatabase(): Promise<string>
  /** Stops answering without closing anything, as a machine does that hangs. */
  freeze(): void
  thaw(): void
  /** Ends the server at once, as a crash does, and removes its files. */
  stop(): Promise<void>
}

/** PostgreSQL refuses to run as root; its Debian package brings the user that it may run as. */
const serverUser = (): { uid?: number; gid?: number } => {
  if (process.getuid?.() !== 0) return {}
  const [uid = 0, gid = 0] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postgres'])))
  return { uid, gid }
}

/**
 * Starts a real server on a free port of 127.0.0.1 and on a socket in its own temporary folder; nothing is shared with
 * any other server of the machine. It takes about two seconds. Durability is off: only tests may do that.
 */
export const startPostgres = async (): Promise<PostgresServer> => {
  const folder = createTempFolder('postgres')
  const user = serverUser()
  if (user.uid !== undefined) chownSync(folder.path, user.uid, user.gid ?? 0)
  const options = { ...user, cwd: folder.path }
  const data = join(folder.path, 'data')
  const made = await runProcess(
    requireTool('initdb'),
    ['-D', data, '-U', 'portillon', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
    options,
  )
  if (made.code !== 0) throw new Error(`initdb failed\n${made.stdout}${made.stderr}`)
  const port = await freePort()
  // Without autovacuum no worker comes and goes while the server is frozen or ended.
  const quiet = { fsync: 'off', autovacuum: 'off' }
  const settings = { listen_addresses: '127.0.0.1', port, unix_socket_directories: folder.path, ...quiet }
  const server = startProcess(
    requireTool('postgres'),
    ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    options,
  )
  await server.waitFor(/ready to accept connections/)

  /** Each backend leads a process group of its own, so the group of the server does not reach them. */
  const signalAll = (signal: NodeJS.Signals): void => {
    const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').trim()
    for (const pid of [server.pid, ...children.split(' ').map(Number)]) {
      try {
        process.kill(pid, signal)
      } catch {
        // It ended between the reading of the list and now.
      }
    }
  }
  const address = (database: string) => `postgres://portillon@127.0.0.1:${port}/${database}`
  let added = 0
  return {
    url: address('postgres'),
    addDatabase: async () => {
      const name = `added_${(added += 1)}`
      const client = new pg.Client(address('postgres'))
      await client.connect()
      await client.query(`create database ${name}`)
      await client.end()
      return address(name)
    },
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
    stop: async () => {
      // A frozen backend would neither hear the end of its server nor let go of its outputs.
      if (existsSync(`/proc/${server.pid}`)) signalAll('SIGCONT')
      await server.stop('SIGQUIT')
      folder[Symbol.dispose]()
    },
  }
}
