import type { PageModels } from '../../src/portal/pages.ts'
import { shownPractice } from '../../src/portal/practice-words.ts'
import { poorAccount } from './account-states.ts'

const DOCTOR = { profession: '10', category: 'C', speciality: 'SM36' }

/** The practices of an invented doctor: a hospital, a clinic with a long name, and one that nobody says much of. */
const practice: PageModels['practice'] = {
  action: '/_portillon/pro-sante-connect/practice',
  csrf: 'csrf',
  pending: 'pending',
  to: 'sealed.target',
  practices: [
    { ...DOCTOR, structureId: 'R9990001', structure: 'CENTRE HOSPITALIER FICTIF', finess: '990000028' },
    {
      ...{ ...DOCTOR, speciality: 'SM45', structureId: 'R9990002', finess: '990000036' },
      structure: 'SOCIÉTÉ D’EXERCICE LIBÉRAL DES RADIOTHÉRAPEUTES ASSOCIÉS DE LA POINTE D’EXEMPLE',
    },
    { ...DOCTOR, speciality: 'SM99', structureId: '', structure: '', finess: '' },
  ].map(shownPractice),
  error: null,
  restartHref: '/_portillon/sign-in?to=sealed.target',
}

/** Back from Pro Santé Connect with several practices, and what is remembered of the choice. */
export const practiceStates = [
  { id: 'practice', page: 'practice', model: practice },
  {
    id: 'account-practice',
    page: 'account',
    model: { ...poorAccount, practice: { structure: 'CENTRE HOSPITALIER FICTIF', since: '2026-11-20T08:02:00.000Z' } },
  },
  { id: 'practice-unknown', page: 'practice', model: { ...practice, error: { key: 'practice.unknown' } } },
] as const
