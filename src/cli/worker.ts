import type { Command } from 'commander'
import { runWorker } from '../app/worker.ts'
import { fail } from './failure.ts'

/** `portillon worker`: one of the processes behind `portillon serve`, which starts it; nobody else can. */
export const registerWorker = (program: Command): void => {
  program.command('worker', { hidden: true }).action(() => {
    if (process.send === undefined) fail('a worker is started by the main process alone', 'run: portillon serve')
    else runWorker()
  })
}
