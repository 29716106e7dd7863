/** Longest value of one field, in UTF-16 units. */
const LIMIT = 256

/** Control, format, private and unassigned characters, lone surrogates, line and paragraph separators. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu

const escapeCharacter = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`

/**
 * A value as it may stand in a log line and in a table: on one line, without anything that a terminal obeys or a reader
 * does not see (line breaks, ANSI codes, bidirectional marks), and cut with its true length told (G-02).
 */
export const oneLine = (value: string): string => {
  if (value.length <= LIMIT) return value.replace(UNPRINTABLE, escapeCharacter)
  // A pair cut in two would be escaped as if somebody had sent half of it.
  const kept = value.slice(0, LIMIT).replace(/[\uD800-\uDBFF]$/, '')
  return `${kept.replace(UNPRINTABLE, escapeCharacter)}… (${value.length} characters)`
}
