import type { CallValues } from '../../methods/contextual-call/values.ts'

/** « MARTIN Jeanne, 01/02/1950 »: as much as somebody needs to see that it is the right one; never the INS. */
export const patientLine = (values: CallValues): string | null => {
  const { 'patient.birth-name': name, 'patient.first-given-name': given, 'patient.birth-date': born } = values
  if (name === undefined || given === undefined) return null
  const [year, month, day] = born?.split('-') ?? []
  return `${name.toUpperCase()} ${given}${day === undefined ? '' : `, ${day}/${month ?? ''}/${year ?? ''}`}`
}
