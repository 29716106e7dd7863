/** Control, format (bidirectional marks, zero-width), private, unassigned characters, lone halves of pairs; line breaks. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u

/** Whether a text is one line of characters that people can see and databases can store; U+0020 is the only blank. */
export const isPlainText = (text: string): boolean => !UNPRINTABLE.test(text) && !/[^\S ]/u.test(text)

/** Characters as Unicode counts them (code points), which is what limits and rules mean by a character. */
export const characterCount = (text: string): number => Array.from(text).length
