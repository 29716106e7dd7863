import type { Crew } from '../app/crew.ts'
import { newTicketKeys } from '../app/ticket-keys.ts'
import type { AuditTrail } from '../audit/events.ts'
import { loadConfig } from '../config/load.ts'
import { takeUp } from '../config/restart.ts'
import { systemClock } from '../lib/clock.ts'
import type { AdjustableLog, Log } from '../lib/log.ts'
import { systemRandom } from '../lib/random.ts'
import type { CardLists } from '../methods/cps/lists/keep-lists.ts'
import { isError, type Problem } from '../lib/settings/problem.ts'
import { loadSite } from '../policy/load.ts'
import { counted, formatProblems } from './problem-lines.ts'

const PLAIN = { write: () => undefined, hasColours: false, setExitCode: () => undefined }

/** The lines that `portillon check` shows, one an entry of the log. */
const tell = (log: Log, problems: readonly Problem[]): void => {
  for (const problem of problems) {
    const line = formatProblems([problem], PLAIN).trimEnd().replace(/ {2,}/g, '  ')
    log[isError(problem) ? 'error' : 'warn']({ problem: line }, 'settings')
  }
}

const KEPT = 'the settings are not taken up: those before stay in force'

interface ReloadParts {
  readonly file: string
  readonly crew: Crew
  readonly cardLists: Pick<CardLists, 'renew'>
  readonly log: AdjustableLog
  readonly trail: Pick<AuditTrail, 'record'>
}

const reloadOnce = async ({ file, crew, cardLists, log, trail }: ReloadParts): Promise<void> => {
  const now = systemClock.now()
  const given = loadConfig(file, { environment: process.env, now, loadSite: (site) => loadSite(site, { now }) })
  if (!given.ok) {
    tell(log, given.reason)
    const errors = given.reason.filter(isError).length
    log.error({ errors }, KEPT)
    trail.record({ event: 'settings.refused', detail: counted(errors, 'error') })
    return
  }
  tell(log, given.value.warnings)
  const { inForce, waiting } = takeUp(crew.inForce().loaded, given.value)
  if (waiting.length > 0) log.warn({ settings: waiting }, 'these settings are taken up by a restart only')
  try {
    await crew.renew({ loaded: inForce, ticketKeys: newTicketKeys(systemRandom) })
    await cardLists.renew(inForce.config.cards)
    log.setLevel(inForce.config.log.level)
    const sites = inForce.sites.map(({ site }) => site.site)
    log.info({ sites }, 'new settings are in force')
    trail.record({ event: 'settings.changed', detail: sites.join(' ') })
  } catch (thrown) {
    log.error({ err: thrown }, KEPT)
    trail.record({ event: 'settings.refused', detail: 'a part could not be made of them' })
  }
}

/**
 * Reads the settings again: instance file, site files, certificates, secrets, templates. What is wrong with them is said in
 * the log, and nothing changes then (O-07). A request to reload during a reload is done after it.
 */
export const createReload = (parts: ReloadParts): (() => void) => {
  let running: Promise<void> = Promise.resolve()
  let isAsked = false
  return () => {
    if (isAsked) return
    isAsked = true
    running = running.then(async () => {
      isAsked = false
      await reloadOnce(parts)
    })
  }
}
