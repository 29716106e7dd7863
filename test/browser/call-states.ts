import type { PageModels } from '../../src/portal/pages.ts'

type Choice = PageModels['call-choice']
type State = {
  [Page in 'call-choice' | 'call-refused' | 'call-gone' | 'call-press' | 'call-form' | 'call-window']: {
    readonly id: string
    readonly page: Page
    readonly model: PageModels[Page]
  }
}['call-choice' | 'call-refused' | 'call-gone' | 'call-press' | 'call-form' | 'call-window']

const AT = '/_portillon/contextual-call'
const CALL = 'abcdefghijklmnopabcdefghijklmnop'

const choice = (kind: Choice['kind'], patient: string | null): State => ({
  id: `call-${kind}`,
  page: 'call-choice',
  model: {
    ...{ kind, patient, action: `${AT}/open`, csrf: 'csrf', call: CALL, shown: kind },
    ...{ partner: 'Centre hospitalier d’Exemple', name: 'Dr Camille Exemple', present: 'Alix Modèle' },
  },
})

/** The pages of a call from a record system. */
export const callStates: readonly State[] = [
  choice('other-person', null),
  choice('other-patient', 'FICTIVE-DURAND Jeanne, 01/02/1950'),
  choice('confirm', 'FICTIVE-DURAND Jeanne, 01/02/1950'),
  { id: 'call-refused', page: 'call-refused', model: { reference: '7KQ2-M4XD-91', told: null } },
  {
    id: 'call-refused-test',
    page: 'call-refused',
    model: {
      reference: '7KQ2-M4XD-91',
      told: { reason: 'claims-invalid', means: 'The claims do not fit the schema.', fields: ['patient.birth_date'] },
    },
  },
  { id: 'call-gone', page: 'call-gone', model: { continueHref: null } },
  { id: 'call-gone-signed-in', page: 'call-gone', model: { continueHref: '/' } },
  {
    id: 'call-press',
    page: 'call-press',
    model: { action: `${AT}/press`, csrf: 'csrf', hidden: { token: 'x.y.z', via: 'POST' } },
  },
  {
    id: 'call-form',
    page: 'call-form',
    model: { action: '/dcc/patient', charset: 'utf-8', fields: [['INS', '250029912345672']] },
  },
  { id: 'call-window', page: 'call-window', model: { action: `${AT}/window`, call: CALL } },
]
