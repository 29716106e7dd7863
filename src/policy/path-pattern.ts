import { matching } from '../lib/settings/fields.ts'

/** What is said of a pattern that is none. */
export const PATTERN_WORDS =
  'a path pattern: begins with /, holds no blank, ?, #, ;, %, \\, empty or dot segment; `*` within a segment, `**` only as a whole one'
/** One spelling for each path: what the pattern excludes here is refused or folded before rules are asked (lib/path). */
export const pathPattern = matching(
  /^(?=\/)(?:\/(?!\.{1,2}(?:\/|$))(?:\*\*|(?:[^\s?#;\\%*/]|\*(?!\*))+))*\/?$/,
  PATTERN_WORDS,
)
