import { createServer } from 'node:net'
import { listen } from './ports.ts'
import { childrenOf, cliArgs, startProcess, type Running } from './processes.ts'
import type { InstanceOptions } from './instance.ts'

/**
 * What systemd does with a socket unit and its service: the socket is opened once and never closed, the program finds it as
 * descriptor 3 and is started again whenever it ends (sd_listen_fds(3)). In the subshell, exec keeps the process id.
 */
const HOLD = 'while :; do (export LISTEN_FDS=1 LISTEN_PID=$BASHPID; exec "$@"); done'

/** Opens a port for an instance to be started with. It is held until the instance's `running()` is stopped. */
export const holdSocket = async (): Promise<Required<Pick<InstanceOptions, 'port' | 'start'>>> => {
  const server = createServer()
  const port = await listen(server)
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle
  const run = (args: readonly string[]): Running => {
    const command = [process.execPath, ...cliArgs(args)]
    const running = startProcess('bash', ['-c', HOLD, 'holder', ...command], { handOver: fd })
    // From now on the holder alone has it: nobody accepts here.
    server.close()
    return running
  }
  return { port, start: { run, mainOf: (running) => childrenOf(running.pid)[0] ?? 0 } }
}
