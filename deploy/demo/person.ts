import type { KnownVisitor } from './assertion.ts'

const ROLES: Readonly<Record<string, string>> = {
  medecin: 'Médecin',
  secretaire: 'Secrétaire médicale',
  'coordination-3c': 'Coordination 3C',
  '3c': 'Coordination 3C',
  infirmier: 'Infirmier',
  infirmiere: 'Infirmière',
  pharmacien: 'Pharmacien',
  arc: 'Recherche clinique',
  recherche: 'Recherche clinique',
  administrateur: 'Administrateur',
  admin: 'Administrateur',
  referent: 'Référent RCP',
  'referent-rcp': 'Référent RCP',
}

const plain = (role: string): string =>
  role
    .normalize('NFD')
    .replace(/\p{Diacritic}/gu, '')
    .toLowerCase()

/** « Dr Zoé Œuvrard » for a doctor, the bare name for everybody else. */
export const displayName = (visitor: KnownVisitor): string => {
  const name = visitor.name === '' ? visitor.login : visitor.name
  const isDoctor = visitor.roles.some((role) => plain(role) === 'medecin')
  return isDoctor && !/^(Dr|Pr)\b/.test(name) ? `Dr ${name}` : name
}

export const displayRoles = (visitor: KnownVisitor): string =>
  visitor.roles.map((role) => ROLES[plain(role)] ?? role).join(', ')
