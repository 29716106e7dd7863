import type { Renderer } from '../render/renderer.ts'
import type { MailFrame } from './frame.ts'
import type { Mail } from './mail.ts'

/** Who sends a mail, and to which stored address. */
interface Envelope {
  readonly from: string
  readonly to: string
}

/** What the mail with a code says; times and the code already as people read them. */
export interface CodeMailModel extends MailFrame {
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
}

/** `482913` as `482 913`, in two halves, with the blank that does not break. */
export const groupCode = (code: string): string => {
  const half = Math.floor(code.length / 2)
  return `${code.slice(0, half)}\u00a0${code.slice(half)}`
}

/**
 * A mail as text and as HTML with the same content. The subject, which shows on locked screens, tells the service and never
 * a secret (T-12).
 */
const write = (renderer: Renderer, name: string, model: MailFrame, envelope: Envelope, subjectOf = name): Mail => {
  const { language } = model
  const subject = renderer.text(language, `mail.${subjectOf}.subject`, { name: model.siteShortName })
  const content = { ...model, subject }
  return {
    ...envelope,
    subject,
    language,
    text: renderer.render(`mail/${name}.text`, language, content),
    html: renderer.render(`mail/${name}.html`, language, content),
  }
}

/** The mail with the code that confirms an address. */
export const addressMail = (renderer: Renderer, model: CodeMailModel, envelope: Envelope): Mail =>
  write(renderer, 'address', model, envelope)

/** What is told of the request behind a mail about a password. */
export interface PasswordMailModel extends MailFrame {
  readonly login: string
  /** Day and hour in Paris. */
  readonly requestedAt: string
  readonly address: string
  readonly device: string
}

/** What the mail with a link for a new password says. */
export interface ResetLinkMailModel extends PasswordMailModel {
  /** Following it changes nothing (R22). */
  readonly link: string
  /** The hour in Paris. */
  readonly until: string
  readonly lifetimeMinutes: number
}

export const resetLinkMail = (renderer: Renderer, model: ResetLinkMailModel, envelope: Envelope): Mail =>
  write(renderer, 'reset-link', model, envelope)

/** What people are told of their account: texts of `mail.notice.<kind>`, of `mail.notice.support.<kind>` where the support did it. */
export interface NoticeMailModel extends MailFrame {
  readonly kind: 'factor-added' | 'factor-removed' | 'password-changed' | 'new-device' | 'address-changed'
  readonly by: 'person' | 'support'
  readonly login: string
  /** What was added or removed, in words; empty when nothing was. */
  readonly factor: string
  /** The address that was registered, not whole; empty when none was exchanged. */
  readonly newAddress: string
  /** Day and hour in Paris. */
  readonly happenedAt: string
  readonly address: string
  readonly device: string
  /** « Ce n'est pas moi »; following it changes nothing (R22). Empty in a mail to whoever may have done it. */
  readonly link: string
  /** Day and hour in Paris. */
  readonly until: string
}

export const noticeMail = (renderer: Renderer, model: NoticeMailModel, envelope: Envelope): Mail =>
  write(renderer, 'notice', model, envelope, `notice.${model.kind}`)

/** The mail with a code. Nothing in it is a link to follow, so that a scanner that opens links opens nothing (R22). */
export const codeMail = (renderer: Renderer, model: CodeMailModel, envelope: Envelope): Mail =>
  write(renderer, 'code', model, envelope)
