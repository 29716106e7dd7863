import type { Response } from 'express'
import type { PasswordHolder, ReplaceRefusal } from '../accounts/own-passwords.ts'
import { namesOf } from '../accounts/password-names.ts'
import type { PasswordRule } from '../accounts/password-rules.ts'
import type { Site } from '../policy/schema.ts'
import type { Message, PageModels } from './pages.ts'
import type { PortalParts } from './portal-parts.ts'
import { visitOf } from './visit.ts'

type Model = PageModels['new-password']
type RuleShown = Model['rules'][number]

export interface NewPasswordShown extends Pick<Model, 'kind' | 'because' | 'hidden' | 'cancelHref'> {
  /** Below the prefix. */
  readonly action: string
  readonly holder: PasswordHolder
  readonly said?: NewPasswordSaid
}

/** What is wrong with what was typed: the sentence, the field, the rules to look at again. */
export interface NewPasswordSaid {
  readonly error: Message
  readonly field: 'current' | 'password' | null
  readonly unmet?: readonly RuleShown['kind'][]
  readonly status: number
}

/** The checklist of the site, in the order in which people read it. */
const rulesOf = ({ password: { length, classes, blocklist, history } }: Site): Omit<RuleShown, 'isUnmet'>[] => [
  { kind: 'length', values: { length } },
  ...classes.map((kind) => ({ kind, values: {} })),
  ...(blocklist ? ([{ kind: 'names', values: {} } as const, { kind: 'common', values: {} } as const] as const) : []),
  { kind: 'other', values: { count: history } },
]

const lineOf = (rule: PasswordRule): RuleShown['kind'] =>
  rule === 'guessable' || rule === 'too-long' ? 'common' : rule

const unmet = (rules: readonly PasswordRule[]): NewPasswordSaid => {
  const [first, ...others] = rules
  const isAlone = others.length === 0 && (first === 'names' || first === 'common' || first === 'guessable')
  const key = first === 'too-long' ? 'tooLong' : isAlone ? first : 'unmet'
  const lines = first === 'too-long' ? [] : rules.map(lineOf)
  return { error: { key: `newPassword.${key}` }, field: 'password', unmet: lines, status: 422 }
}

/** What the page says of a new password that was not taken. */
export const saidOf = (refusal: ReplaceRefusal): NewPasswordSaid => {
  switch (refusal.reason) {
    case 'unmet':
      return unmet(refusal.rules)
    case 'same':
    case 'former':
      return { error: { key: `newPassword.${refusal.reason}` }, field: 'password', unmet: ['other'], status: 422 }
    case 'outdated':
      return { error: { key: 'newPassword.outdated' }, field: null, status: 409 }
  }
}

/** A form that cannot be judged yet; null when it can. */
export const saidOfFields = (fields: {
  readonly password: string
  readonly again: string | undefined
  readonly current?: string
}): NewPasswordSaid | null => {
  if (fields.current === '') return { error: { key: 'newPassword.currentMissing' }, field: 'current', status: 400 }
  if (fields.password === '') return { error: { key: 'newPassword.missing' }, field: 'password', status: 400 }
  // The second field is there for browsers without a script only, which cannot show what was typed.
  if (fields.again !== undefined && fields.again !== fields.password)
    return { error: { key: 'newPassword.different' }, field: 'password', status: 400 }
  return null
}

/** « Nouveau mot de passe »: by a link, at the sign-in, or of one's own wish. */
export const showNewPassword = (parts: PortalParts, response: Response, shown: NewPasswordShown): void => {
  const { site } = visitOf(response.req)
  const { kind, because, hidden, cancelHref, holder, said } = shown
  const { account } = holder
  const model: Model = {
    kind,
    because,
    hidden,
    cancelHref,
    action: `${site.prefix}${shown.action}`,
    csrf: parts.browsers.csrf(parts.browsers.ensure(response)),
    login: account.login,
    rules: rulesOf(site.site).map((rule) => ({ ...rule, isUnmet: said?.unmet?.includes(rule.kind) ?? false })),
    names: site.site.password.blocklist ? namesOf(account, site.site).whole : [],
    error: said?.error ?? null,
    field: said?.field ?? null,
  }
  parts.pages.show(response, 'new-password', model, said?.status)
}
