import { practiceKey, type Practice } from '../policy/practice.ts'

/** Codes that the texts have words for (TRE_G15, TRE_R38); another one is shown as it is. */
const PROFESSIONS: ReadonlySet<string> = new Set([
  ...['10', '21', '31', '32', '40', '50', '60', '70', '80', '86'],
  ...['91', '92', '93', '94', '95', '96', '98'],
])
const SPECIALITIES: ReadonlySet<string> = new Set(['SM26', 'SM35', 'SM36', 'SM37', 'SM45'])

/** A practice as a page shows it. */
export interface ShownPractice {
  /** Value of its button. */
  readonly value: string
  /** What it is called, or empty. */
  readonly structure: string
  readonly finess: string
  /** `practice.profession.<code>` where `isKnown`, else the code itself; empty where there is none. */
  readonly profession: { readonly code: string; readonly isKnown: boolean }
  /** `practice.speciality.<code>`, in the same way. */
  readonly speciality: { readonly code: string; readonly isKnown: boolean }
}

export const shownPractice = (practice: Practice): ShownPractice => {
  const { structure, finess, profession, speciality } = practice
  return {
    value: practiceKey(practice),
    structure,
    finess,
    profession: { code: profession, isKnown: PROFESSIONS.has(profession) },
    speciality: { code: speciality, isKnown: SPECIALITIES.has(speciality) },
  }
}
