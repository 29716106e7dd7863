/** Raw headers are names and values in turns, as Node hands them over: nothing joined, nothing dropped. */

/** The one value of a header that must not be repeated: undefined when it is absent, null when it is repeated. */
export const single = (raw: readonly string[], name: string): string | undefined | null => {
  let found: string | undefined
  for (let at = 0; at < raw.length; at += 2) {
    const candidate = raw[at] ?? ''
    if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue
    if (found !== undefined) return null
    found = raw[at + 1]
  }
  return found
}

/** All values of a list header, joined as RFC 9110 §5.3 allows; those of Cookie with `; ` (RFC 9113 §8.2.3). */
export const joined = (raw: readonly string[], name: string, separator = ', '): string | undefined => {
  let all: string | undefined
  for (let at = 0; at < raw.length; at += 2) {
    const candidate = raw[at] ?? ''
    if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue
    all = all === undefined ? (raw[at + 1] ?? '') : all + separator + (raw[at + 1] ?? '')
  }
  return all
}
