import type { Language } from '../render/messages.ts'
import type { Renderer } from '../render/renderer.ts'
import type { Mail } from './mail.ts'

/** What the mail with a code says; times and the code already as people read them. */
export interface CodeMailModel {
  readonly language: Language
  readonly siteName: string
  /** For the subject; the name where the site has none. */
  readonly siteShortName: string
  readonly networkName: string
  readonly code: string
  /** `482 913`: read aloud and typed in two gulps. */
  readonly codeGrouped: string
  readonly lifetimeMinutes: number
  /** The hour in Paris. */
  readonly until: string
  /** Day and hour in Paris. */
  readonly requestedAt: string
  /** Network address from which the code was asked for; empty when it is not known. */
  readonly address: string
  /** Browser and system, or empty. */
  readonly device: string
  /** Public address of the site, to compare with the one in the browser (G12). */
  readonly origin: string
  readonly support: {
    readonly name: string
    readonly phone?: string | undefined
    readonly email?: string | undefined
    readonly hours?: string | undefined
  }
}

/** `482913` as `482 913`, in two halves, with the blank that does not break. */
export const groupCode = (code: string): string => {
  const half = Math.floor(code.length / 2)
  return `${code.slice(0, half)}\u00a0${code.slice(half)}`
}

/**
 * The mail with a code, as text and as HTML with the same content. The subject, which shows on locked screens, tells the
 * service and never the code (T-12); nothing in it is a link to follow, so that a scanner that opens links opens nothing
 * (R22).
 */
export const codeMail = (renderer: Renderer, model: CodeMailModel, envelope: { from: string; to: string }): Mail => {
  const { language } = model
  const subject = renderer.text(language, 'mail.code.subject', { name: model.siteShortName })
  const content = { ...model, subject }
  return {
    ...envelope,
    subject,
    language,
    text: renderer.render('mail/code.text', language, content),
    html: renderer.render('mail/code.html', language, content),
  }
}
