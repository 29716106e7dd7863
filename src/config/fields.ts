import { isIP } from 'node:net'
import { z } from 'zod'
import { matching } from '../lib/settings/fields.ts'

/** Building blocks of the instance file, beside those that every settings file has (lib/settings/fields.ts). */

export const port = (explanation: string) => z.int().min(0).max(65_535).describe(explanation)

export const file = (description: string, example: string) =>
  z
    .string()
    .min(1)
    .max(500)
    .meta({ description, patternErrorMessage: 'a path, absolute or relative to this file', examples: [example] })

export const address = (description: string) =>
  z
    .string()
    .refine((value) => value === 'localhost' || isIP(value) !== 0)
    .meta({ description, patternErrorMessage: 'an IP address; 0.0.0.0 and :: are every address of the machine' })

export const text = (description: string, example: string) =>
  z
    .string()
    .trim()
    .min(1)
    .max(500)
    .meta({ description, examples: [example] })

/** How sites call one of several things of a kind. */
const name = (example: string) =>
  matching(/^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$/, 'lower-case letters, digits and inner hyphens, 48 at most').meta({
    examples: [example],
  })

/** Several blocks of one shape, each under a name of its own. */
export const named = <Block extends z.ZodType>(example: string, block: Block) => z.record(name(example), block)

/**
 * What the values of another system mean here: a role of the site, whatever it is called there. Values that are not in the
 * list are left out; without a list they are roles as they stand.
 */
export const roleMap = (example: string) =>
  z
    .record(z.string().min(1).max(500), matching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a role'))
    .meta({ examples: [{ [example]: 'medecin' }] })
    .describe('Roles of the site by what they are called there; what is not listed is left out.')
    .optional()
