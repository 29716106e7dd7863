import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { realpathSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Instance } from '../config/instance.ts'
import { inheritedSocket } from '../server/inherited-socket.ts'
import type { Entrances } from '../app/serving.ts'
import { listen, type Entrance } from '../server/listen.ts'

/** How the workers come to the visitors. */
export interface Door {
  /** As the workers know it. */
  readonly entrances: Entrances
  /** The descriptor that was handed to this process, and goes on to them; null where they open the address themselves. */
  readonly inherited: number | null
}

/** The descriptor of a worker that stands behind its channel (3). */
const HANDED_ON = 4

/**
 * That an address is free is tried first, alone: several workers listen on it together, and a second instance that was
 * started by mistake would otherwise take half of the visitors of the first, unseen.
 * @throws when the address is taken or not ours
 */
const openAddress = async (address: string, port: number, workers: number): Promise<Entrance> => {
  const trial = createServer()
  const free = await listen(trial, port, address)
  await once(trial.close(), 'close')
  return { address, port: free, shared: workers > 1 }
}

const openCards = async ({ listen: { cards }, workers }: Instance): Promise<Entrance | null> => {
  if (cards === undefined) return null
  if (cards.socket !== undefined) return { socket: cards.socket }
  return openAddress(cards.address, cards.port, workers)
}

/**
 * Where the workers are to listen.
 * @throws when an address is taken or not ours, or when several sockets were handed over
 */
export const openDoor = async (instance: Instance): Promise<Door> => {
  const { address, port } = instance.listen
  const cards = await openCards(instance)
  const inherited = inheritedSocket(process.env, process.pid)
  const visitors = inherited === null ? await openAddress(address, port, instance.workers) : { fd: HANDED_ON }
  return { entrances: { visitors, cards }, inherited }
}

/**
 * How V8 keeps what a request needs for a moment. Twice as often as by default, half as much to look through: the same CPU a
 * request, and 100 MB less for a worker under load (measured; 4 MB costs CPU).
 */
const YOUNG = '--max-semi-space-size=8'

/** Makes workers: the very program that this process was started with, whatever the links on the way to it say later. */
export const createSpawn = ({ inherited }: Door): (() => ChildProcess) => {
  const program = realpathSync(process.argv[1] ?? '')
  // Said to this process alone (sd_listen_fds(3)).
  const { LISTEN_FDS: _count, LISTEN_PID: _pid, LISTEN_FDNAMES: _names, ...env } = process.env
  const handed = inherited === null ? [] : [inherited]
  return () =>
    fork(program, ['worker'], {
      env,
      execArgv: [...process.execArgv, YOUNG],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...handed],
    })
}
