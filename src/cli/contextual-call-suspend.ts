import type { Command } from 'commander'
import { createSuspension, type Suspension } from '../methods/contextual-call/suspension.ts'
import type { LoadedSite } from '../policy/load.ts'
import { atSite, type Office, type OfficeOptions } from './account-office.ts'
import { actor } from './actor.ts'
import { fail } from './failure.ts'
import { counted } from './problem-lines.ts'

const isPartner = ({ site }: LoadedSite, id: string): boolean => {
  const names = site.partners.map((partner) => partner.id)
  if (names.includes(id)) return true
  fail(
    `${site.site} has no partner ${JSON.stringify(id)}`,
    names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`,
  )
  return false
}

const outOfReach = (): void => {
  fail(
    'this instance keeps what expires in the memory of the running gate (store: embedded)',
    'write `suspended: true` for the partner in the site file, and reload the gate',
  )
}

/** Sessions that calls of this partner have opened, or go on for. */
const endSessions = async (office: Office, { site }: LoadedSite, partner: string): Promise<number> => {
  const lifecycle = office.sessions()
  if (lifecycle === null) return 0
  const all = await lifecycle.find('', Number.MAX_SAFE_INTEGER)
  const theirs = all.filter(({ record }) => record.site === site.site && record.call?.partner === partner)
  const ended = await lifecycle.end('revoked', ...theirs.map(({ digest }) => digest))
  office.recordEnded(ended, `partner ${partner} suspended`)
  return ended.length
}

/** Runs what needs the partner and the store, or says which of them is not there. */
const withSuspension = (
  id: string,
  options: OfficeOptions,
  act: (suspension: Suspension, office: Office, loaded: LoadedSite) => Promise<void>,
): Promise<void> =>
  atSite(options, async (office, loaded) => {
    if (!isPartner(loaded, id)) return
    const store = office.store()
    if (store === null) outOfReach()
    else await act(createSuspension(store, loaded.site.site), office, loaded)
  })

const suspend = (id: string, options: OfficeOptions): Promise<void> =>
  withSuspension(id, options, async (suspension, office, loaded) => {
    const { site } = loaded.site
    await suspension.suspend(id)
    office.audit.trail.record({ event: 'call.partner-suspended', site, actor: actor(), detail: id })
    const ended = await endSessions(office, loaded, id)
    process.stdout.write(`${id} is suspended on all nodes; ${counted(ended, 'session')} ended.\n`)
  })

const resume = (id: string, options: OfficeOptions): Promise<void> =>
  withSuspension(id, options, async (suspension, office, { site: { site, partners } }) => {
    const wasSuspended = await suspension.resume(id)
    if (wasSuspended) office.audit.trail.record({ event: 'call.partner-resumed', site, actor: actor(), detail: id })
    const inFile = partners.some((partner) => partner.id === id && partner.suspended)
    process.stdout.write(`${id} ${wasSuspended ? 'may call again' : 'was not suspended by a command'}.\n`)
    if (inFile) process.stdout.write(`The site file still says \`suspended: true\`.\n`)
  })

export const registerCallSuspend = (suspending: Command, resuming: Command): void => {
  suspending.action(suspend)
  resuming.action(resume)
}
