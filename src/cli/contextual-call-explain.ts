import type { Command } from 'commander'
import type { EventName } from '../audit/events.ts'
import { searchTrail } from '../audit/search.ts'
import { CALL_REASONS, type CallReason } from '../methods/contextual-call/reasons.ts'
import { inOffice, type OfficeOptions } from './account-office.ts'
import { actor } from './actor.ts'
import { fail } from './failure.ts'

const EVENTS_OF_CALLS: readonly EventName[] = ['call.accepted', 'call.refused', 'call.opened']

/** A reason in words: what it means, and what the integrator has to do. */
export const meaningOf = (reason: string): string =>
  Object.hasOwn(CALL_REASONS, reason) ? CALL_REASONS[reason as CallReason] : 'a reason of another version of the gate'

const explain = (reference: string, options: OfficeOptions): Promise<void> =>
  inOffice(options, async ({ sites, audit }) => {
    const asked = reference.trim().toUpperCase()
    const found = await searchTrail(audit.database.db, { reference: asked, events: EVENTS_OF_CALLS, last: 20 })
    audit.trail.record({ event: 'audit.read', actor: actor(), detail: `reference ${asked}` })
    if (found.length === 0) {
      fail(
        `no call has the reference ${asked}`,
        'many refusals that are alike within a minute are written as one; the log has a line for each',
      )
      return
    }
    const told = found.toReversed().map(({ record }) => {
      const [partner = '-', patient = '', reason, ...fields] = (record.detail ?? '').split(' ')
      return {
        at: record.at,
        event: record.event,
        site: record.site,
        partner,
        patient,
        reason,
        fields,
        login: record.login,
      }
    })
    if (options.json) {
      process.stdout.write(
        `${JSON.stringify(told.map((one) => ({ ...one, ...(one.reason && { means: meaningOf(one.reason) }) })))}\n`,
      )
      return
    }
    for (const { at, event, site, partner, patient, reason, fields, login } of told) {
      const contact = sites
        .find((one) => one.site.site === site)
        ?.site.partners.find(({ id }) => id === partner)?.contact
      process.stdout.write(
        `${at.slice(0, 19).replace('T', ' ')} UTC  ${event}  partner ${partner}  ${patient}  ${login ?? ''}\n`,
      )
      if (reason !== undefined) process.stdout.write(`  ${reason}: ${meaningOf(reason)}\n`)
      if (fields.length > 0) process.stdout.write(`  fields: ${fields.join(', ')}\n`)
      if (reason !== undefined && contact !== undefined) process.stdout.write(`  call there: ${contact}\n`)
    }
  })

export const registerCallExplain = (command: Command): void => {
  command.action(explain)
}
