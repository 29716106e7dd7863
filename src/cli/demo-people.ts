import type { AccountEntry } from '../accounts/entry.ts'
import type { Site } from '../policy/schema.ts'

type DemoPerson = AccountEntry & { readonly who: string; readonly isNew?: boolean }

/** The people of the demonstration, all invented: one of each kind that works with a DCC. */
const PEOPLE: readonly DemoPerson[] = [
  {
    who: 'oncologist',
    login: 'c.exemple',
    givenName: 'Camille',
    familyName: 'Exemple',
    name: 'Dr Camille Exemple',
    email: 'camille.exemple@hopital.example.test',
    nationalId: '899900000003',
    roles: ['medecin'],
  },
  {
    who: 'a name beyond ASCII',
    login: 'z.oeuvrard',
    givenName: 'Zoé',
    familyName: 'Œuvrard',
    name: 'Zoé Œuvrard',
    email: 'zoe.oeuvrard@clinique.example.test',
    nationalId: '899900000011',
    roles: ['medecin'],
  },
  {
    who: 'secretary, no RPPS',
    login: 'n.martel',
    givenName: 'Nora',
    familyName: 'Martel-Fictif',
    email: 'nora.martel@hopital.example.test',
    roles: ['secretaire'],
  },
  {
    who: 'referent, may see the administration',
    login: 'a.modele',
    givenName: 'Alix',
    familyName: 'Modèle',
    email: 'alix.modele@reseau.example.test',
    nationalId: '3990000028/000000001',
    roles: ['referent', '3c'],
  },
]

/** Somebody who has just been given a password, to be changed at its first use. */
const NEWCOMER: DemoPerson = {
  who: 'new: the password is changed at its first use',
  login: 'l.debut',
  givenName: 'Lou',
  familyName: 'Début',
  email: 'lou.debut@hopital.example.test',
  roles: ['medecin'],
  isNew: true,
}

/** The newcomer is there where passwords are the network's to give and to renew, as at OncoCentre. */
export const demoPeople = ({ password }: Site): readonly DemoPerson[] =>
  password.expires === 'never' ? PEOPLE : [...PEOPLE, NEWCOMER]
