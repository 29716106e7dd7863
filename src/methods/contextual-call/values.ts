import type { CallValue } from '../../policy/contextual-call.ts'
import type { Partner } from '../../policy/partners.ts'
import type { CallPatient } from './claims.ts'

/** What was verified, under the names of the policy. What a call does not say has no entry. */
export type CallValues = Readonly<Partial<Record<CallValue, string>>>

const present = (entries: Readonly<Partial<Record<CallValue, string | undefined>>>): CallValues =>
  Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined))

const ofPatient = (patient: CallPatient): CallValues => {
  const { ins } = patient
  return present({
    'patient.matricule': ins?.matricule,
    'patient.oid': ins?.oid,
    // The form that VIHF and the DRIMbox use.
    'patient.ins': ins === undefined ? undefined : `${ins.matricule}^^^&${ins.oid}&ISO^NH`,
    'patient.status': patient.status,
    'patient.birth-name': patient.birth_name,
    'patient.used-name': patient.used_name,
    'patient.first-given-name': patient.first_given_name,
    'patient.given-names': patient.given_names,
    'patient.birth-date': patient.birth_date,
    'patient.sex': patient.sex,
    'patient.birth-place': patient.birth_place,
    'patient.local-id': patient.local_id,
    'patient.local-system': patient.local_system,
  })
}

export const valuesOf = (
  patient: CallPatient | undefined,
  partner: Pick<Partner, 'finess' | 'name'>,
  user: string,
  reference: string,
): CallValues => ({
  ...(patient === undefined ? {} : ofPatient(patient)),
  'partner.finess': partner.finess,
  'partner.name': partner.name,
  'user.id': user,
  'call.reference': reference,
})

/** One text for one patient, to compare by; null where no patient is named. INS first: it is the same everywhere. */
export const patientKeyOf = (patient: CallPatient | undefined, finess: string): string | null => {
  if (patient === undefined) return null
  if (patient.ins !== undefined) return `ins ${patient.ins.oid} ${patient.ins.matricule}`
  if (patient.local_id !== undefined) return `local ${finess} ${patient.local_system ?? ''} ${patient.local_id}`
  const { birth_name, first_given_name, birth_date, sex, birth_place } = patient
  return `traits ${JSON.stringify([birth_name, first_given_name, birth_date, sex, birth_place ?? null])}`
}
