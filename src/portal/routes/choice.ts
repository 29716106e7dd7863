import type { Request, Response } from 'express'
import { z } from 'zod'
import type { Stage } from '../../sign-in/stage.ts'
import { findAttempt, takeAttempt, type AtSignIn } from '../at-sign-in.ts'
import { signInHref } from '../destination.ts'
import { field, textOf } from '../form.ts'
import type { Message } from '../pages.ts'
import type { PortalParts } from '../portal-parts.ts'
import { stepHref } from '../sign-in-steps.ts'
import { visitOf } from '../visit.ts'

const form = z.object({
  attempt: field(64),
  to: field(16_384).default(''),
  /** `<method>.<choice>`: the button that was pressed. */
  offer: field(128).default(''),
  remember: field(8).default(''),
  then: field(16).default(''),
})

/** What can be enrolled by oneself after another proof, if that is what the link or the form asks for. */
type Enrolling = 'totp' | 'passkey'
const enrollingOf = (then: string): Enrolling | null => (then === 'totp' || then === 'passkey' ? then : null)

interface Shown {
  readonly to: string
  readonly enrolling: Enrolling | null
  readonly error?: Message
  readonly status?: number
}

const show = (
  parts: PortalParts,
  response: Response,
  { handle }: Pick<AtSignIn, 'handle'>,
  { offers, enrolable }: Extract<Stage, { kind: 'choose' }>,
  shown: Shown,
): void => {
  const { site } = visitOf(response.req)
  const { to, enrolling } = shown
  const href = (then: Enrolling) =>
    `${site.prefix}/sign-in/choice?${new URLSearchParams({ attempt: handle, to, then }).toString()}`
  parts.pages.show(
    response,
    'choice',
    {
      action: `${site.prefix}/sign-in/choice`,
      csrf: parts.browsers.csrf(parts.browsers.ensure(response)),
      to,
      attempt: handle,
      offers: offers.map(({ method, choice, label }) => ({ value: `${method}.${choice}`, method, label })),
      enrolable: enrolable.flatMap((id) => {
        const method = enrollingOf(id)
        return method === null ? [] : [{ method, href: href(method) }]
      }),
      enrolling,
      error: shown.error ?? null,
      restartHref: signInHref(site, to),
    },
    shown.status,
  )
}

/** GET: what this account can be asked for. */
export const showChoice =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const { site } = visitOf(request)
    const here = await findAttempt(parts, request, response)
    if (here === null) return
    const to = parts.targets.seal(site.site.site, here.underWay.attempt.target)
    const choices = await parts.flow.choices(here.at, here.underWay)
    if (choices === null) parts.pages.go(response, stepHref(site, here.underWay.stage, { handle: here.handle, to }))
    else {
      const wanted = enrollingOf(textOf(request.query, 'then'))
      const enrolling = wanted !== null && choices.enrolable.includes(wanted) ? wanted : null
      show(parts, response, here, choices, { to, enrolling })
    }
  }

/** POST: the address, the application or the passkey that was chosen. */
export const takeChoice =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const { site } = visitOf(request)
    const here = await takeAttempt(parts, request, response, form)
    if (here === null) return
    const { at, visitor, underWay, handle, fields } = here
    const dot = fields.offer.indexOf('.')
    const enrolling = enrollingOf(fields.then)
    const chosen = await parts.flow.choose(at, visitor, underWay, {
      method: fields.offer.slice(0, Math.max(0, dot)),
      choice: fields.offer.slice(dot + 1),
      remember: fields.remember === 'yes' && enrolling === null,
      then: enrolling,
    })
    if (chosen.ok) {
      const { delayed, underWay: next } = chosen.value
      parts.pages.go(response, stepHref(site, next.stage, { handle, to: fields.to, delayed }))
      return
    }
    const choices = await parts.flow.choices(at, underWay)
    if (choices === null) parts.pages.go(response, stepHref(site, underWay.stage, { handle, to: fields.to }))
    else {
      const error = { key: 'choice.unknown' }
      show(parts, response, here, choices, { to: fields.to, enrolling, error, status: 400 })
    }
  }
