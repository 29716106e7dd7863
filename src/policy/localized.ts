import { z } from 'zod'

export interface LocalizedText {
  readonly fr: string
  readonly en: string
}

/** A text shown to people: one string for every language, or one per language. */
export const localized = (max: number, explanation: string) =>
  z
    .union([
      z.string().trim().min(1).max(max),
      z.strictObject({ fr: z.string().trim().min(1).max(max), en: z.string().trim().min(1).max(max).optional() }),
    ])
    .transform((value) =>
      typeof value === 'string' ? { fr: value, en: value } : { fr: value.fr, en: value.en ?? value.fr },
    )
    .meta({
      description: explanation,
      patternErrorMessage: `a text of at most ${max} characters, or one per language: { fr: …, en: … }`,
    })
