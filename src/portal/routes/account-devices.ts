import type { Request, Response } from 'express'
import { z } from 'zod'
import { personOf } from '../account/person.ts'
import { field } from '../form.ts'
import type { PortalParts } from '../portal-parts.ts'
import { takeFormOrAnswer } from '../refused-form.ts'
import { visitOf } from '../visit.ts'

const PATH = '/account'

const form = z.object({ device: field(64) })

/** POST: one remembered device, or all of them, has to bring the second factor again (R25). */
export const takeDeviceForgotten =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const { site, reference, address } = visitOf(request)
    const taken = await takeFormOrAnswer(parts, response, form)
    if (taken === null) return
    const person = await personOf(parts, request, response, PATH)
    if (person === null) return
    const { device } = taken.fields
    const { account, live } = person
    const count = await parts.devices.endRemembrance(account.id, device === 'all' ? undefined : device)
    parts.trail.record({
      event: 'device.forgotten',
      site: site.site.site,
      account: account.id,
      login: account.login,
      session: live.digest,
      detail: String(count),
      reference,
      ...(address === undefined ? {} : { address }),
    })
    const done = device === 'all' ? 'devices-forgotten' : 'device-forgotten'
    parts.pages.go(response, `${site.prefix}${PATH}?${new URLSearchParams({ done }).toString()}`)
  }
