import type { Random } from './random.ts'

/**
 * What a visitor can read to the help desk and the log and the audit trail repeat (R33). Unique, not secret: six random
 * characters for the process, then a count, so that naming a request costs nothing on the data path.
 */
export const createReferences = (random: Random): (() => string) => {
  const start = random.token(6).replaceAll(/[-_]/g, '0').slice(0, 6).toUpperCase()
  let count = 0
  return () => {
    count += 1
    return `${start}-${count.toString(36).toUpperCase().padStart(5, '0')}`
  }
}
