import { execFile } from 'node:child_process'
import { chown, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const INSTALLED = '/usr/lib/postgresql'

/** A PostgreSQL server of its own, with an empty database. */
export interface PostgresServer {
  readonly url: string
  /** Stops answering without closing anything, as a machine does that hangs. */
  freeze(): Promise<void>
  thaw(): Promise<void>
  /** Ends the server at once and removes its files. */
  stop(): Promise<void>
}

const binaries = async (): Promise<string> => {
  const versions = await readdir(INSTALLED).catch(() => [])
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0]
  if (newest === undefined) throw new Error(`tests need PostgreSQL in ${INSTALLED}: apt-get install postgresql`)
  return join(INSTALLED, newest, 'bin')
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })

/** PostgreSQL refuses to run as root; its Debian package brings the user that it may run as. */
const asServer = async (): Promise<{ prefix: string[]; own: (folder: string) => Promise<void> }> => {
  if (process.getuid?.() !== 0) return { prefix: [], own: () => Promise.resolve() }
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'postgres'])).stdout)),
  )
  return { prefix: ['runuser', '-u', 'postgres', '--'], own: (folder) => chown(folder, uid ?? 0, gid ?? 0) }
}

/**
 * Starts a real server on a free port of 127.0.0.1 and on a socket in its own temporary folder; nothing is shared with
 * any other server of the machine. It takes about two seconds.
 */
export const startPostgres = async (): Promise<PostgresServer> => {
  const bin = await binaries()
  const { prefix, own } = await asServer()
  const folder = await mkdtemp(join(tmpdir(), 'portillon-postgres-'))
  await own(folder)
  const call = async (program: string, ...args: string[]): Promise<void> => {
    const [command = '', ...rest] = [...prefix, join(bin, program), ...args]
    await run(command, rest, { cwd: '/' })
  }
  const data = join(folder, 'data')
  const control = (...args: string[]) => call('pg_ctl', '-D', data, '-s', '-w', ...args)
  await call('initdb', '-D', data, '-U', 'portillon', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync')
  const port = await freePort()
  const options = `-c listen_addresses=127.0.0.1 -p ${port} -k ${folder} -F -c autovacuum=off -c max_connections=50`
  await control('-l', join(folder, 'log'), '-o', options, 'start')

  const signalAll = async (signal: NodeJS.Signals): Promise<void> => {
    const [postmaster = ''] = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')
    const children = await readFile(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8')
    for (const pid of [postmaster, ...children.trim().split(' ')]) process.kill(Number(pid), signal)
  }
  return {
    url: `postgres://portillon@127.0.0.1:${port}/postgres`,
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
    stop: async () => {
      await signalAll('SIGCONT').catch(() => {})
      await control('-m', 'immediate', 'stop').catch(() => {})
      await rm(folder, { recursive: true, force: true })
    },
  }
}
