import { execFileSync } from 'node:child_process'
import { chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import mysql from 'mysql2/promise'
import { makeCertificate } from './certificate.ts'
import { freeze } from './freeze.ts'
import { freePort } from './ports.ts'
import { runProcess, startProcess } from './processes.ts'
import { createTempFolder } from './temp-folder.ts'
import { requireTool } from './tools.ts'

/** A MariaDB server of its own, with an empty database and TLS. */
export interface MariadbServer {
  /** Of an administrator. */
  readonly url: string
  /** Who signed its certificate, which is for localhost. */
  readonly ca: string
  /** Runs statements as the administrator, each alone or with its values. */
  run(...statements: readonly (string | readonly [string, readonly unknown[]])[]): Promise<void>
  freeze(): void
  thaw(): void
  stop(): Promise<void>
}

/** MariaDB refuses to run as root; its Debian package brings the user that it may run as. */
const serverUser = (): { uid?: number; gid?: number } => {
  if (process.getuid?.() !== 0) return {}
  const [uid = 0, gid = 0] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'mysql'])))
  return { uid, gid }
}

/** Starts a real server on a free port of 127.0.0.1. Durability is off: only tests may do that. */
export const startMariadb = async (): Promise<MariadbServer> => {
  const folder = createTempFolder('mariadb')
  const user = serverUser()
  const file = (name: string) => join(folder.path, name)
  const { cert, key } = makeCertificate('localhost')
  writeFileSync(file('cert.pem'), cert)
  writeFileSync(file('key.pem'), key)
  if (user.uid !== undefined)
    for (const path of [folder.path, file('key.pem')]) chownSync(path, user.uid, user.gid ?? 0)
  const options = { ...user, cwd: folder.path }
  const data = `--datadir=${file('data')}`
  const install = ['--no-defaults', data, '--auth-root-authentication-method=normal', '--skip-test-db']
  const made = await runProcess(requireTool('mariadb-install-db'), install, options)
  if (made.code !== 0) throw new Error(`mariadb-install-db failed\n${made.stdout}${made.stderr}`)
  const port = await freePort()
  const server = startProcess(
    requireTool('mariadbd'),
    [
      ...['--no-defaults', data, `--socket=${file('sock')}`, `--port=${port}`, '--bind-address=127.0.0.1'],
      ...[`--ssl-cert=${file('cert.pem')}`, `--ssl-key=${file('key.pem')}`],
      ...['--innodb-flush-log-at-trx-commit=0', '--innodb-buffer-pool-size=16M', '--skip-log-bin'],
    ],
    options,
  )
  await server.waitFor(/ready for connections/)
  const run: MariadbServer['run'] = async (...statements) => {
    const connection = await mysql.createConnection({ socketPath: file('sock'), user: 'root', charset: 'utf8mb4' })
    try {
      for (const each of statements) {
        const [statement, values] = typeof each === 'string' ? [each, []] : each
        await connection.query(statement, [...values])
      }
    } finally {
      await connection.end()
    }
  }
  await run(
    'create database app character set utf8mb4 collate utf8mb4_general_ci',
    "create user admin@localhost identified by 'admin'",
    'grant all on *.* to admin@localhost',
  )
  return {
    url: `mysql://admin:admin@localhost:${port}/app`,
    ca: cert,
    run: (...statements) => run('use app', ...statements),
    freeze: () => freeze(server.pid),
    thaw: () => void process.kill(server.pid, 'SIGCONT'),
    stop: async () => {
      try {
        process.kill(server.pid, 'SIGCONT')
      } catch {
        // It has ended already.
      }
      await server.stop('SIGKILL')
      folder[Symbol.dispose]()
    },
  }
}
