import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { IntlMessageFormat } from 'intl-messageformat'

export const LANGUAGES = ['fr', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

export type MessageValues = Readonly<Record<string, string | number>>

/** Every sentence that people read, by key, in ICU message format (plurals, choices). */
export interface Messages {
  /** @throws {RangeError} on an unknown key, and on a missing value: a page with a hole is a fault, not a page */
  text(language: Language, key: string, values?: MessageValues): string
  has(key: string): boolean
  readonly keys: readonly string[]
}

const readLocale = (file: string): Record<string, string> => {
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new TypeError(`${file}: one object of keys and texts is expected`)
  }
  return Object.fromEntries(
    Object.entries(content).map(([key, text]: [string, unknown]) => {
      if (typeof text !== 'string') throw new TypeError(`${file}: the text of ${key} is not a string`)
      return [key, text]
    }),
  )
}

/** A region's file replaces single keys; what it does not name stays as it came with the gate. */
const mergeLocale = (folders: readonly string[], language: Language): Record<string, string> =>
  Object.assign(
    {},
    ...folders
      .map((folder) => join(folder, 'locales', `${language}.json`))
      .filter((file) => existsSync(file))
      .map(readLocale)
      .reverse(),
  ) as Record<string, string>

const compile = (language: Language, texts: Record<string, string>): Map<string, IntlMessageFormat> =>
  new Map(
    Object.entries(texts).map(([key, text]) => {
      try {
        // Tags stay plain text: a sentence never brings markup into a page (W-10).
        return [key, new IntlMessageFormat(text, language, undefined, { ignoreTag: true })]
      } catch (cause) {
        throw new SyntaxError(`locales/${language}.json: ${key} is not a well-formed message`, { cause })
      }
    }),
  )

/**
 * Reads and compiles the locales of the folders, first folder first.
 * @throws {Error} when a text does not parse or the languages do not have the same keys, all named at once
 */
export const createMessages = (folders: readonly string[]): Messages => {
  const tables = Object.fromEntries(
    LANGUAGES.map((language) => [language, compile(language, mergeLocale(folders, language))]),
  ) as Record<Language, Map<string, IntlMessageFormat>>

  const keys = [...new Set(LANGUAGES.flatMap((language) => [...tables[language].keys()]))].sort()
  const missing = LANGUAGES.flatMap((language) =>
    keys.filter((key) => !tables[language].has(key)).map((key) => `${language}: ${key}`),
  )
  if (missing.length > 0) throw new Error(`texts are missing: ${missing.join(', ')}`)

  return {
    keys,
    has: (key) => tables.fr.has(key),
    text: (language, key, values) => {
      const message = tables[language].get(key)
      if (message === undefined) throw new RangeError(`no text for ${key}`)
      const text = message.format(values)
      if (typeof text !== 'string') throw new RangeError(`the text of ${key} does not come out as a text`)
      return text
    },
  }
}
