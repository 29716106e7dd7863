import type { Command } from 'commander'
import { startApp, type App } from '../app.ts'
import type { Instance } from '../config/instance.ts'
import { KeyFolderError } from '../identity/key-folder.ts'
import { systemClock } from '../lib/clock.ts'
import { Fault } from '../lib/errors.ts'
import { createLog, type Log } from '../lib/log.ts'
import { systemRandom } from '../lib/random.ts'
import { createSmtpTransport } from '../mail/smtp.ts'
import { unavailableTransport } from '../mail/unavailable.ts'
import { fail } from './failure.ts'
import { readInstance } from './read-instance.ts'
import { untilStopped } from './signals.ts'

/** A fault that no request owns: said in the log, and the service manager starts a clean process (O-08). */
const endOnStrayFaults = (log: Log): void => {
  const end = (kind: string) => (thrown: unknown) => {
    log.error({ kind, err: thrown }, 'a fault outside any request: the process ends')
    process.exit(70)
  }
  process.on('uncaughtException', end('exception'))
  process.on('unhandledRejection', end('rejection'))
}

const transportOf = (smtp: Instance['smtp']) => (smtp === undefined ? unavailableTransport : createSmtpTransport(smtp))

/** Why the gate did not start, in words an operator can act on. */
const explainStart = (thrown: unknown, file: string): void => {
  const { code, message } = thrown as NodeJS.ErrnoException
  if (thrown instanceof KeyFolderError) fail(message, 'the gate does not start with keys that others could have read')
  else if (code === 'EADDRINUSE') fail(message, 'another process listens there; change listen.port or admin.port')
  else if (code === 'EACCES' || code === 'EADDRNOTAVAIL') fail(message, `see listen and admin in ${file}`)
  else if (thrown instanceof Fault) fail(message, `see database in ${file}; nothing was changed`)
  else throw thrown
}

const serve = async ({ config: file }: { config: string }): Promise<void> => {
  const loaded = readInstance(file)
  if (loaded === null) return
  const { config, sites, tls, warnings } = loaded
  const log = createLog(config.log.level)
  for (const { file: at, line, path, expected } of warnings)
    log.warn({ file: at, line, path, expected }, 'configuration')
  endOnStrayFaults(log)
  const stopped = untilStopped(['SIGINT', 'SIGTERM'])
  let app: App
  try {
    app = await startApp({
      config,
      databaseUrl: config.database.url,
      tls,
      sites,
      transport: transportOf(config.smtp),
      mailTimeout: config.smtp?.timeout ?? 10_000,
      outbox: null,
      clock: systemClock,
      random: systemRandom,
      log,
    })
  } catch (thrown) {
    explainStart(thrown, file)
    return
  }
  const signal = await stopped
  log.info({ signal }, 'told to stop: requests in flight may end')
  await app.stop()
}

/** `portillon serve`: the gate, from an instance file. */
export const registerServe = (program: Command): void => {
  program
    .command('serve')
    .description('run the gate')
    .requiredOption('--config <file>', 'the instance file')
    .action(serve)
}
