import type { AccountEntry } from '../accounts/entry.ts'

/** The people of the demonstration, all invented: one of each kind that works with a DCC. */
export const DEMO_PEOPLE: readonly (AccountEntry & { readonly who: string })[] = [
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
