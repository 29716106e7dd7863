import type { Request, Response } from 'express'
import { z } from 'zod'
import type { WaitingProof } from '../../methods/oidc/practice-choices.ts'
import type { Provider } from '../../methods/oidc/provider.ts'
import { practiceKey } from '../../policy/practice.ts'
import { browserDigest } from '../browser.ts'
import { signInHref } from '../destination.ts'
import { field, textOf } from '../form.ts'
import type { Message } from '../message.ts'
import type { PortalParts } from '../portal-parts.ts'
import { shownPractice } from '../practice-words.ts'
import { presentProof } from '../present-proof.ts'
import { providerAt } from '../provider-at.ts'
import { recordProviderRefused } from '../provider-events.ts'
import { takeFormOrAnswer } from '../refused-form.ts'
import { PRACTICE } from '../settle-practice.ts'
import { startAgain } from '../start-again.ts'
import { visitOf } from '../visit.ts'

const METHOD = 'pro-sante-connect'

const form = z.object({
  pending: field(64),
  to: field(16_384).default(''),
  /** The button that was pressed. */
  practice: field(512).default(''),
  remember: field(8).default(''),
})

interface Shown {
  readonly pending: string
  readonly to: string
  readonly waiting: WaitingProof
  readonly error: Message | null
}

const show = (parts: PortalParts, response: Response, { pending, to, waiting, error }: Shown): void => {
  const { site } = visitOf(response.req)
  const model = {
    action: `${site.prefix}${PRACTICE}`,
    csrf: parts.browsers.csrf(parts.browsers.ensure(response)),
    pending,
    to,
    practices: waiting.practices.map(shownPractice),
    error,
    restartHref: signInHref(site, to),
  }
  parts.pages.show(response, 'practice', model, error === null ? 200 : 400)
}

const answerOver = async (parts: PortalParts, response: Response, provider: Provider, to: string): Promise<void> => {
  recordProviderRefused(parts, response, provider, 'practice-over')
  await startAgain(parts, response, to)
}

const holderOf = (response: Response, browser: string) => ({
  site: visitOf(response.req).site.site.site,
  browser: browserDigest(browser),
})

/** GET: « Dans quelle structure travaillez-vous maintenant ? » */
export const showPractice =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const provider = providerAt(parts, response, METHOD)
    if (provider === null) return
    const pending = textOf(request.query, 'pending')
    const to = textOf(request.query, 'to')
    const browser = parts.browsers.known(visitOf(request))
    const waiting =
      browser === undefined ? null : await parts.providers.practices.find(holderOf(response, browser), pending)
    if (waiting === null) await answerOver(parts, response, provider, to)
    else show(parts, response, { pending, to, waiting, error: null })
  }

/** POST: goes on with the practice that was chosen, out of those that Pro Santé Connect has named and no other. */
export const takePractice =
  (parts: PortalParts) =>
  async (request: Request, response: Response): Promise<void> => {
    const provider = providerAt(parts, response, METHOD)
    if (provider === null) return
    const taken = await takeFormOrAnswer(parts, response, form)
    if (taken === null) return
    const { fields, browser } = taken
    const { pending, to } = fields
    const holder = holderOf(response, browser)
    const { practices } = parts.providers
    const waiting = await practices.find(holder, pending)
    const practice = waiting?.practices.find((one) => practiceKey(one) === fields.practice)
    if (waiting !== null && practice === undefined) {
      recordProviderRefused(parts, response, provider, 'practice-foreign')
      show(parts, response, { pending, to, waiting, error: { key: 'practice.unknown' } })
      return
    }
    // Once, and not where the site file has come to name another issuer meanwhile.
    const proved = waiting === null ? null : await practices.take(holder, pending)
    if (proved === null || practice === undefined || proved.issuer !== provider.profile.issuer) {
      await answerOver(parts, response, provider, to)
      return
    }
    const { account, nationalId, maxLevel, subject, sid, attempt } = proved
    if (fields.remember === 'yes') await parts.rememberedPractices.remember(account, holder.site, practice)
    else await parts.rememberedPractices.forget(account, holder.site)
    const proof = { identity: { kind: 'national-id' as const, nationalId }, level: maxLevel, subject, sid }
    await presentProof(parts, request, response, provider.profile, { proof, practice, browser, to, attempt })
  }
