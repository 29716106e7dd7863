import { readdirSync, readFileSync } from 'node:fs'

const pause = (milliseconds: number): void =>
  void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)

const stands = (pid: number): boolean =>
  readdirSync(`/proc/${pid}/task`).every((task) =>
    /\) [Tt] /.test(readFileSync(`/proc/${pid}/task/${task}/stat`, 'latin1')),
  )

/** Stops a process where it is, and returns when all its threads stand: on a busy machine some go on, and answer, for a while. */
export const freeze = (pid: number): void => {
  process.kill(pid, 'SIGSTOP')
  for (let tries = 0; !stands(pid); tries += 1) {
    if (tries > 2_000) throw new Error(`process ${pid} does not stop`)
    pause(5)
  }
}
