import { error, warning } from '../../lib/settings/problem.ts'
import type { Check } from './context.ts'

const LONGEST_LINK = 3_600_000

/** Passwords: what they need to be replaced by mail, and where the settings depart from what is advised. */
export const checkPasswords: Check = function* (site) {
  const { expires, forgotten, 'reset-link': link } = site.password ?? {}
  if (forgotten === 'mail' && site['email-code'] === undefined && site.mail === undefined) {
    yield error(
      ['password', 'forgotten'],
      'a sender for the mails with the links',
      'add `mail: { from: … }`, or let `forgotten: referent` name whom to call',
    )
  }
  if (forgotten === 'mail' && site.accounts !== undefined) {
    yield error(
      ['password', 'forgotten'],
      '`referent` or `hidden`, where accounts live elsewhere: their passwords are changed there',
      'write `forgotten: referent`',
    )
  }
  if (expires !== undefined && expires !== 'never') {
    yield warning(
      ['password', 'expires'],
      '`never`: passwords that have to be changed by the calendar become weaker (CNIL deliberation 2022-100, ANSSI PG-078, NIST SP 800-63B)',
      'leave `expires` out, unless a rule of the network asks for it',
    )
  }
  if (link !== undefined && link > LONGEST_LINK) {
    yield warning(['password', 'reset-link'], 'at most 60m', 'shorten it: another link can be asked for at once')
  }
}
