import { LANGUAGES, type Language } from '../render/messages.ts'

/** What browsers send is far below; the rest of a longer header is not read, so that odd input costs nothing. */
const MAX_LENGTH = 1_000
const RANGE = /^\s*(?<tag>\*|[A-Za-z]{1,8})(?:-[A-Za-z0-9-]*)?\s*(?:;\s*[qQ]=(?<q>0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$/

interface Preference {
  readonly tag: string
  readonly quality: number
}

const parse = (header: string): readonly Preference[] =>
  header
    .slice(0, MAX_LENGTH)
    .split(',')
    .flatMap((range) => {
      const { tag, q } = RANGE.exec(range)?.groups ?? {}
      return tag === undefined ? [] : [{ tag: tag.toLowerCase(), quality: q === undefined ? 1 : Number(q) }]
    })

/**
 * The language of a page: the best of ours that the browser accepts (RFC 9110 §12.5.4), French when it names none.
 * @param header the Accept-Language header, as received
 */
export const languageOf = (header: string | undefined): Language => {
  const preferences = parse(header ?? '')
  const rank = (language: Language): readonly [quality: number, position: number] => {
    const exact = preferences.findIndex(({ tag }) => tag === language)
    const index = exact === -1 ? preferences.findIndex(({ tag }) => tag === '*') : exact
    return [preferences[index]?.quality ?? 0, index]
  }
  return LANGUAGES.reduce((best, language) => {
    const [quality, position] = rank(language)
    const [bestQuality, bestPosition] = rank(best)
    // Equal wishes are taken in the order in which the browser wrote them.
    return quality > bestQuality || (quality === bestQuality && quality > 0 && position < bestPosition)
      ? language
      : best
  })
}
