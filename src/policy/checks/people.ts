import { entriesOf } from '../../lib/settings/draft.ts'
import { error, warning } from '../../lib/settings/problem.ts'
import type { Check } from './context.ts'

/** What people need to read: whom to call, what binds them, notices with sensible dates. */
export const checkPeople: Check = function* ({ support, legal, notices }) {
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
