import type { Language } from './messages.ts'

/** People read times on the clock of their wall, wherever the server stands. */
const TIME_ZONE = 'Europe/Paris'
const LOCALES: Record<Language, string> = { fr: 'fr-FR', en: 'en-GB' }

const formatters = (options: Intl.DateTimeFormatOptions): Record<Language, Intl.DateTimeFormat> => ({
  fr: new Intl.DateTimeFormat(LOCALES.fr, options),
  en: new Intl.DateTimeFormat(LOCALES.en, options),
})

const DAY = formatters({ dateStyle: 'long', timeZone: 'UTC' })
const HOUR = formatters({ timeStyle: 'short', timeZone: TIME_ZONE })
const MOMENT = formatters({ dateStyle: 'long', timeStyle: 'short', timeZone: TIME_ZONE })

/** French writes the first day of a month « 1er », which the formatter does not know. */
const withFirst = (language: Language, text: string): string => (language === 'fr' ? text.replace(/^1 /, '1er ') : text)

/** A calendar day `2026-12-31` as people write it: « 31 décembre 2026 ». */
export const formatDay = (language: Language, day: string): string =>
  withFirst(language, DAY[language].format(new Date(`${day}T00:00:00Z`)))

/** The hour in Paris of a moment in milliseconds since the epoch: « 14:32 ». */
export const formatHour = (language: Language, moment: number): string => HOUR[language].format(moment)

/** Day and hour in Paris of a moment, milliseconds since the epoch or ISO 8601: « 23 novembre 2026 à 14:32 ». */
export const formatMoment = (language: Language, moment: number | string): string =>
  withFirst(language, MOMENT[language].format(new Date(moment)))
