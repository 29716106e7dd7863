import type { ChildProcess } from 'node:child_process'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { restartPause } from './restart-pause.ts'
import { createRemote, type Answering, type Remote } from './worker-channel.ts'

export interface WorkersParts<Calls extends Answering<Calls>> {
  readonly count: number
  /** Makes a process with a channel; it does nothing yet. */
  readonly spawn: () => ChildProcess
  /** Tells a new process what to do; resolves once it serves. */
  readonly begin: (remote: Remote<Calls>) => Promise<void>
  readonly clock: Clock
  readonly log: Log
}

export interface Workers<Calls extends Answering<Calls>> {
  /** Starts them all. @throws what the first one that could not serve threw; the others are ended then */
  start(): Promise<void>
  /** Those that serve at this moment. */
  ready(): readonly Remote<Calls>[]
  /** How many took the place of one that ended. */
  restarts(): number
  /** Ends a worker that can no longer be trusted; another one takes its place. @returns its process id */
  kill(remote: Remote<Calls>): number | undefined
  /**
   * Tells each to end, gives what they answer, takes the channel away from them, and waits until all are gone; nobody is
   * replaced any more. What is not gone after `limit` milliseconds is killed.
   */
  stop<Answer>(end: (remote: Remote<Calls>) => Promise<Answer>, limit: number): Promise<readonly Answer[]>
}

interface Running<Calls extends Answering<Calls>> {
  readonly child: ChildProcess
  readonly remote: Remote<Calls>
  readonly startedAt: number
  /** Resolves with how it ended. */
  readonly ended: Promise<object>
  isReady: boolean
}

/** One of the places that a worker fills; the processes in it come and go. */
interface Place<Calls extends Answering<Calls>> {
  running: Running<Calls> | null
  /** The wait before the present one was started, milliseconds. */
  pause: number
}

/** What a worker says of its own accord when a fault has shaken it: it serves to the end what it has, and nothing new. */
export const LEAVING = 'leaving'

const endOf = (child: ChildProcess): Promise<object> =>
  new Promise((resolve) => {
    child.once('exit', (status, signal) => resolve({ status, signal }))
    // Of a process that could not be made, and of one that cannot be written to any more: the end of that comes by itself.
    child.on('error', (error) => child.pid === undefined && resolve({ err: error }))
  })

/** A worker without a channel has nobody left to serve for, and ends. */
const release = (child: ChildProcess): void => {
  if (child.connected) child.disconnect()
}

const open = <Calls extends Answering<Calls>>(spawn: () => ChildProcess, startedAt: number): Running<Calls> => {
  const child = spawn()
  return { child, remote: createRemote<Calls>(child), startedAt, ended: endOf(child), isReady: false }
}

/** A fixed number of worker processes. One that ends is replaced, after a pause that grows while its successors die young. */
export const createWorkers = <Calls extends Answering<Calls>>(parts: WorkersParts<Calls>): Workers<Calls> => {
  const { count, spawn, begin, clock, log } = parts
  const places: Place<Calls>[] = Array.from({ length: count }, () => ({ running: null, pause: 0 }))
  const alive = new Set<Running<Calls>>()
  let stopping = false
  let restarts = 0
  const isStopping = () => stopping

  const launch = async (place: Place<Calls>): Promise<void> => {
    const running = open<Calls>(spawn, clock.now())
    const { child, ended } = running
    place.running = running
    alive.add(running)
    child.on('message', (message) => {
      if (message === LEAVING) replace(place, running)
    })
    void ended.then((how) => {
      alive.delete(running)
      if (isStopping()) return
      log.error({ pid: child.pid, ...how }, 'a worker has ended')
      replace(place, running)
    })
    await begin(running.remote)
    running.isReady = true
  }

  const replace = (place: Place<Calls>, former: Running<Calls>): void => {
    if (isStopping() || place.running !== former) return
    place.running = null
    place.pause = restartPause(place.pause, clock.now() - former.startedAt)
    setTimeout(() => void restart(place), place.pause).unref()
  }

  const restart = async (place: Place<Calls>): Promise<void> => {
    if (isStopping()) return
    restarts += 1
    try {
      await launch(place)
      log.warn({ pid: place.running?.child.pid, pause: place.pause }, 'a worker serves in place of one that ended')
    } catch (thrown) {
      if (!isStopping()) log.error({ err: thrown, pause: place.pause }, 'a worker could not begin to serve')
      place.running?.child.kill('SIGKILL')
    }
  }

  const killAll = (): void => {
    for (const { child } of alive) child.kill('SIGKILL')
  }

  return {
    start: async () => {
      try {
        await Promise.all(places.map(launch))
      } catch (thrown) {
        stopping = true
        killAll()
        throw thrown
      }
    },
    ready: () => places.flatMap(({ running }) => (running?.isReady === true ? [running.remote] : [])),
    restarts: () => restarts,
    kill: (remote) => {
      const child = [...alive].find(({ remote: other }) => other === remote)?.child
      child?.kill('SIGKILL')
      return child?.pid
    },
    stop: async (end, limit) => {
      stopping = true
      const insist = setTimeout(killAll, limit)
      const all = [...alive]
      const answers = await Promise.allSettled(
        all.map(({ remote, child }) => end(remote).finally(() => release(child))),
      )
      await Promise.all(all.map(({ ended }) => ended))
      clearTimeout(insist)
      return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    },
  }
}
