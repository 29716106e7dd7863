import { entriesOf } from '../../lib/settings/draft.ts'
import { error, warning } from '../../lib/settings/problem.ts'
import type { Check } from './context.ts'

/** What people need to read: whom to call, what binds them, notices with sensible dates, what happened to their account. */
export const checkPeople: Check = function* ({ support, legal, notices, ...site }) {
  const hasSender = site.mail !== undefined || site['email-code'] !== undefined
  // Where codes or links are mailed, their own checks ask for the sender.
  const isToldElsewhere =
    site.password?.forgotten === 'mail' || entriesOf(site.ways).some(([, way]) => way.methods?.includes('email-code'))
  if (!hasSender && !isToldElsewhere) {
    yield warning(
      ['mail'],
      'a sender: people are told by mail of a new device, and when how they sign in was changed (R30, R31)',
      'add `mail: { from: … }`',
    )
  }
  if (support !== undefined && support.phone === undefined && support.email === undefined) {
    yield warning(
      ['support'],
      'a telephone number or an address',
      'add `phone` or `email`: every refusal page names whom to call',
    )
  }
  if (legal === undefined) {
    yield warning(
      ['legal'],
      'the reminder of professional secrecy and of the terms of use',
      'add `legal: "…"`; it stands on the sign-in page',
    )
  }
  for (const [at, { from, until }] of entriesOf(notices)) {
    if (from !== undefined && until !== undefined && from > until) {
      yield error(
        ['notices', at, 'from'],
        `a day not after \`until\`, ${until}`,
        'exchange the two days, or remove one',
      )
    }
  }
}
