import { availableParallelism, cpus, totalmem } from 'node:os'
import { runProcess } from '../kit/processes.ts'
import type { Options } from './options.ts'

/** Debian's names. */
const PROGRAMS = [
  'nginx',
  'apache2',
  'libapache2-mod-auth-openidc',
  'lemonldap-ng-fastcgi-server',
  'redis-server',
  'wrk',
]

const versionsOf = async (packages: readonly string[]): Promise<string> => {
  const { stdout } = await runProcess('dpkg-query', ['-W', '-f', '${Package} ${Version}, ', ...packages])
  return stdout.replace(/, $/, '')
}

/** Where and how it was measured: without these the figures say nothing. */
export const machine = async ({ times }: Options): Promise<readonly string[]> => [
  `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB; peers, application and load share them`,
  `Node ${process.version}, ${await versionsOf(PROGRAMS)}`,
  `load: wrk with one thread, kept connections, plain HTTP over loopback, no access logs, one signed-in session; each measurement ${times.warmUp} s to warm up and ${times.load} s that count; medians over interleaved rounds, ratios within a round`,
  'CPU: user and system time of all processes of the peer, not of the application, the load or Redis',
  'unproven: answers that were not shown to be a 200 of the application for the right person, by its own count',
  'others: the largest share of the machine that other processes took during a measurement',
]
