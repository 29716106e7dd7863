/**
 * Path patterns: `*` stands for characters of one segment, `**` as a whole segment for any number of segments, none
 * included. Compiled once to comparisons of text: no regular expression, so that no path can make matching slow, and
 * anchored at both ends (P-07). Upper and lower case differ, and `/x` is not `/x/`; `/x/**` covers both and all below.
 */

/** Whether a path, decoded and canonical as lib/path gives it, is one that the pattern speaks of. */
export type PathMatcher = (path: string) => boolean

type Segment = (text: string) => boolean

const ANY_DEPTH = '**'

const compileSegment = (glob: string): Segment => {
  if (!glob.includes('*')) return (text) => text === glob
  if (glob === '*') return (text) => text !== ''
  const [head = '', ...rest] = glob.split('*')
  const tail = rest.pop() ?? ''
  return (text) => {
    if (text.length < head.length + tail.length || !text.startsWith(head) || !text.endsWith(tail)) return false
    const end = text.length - tail.length
    let from = head.length
    for (const part of rest) {
      const at = text.indexOf(part, from)
      if (at === -1 || at + part.length > end) return false
      from = at + part.length
    }
    return true
  }
}

const segmentsOf = (path: string): string[] => path.slice(1).split('/')

/** The runs of segments between one `**` and the next. */
const runsOf = (pattern: string): Segment[][] => {
  const runs: Segment[][] = [[]]
  for (const segment of segmentsOf(pattern)) {
    if (segment === ANY_DEPTH) runs.push([])
    else runs.at(-1)?.push(compileSegment(segment))
  }
  return runs
}

const matchesAt = (run: readonly Segment[], segments: readonly string[], at: number): boolean =>
  run.every((segment, offset) => segment(segments[at + offset] ?? ''))

/**
 * First run at the start, last run at the end, each run between at the earliest place: taking the earliest never rules out
 * a match, so nothing is ever tried twice.
 */
const compileDeep = (pattern: string): PathMatcher => {
  const [first = [], ...between] = runsOf(pattern)
  const last = between.pop()
  if (last === undefined) {
    return (path) => {
      const segments = segmentsOf(path)
      return segments.length === first.length && matchesAt(first, segments, 0)
    }
  }
  return (path) => {
    const segments = segmentsOf(path)
    const end = segments.length - last.length
    if (end < first.length || !matchesAt(first, segments, 0) || !matchesAt(last, segments, end)) return false
    let at = first.length
    for (const run of between) {
      while (at + run.length <= end && !matchesAt(run, segments, at)) at += 1
      at += run.length
      if (at > end) return false
    }
    return true
  }
}

/** The longest text that every path of a pattern holds. */
const longestText = (pattern: string): string =>
  pattern.split(/\/?\*+\/?/).reduce((longest, text) => (text.length > longest.length ? text : longest), '')

/** Most paths are none of those that a pattern with stars speaks of, and are told so without being taken apart. */
const withFirstLook = (pattern: string, matches: PathMatcher): PathMatcher => {
  const text = longestText(pattern)
  return text === '' ? matches : (path) => path.includes(text) && matches(path)
}

/** @param pattern one that the schema has accepted */
export const compilePattern = (pattern: string): PathMatcher => {
  if (pattern === '/**') return () => true
  if (!pattern.includes('*')) return (path) => path === pattern
  if (pattern.indexOf('*') === pattern.length - 2 && pattern.endsWith('/**')) {
    const folder = pattern.slice(0, -2)
    const itself = pattern.slice(0, -3)
    return (path) => path.startsWith(folder) || path === itself
  }
  return withFirstLook(pattern, compileDeep(pattern))
}

/** Matches what any of the patterns matches. */
export const compilePatterns = (patterns: readonly string[]): PathMatcher => {
  const [only, ...more] = patterns.map(compilePattern)
  if (only === undefined) return () => false
  return more.length === 0 ? only : (path) => only(path) || more.some((matches) => matches(path))
}

const coversSegment = (wide: string, narrow: string): boolean =>
  wide === narrow || wide === '*' || (!narrow.includes('*') && compileSegment(wide)(narrow))

/**
 * Whether every path of `narrow` is also one of `wide`. May answer false for a pair that is in fact covered (`/a*b*` and
 * `/ab*`), never true for one that is not.
 */
export const covers = (wide: string, narrow: string): boolean => {
  const outer = segmentsOf(wide)
  const inner = segmentsOf(narrow)
  // row[j]: whether the outer segments seen so far cover the first j inner ones.
  let row = [true, ...inner.map(() => false)]
  for (const segment of outer) {
    const next = [segment === ANY_DEPTH && row[0] === true]
    inner.forEach((other, at) => {
      if (segment === ANY_DEPTH) next.push(row[at + 1] === true || next[at] === true)
      else next.push(other !== ANY_DEPTH && row[at] === true && coversSegment(segment, other))
    })
    row = next
  }
  return row.at(-1) === true
}
