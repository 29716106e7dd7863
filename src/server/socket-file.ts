import { chmodSync, linkSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { connect, type Server } from 'node:net'
import { basename, dirname, join } from 'node:path'

/**
 * A Unix socket for several workers. Only one process can listen under a name, and it may end at any moment: so each listens
 * under a name of its own, and the common name is a link to one of them. Whoever finds that nobody answers there any more
 * puts a link to itself in its place, which is one step for the system: there is no moment without a socket.
 */

/** How often a worker looks whether somebody answers, milliseconds. */
const LOOK = 500

/** The service and its group: the front is made a member of it. */
const MODE = 0o660

const answers = (name: string): Promise<boolean> =>
  new Promise((resolve) => {
    const trial = connect(name)
    trial.once('connect', () => {
      trial.destroy()
      resolve(true)
    })
    trial.once('error', () => resolve(false))
  })

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** What workers have left behind that were killed. */
const sweep = (name: string): void => {
  const folder = dirname(name)
  for (const file of readdirSync(folder)) {
    const pid = file.startsWith(`${basename(name)}.`) ? Number(file.slice(basename(name).length + 1)) : Number.NaN
    if (Number.isInteger(pid) && !isRunning(pid)) rmSync(join(folder, file), { force: true })
  }
}

const takeOver = (own: string, name: string): void => {
  const link = `${own}.link`
  rmSync(link, { force: true })
  linkSync(own, link)
  renameSync(link, name)
  sweep(name)
}

/** Starts to listen, and takes the common name whenever nobody answers under it. @throws when the folder is not ours */
export const listenOnSocket = (server: Server, name: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const own = `${name}.${process.pid}`
    rmSync(own, { force: true })
    let looking: NodeJS.Timeout | undefined
    const look = async (): Promise<void> => {
      if (!(await answers(name)) && server.listening) takeOver(own, name)
    }
    server.once('error', reject)
    server.once('close', () => clearInterval(looking))
    server.listen(own, () => {
      server.removeListener('error', reject)
      chmodSync(own, MODE)
      // A folder that was taken away meanwhile is found by whoever comes: nobody answers there.
      looking = setInterval(() => void look().catch(() => undefined), LOOK).unref()
      look().then(resolve, reject)
    })
  })
