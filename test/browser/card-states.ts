import { CARD_REASONS } from '../../src/portal/card/journeys.ts'
import type { PageModels, PageName } from '../../src/portal/pages.ts'

/** The pages of cards in their states, for page-states.ts. */

const card: PageModels['card'] = {
  action: '/_portillon/card',
  csrf: 'csrf',
  to: 'sealed.target',
  attempt: '',
  signedInAs: null,
  otherHref: '/_portillon/sign-in?to=sealed.target',
  help: { cryptolib: 'https://esante.example.test/cryptolib', firefox: 'https://esante.example.test/firefox' },
}
const afterPassword = { ...card, attempt: 'attempt', otherHref: '/_portillon/sign-in/choice?attempt=attempt' }

interface CardState {
  readonly id: string
  readonly page: PageName
  readonly model: PageModels[PageName]
}
const state = <Name extends PageName>(id: string, page: Name, model: PageModels[Name]): CardState => ({
  id,
  page,
  model,
})

export const cardStates: readonly CardState[] = [
  state('card', 'card', card),
  state('card-after-password', 'card', afterPassword),
  state('card-signed-in', 'card', { ...card, signedInAs: 'Zoé Œuvrard' }),
  ...CARD_REASONS.map((reason) =>
    state(`card-${reason}`, 'card-refused', { ...card, reason, reference: '7KQ2M4-0XD91' }),
  ),
  state('card-none-signed-in', 'card-refused', {
    ...afterPassword,
    signedInAs: 'Zoé Œuvrard',
    reason: 'none',
    reference: '7KQ2M4-0XD91',
  }),
]
