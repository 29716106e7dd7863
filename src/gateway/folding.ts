/** More spellings than all browsers and applications use; a visitor who invents names is then merely slower. */
const MAX_KNOWN = 2_000

/** Lower-cased header names of raw spellings seen before: a handful of spellings make up all traffic. */
export const createFolding = (): ((raw: string) => string) => {
  const known = new Map<string, string>()
  return (raw) => {
    let folded = known.get(raw)
    if (folded === undefined) {
      folded = raw.toLowerCase()
      if (known.size < MAX_KNOWN) known.set(raw, folded)
    }
    return folded
  }
}
