import { z } from 'zod'

/**
 * As what, and where, a health professional works: one of what Pro Santé Connect says of them, taken or chosen at sign-in.
 * Codes are those of the sector (facts: TRE_G15, TRE_R38); a text is empty where nothing is known.
 */
export const practiceSchema = z.object({
  /** Code of the profession, such as `10` for doctors. */
  profession: z.string(),
  /** Code of the professional category, such as `C` for civilians. */
  category: z.string(),
  /** Code of the speciality (« savoir-faire »), such as `SM36`. */
  speciality: z.string(),
  /** What the sector calls the structure: a technical identifier where it has one. */
  structureId: z.string(),
  /** Its registered name, or the one on its sign. */
  structure: z.string(),
  /** FINESS of the site. */
  finess: z.string(),
})

export type Practice = z.output<typeof practiceSchema>

/** The same for the same practice at every sign-in, whatever its structure is called by then. */
export const practiceKey = ({ profession, category, speciality, structureId }: Practice): string =>
  [profession, category, speciality, structureId].join('|')
