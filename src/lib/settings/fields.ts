import { z } from 'zod'
import { parseAddressBlock } from '../address.ts'
import { DURATION_PATTERN, parseDuration } from '../duration.ts'

/**
 * Building blocks of settings schemas. Each says in words what it allows, for fault reports, editors (which show
 * `patternErrorMessage`) and the manual alike.
 */

/** Node's timers overflow beyond 2^31 milliseconds and then fire at once. */
const LONGEST = 24 * 86_400_000

const DURATION_WORDS = 'a whole number and a unit (ms, s, m, h, d), from 1ms to 24d'

/** What dates are reckoned with and no timer waits for may be longer. */
const LONGEST_PERIOD = 3_650 * 86_400_000
const PERIOD_WORDS = 'a whole number and a unit (h, d), from 1h to 3650d'

const milliseconds = (longest: number) =>
  z
    .string()
    .regex(DURATION_PATTERN)
    .refine((text) => {
      const length = parseDuration(text)
      return length === undefined || (length > 0 && length <= longest)
    })
    .transform((text) => parseDuration(text) ?? 0)

/** A length of time, `30s`; gives milliseconds. Defaults are written as in a file: `.prefault('30s')`. */
export const duration = (description: string) =>
  milliseconds(LONGEST).meta({ description, patternErrorMessage: DURATION_WORDS, examples: ['30s'] })

/** A length of time between dates, `120d`; gives milliseconds. */
export const period = (description: string) =>
  milliseconds(LONGEST_PERIOD).meta({ description, patternErrorMessage: PERIOD_WORDS, examples: ['120d'] })

/** A text of one form. */
export const matching = (pattern: RegExp, words: string) =>
  z.string().regex(pattern).meta({ patternErrorMessage: words })

export const text = (max: number, description: string) => z.string().trim().min(1).max(max).describe(description)

/** An address or a block of addresses. */
export const network = z
  .string()
  .refine((value) => parseAddressBlock(value) !== undefined)
  .meta({ patternErrorMessage: 'an IP address or a block of them, such as 192.0.2.0/24', examples: ['192.0.2.0/24'] })
