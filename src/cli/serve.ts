import type { Server } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import { createCrew, type Crew } from '../app/crew.ts'
import { prepare } from '../app/prepare.ts'
import { newTicketKeys } from '../app/ticket-keys.ts'
import { openTrailKeeper } from '../app/trail-keeper.ts'
import type { AuditTrail } from '../audit/events.ts'
import type { Instance, LoadedConfig } from '../config/instance.ts'
import { systemClock } from '../lib/clock.ts'
import { createLog, type AdjustableLog, type Log } from '../lib/log.ts'
import { systemRandom } from '../lib/random.ts'
import { versionOfGate } from '../lib/version.ts'
import type { LoadedSite } from '../policy/load.ts'
import { createAdminListener } from '../server/admin-listener.ts'
import { listen } from '../server/listen.ts'
import { FIGURES_TYPE } from '../server/metrics.ts'
import { spareMemory } from '../server/spare-memory.ts'
import { actor } from './actor.ts'
import { createSpawn, openDoor, type Door } from './entrance.ts'
import { explainStart } from './explain-start.ts'
import { counted } from './problem-lines.ts'
import { createCardLists } from '../methods/cps/lists/keep-lists.ts'
import { readInstance } from './read-instance.ts'
import { createReload } from './reload.ts'
import { untilStopped } from './signals.ts'

/** A fault of the main process: its workers end by themselves, and the service manager starts it anew (O-08). */
const endOnStrayFaults = (log: Log): void => {
  const end = (kind: string) => (thrown: unknown) => {
    log.error({ kind, err: thrown }, 'a fault in the main process: it ends')
    process.exit(70)
  }
  process.on('uncaughtException', end('exception'))
  process.on('unhandledRejection', end('rejection'))
}

const createAdmin = (crew: Crew, isDraining: () => boolean): Server =>
  createAdminListener({
    health: async () => {
      const { ready, ...health } = await crew.health()
      return { ready: ready && !isDraining(), draining: isDraining(), ...health }
    },
    figures: () => crew.figures(),
    figuresType: FIGURES_TYPE,
  })

/** Ready says no first; then a moment for balancers to notice; then the end. */
const stop = async (crew: Crew, { inherited }: Door, log: Log): Promise<void> => {
  const { drain: limit, 'drain-notice': notice } = crew.inForce().loaded.config
  crew.retire()
  await pause(notice)
  // A socket that was handed to us outlives us: who comes meanwhile is served as long as that makes nobody wait.
  const cut = await crew.end({ limit, overlap: inherited !== null })
  log.info({ cut }, 'the gate is closed')
}

const openTrail = ({ keys, database }: Instance, crew: Crew, log: Log): Promise<AuditTrail> => {
  const months = (): number => crew.inForce().loaded.config.audit.retention
  return openTrailKeeper({
    ...{ keys, databaseUrl: database.url, months },
    ...{ clock: systemClock, random: systemRandom, log },
  })
}

/** Runs until it is told to stop. @throws what kept it from starting */
const run = async (loaded: LoadedConfig<LoadedSite>, log: AdjustableLog): Promise<void> => {
  const { config, file } = loaded
  const stopped = untilStopped(['SIGINT', 'SIGTERM'])
  let reload: () => void = () => undefined
  process.on('SIGHUP', () => reload())
  await prepare({ config, databaseUrl: config.database.url, clock: systemClock, random: systemRandom, log })
  const door = await openDoor(config)
  const inForce = { loaded, ticketKeys: newTicketKeys(systemRandom) }
  const cardLists = createCardLists({ settings: config.cards, clock: systemClock, log })
  const shared = { cardLists, clock: systemClock, log }
  const crew = createCrew({ inForce, entrances: door.entrances, spawn: createSpawn(door), ...shared })
  const trail = await openTrail(config, crew, log)
  reload = createReload({ file, crew, cardLists, log, trail })
  let isDraining = false
  const admin = createAdmin(crew, () => isDraining)
  try {
    const adminPort = await listen(admin, config.admin.port, config.admin.address)
    await cardLists.start()
    const port = await crew.start()
    const sites = loaded.sites.map(({ site }) => site.site)
    log.info({ port, adminPort, workers: config.workers, sites }, 'the gate stands')
    const detail = `version ${versionOfGate()}, ${counted(config.workers, 'worker')}, ${sites.join(' ')}`
    trail.record({ event: 'gate.started', actor: actor(), detail })
    await spareMemory()
    const signal = await stopped
    isDraining = true
    log.info({ signal }, 'told to stop: requests in flight may end')
    await stop(crew, door, log)
    trail.record({ event: 'gate.stopped', actor: actor(), detail: signal })
  } finally {
    cardLists.close()
    await trail.close()
    admin.close()
    admin.closeAllConnections()
  }
}

const serve = async ({ config: file }: { config: string }): Promise<void> => {
  const loaded = readInstance(file)
  if (loaded === null) return
  const log = createLog(loaded.config.log.level)
  for (const { file: at, line, path, expected } of loaded.warnings)
    log.warn({ file: at, line, path, expected }, 'configuration')
  endOnStrayFaults(log)
  try {
    await run(loaded, log)
  } catch (thrown) {
    explainStart(thrown, file)
  }
}

/** `portillon serve`: the gate, from an instance file. */
export const registerServe = (program: Command): void => {
  program
    .command('serve')
    .description('run the gate')
    .requiredOption('--config <file>', 'the instance file')
    .action(serve)
}
