import { z } from 'zod'
import { duration, matching, text } from '../lib/settings/fields.ts'
import { pathPattern } from './path-pattern.ts'

/** What the application can be given of a verified call. */
export const CALL_VALUES = [
  ...['patient.matricule', 'patient.oid', 'patient.ins', 'patient.status', 'patient.birth-name', 'patient.used-name'],
  ...['patient.first-given-name', 'patient.given-names', 'patient.birth-date', 'patient.sex', 'patient.birth-place'],
  ...['patient.local-id', 'patient.local-system', 'partner.finess', 'partner.name', 'user.id', 'call.reference'],
] as const
export type CallValue = (typeof CALL_VALUES)[number]

const value = z.enum([...CALL_VALUES] as [CallValue, ...CallValue[]])
const parameter = matching(/^[A-Za-z0-9_.:-]{1,64}$/, 'the name of a parameter: letters, digits, `_ . : -`')
const headerName = matching(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'a header name: letters, digits and hyphens, 64 at most')
const origin = matching(
  /^https?:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?$/,
  'https:// and a host in lower case, with its port only where it is not the default one, no path',
)

const deliver = z
  .strictObject({
    as: z
      .enum(['query', 'form', 'headers'])
      .describe(
        '`query`: parameters of the address; `form`: a form that is sent there (POST); `headers`: on each request.',
      ),
    path: matching(/^\/(?!\/)[^\s?#\\]*$/, 'a path of the application, without a query').describe(
      'The page of the application that a call opens when it names no `target`.',
    ),
    values: z.record(parameter, value).default({}).describe('Parameters (`query`, `form`) and what each carries.'),
    headers: z
      .record(headerName, value)
      .default({})
      .describe(
        'Headers (`headers`) and what each carries; nobody else can set them. Encoded as `identity.encoding` says.',
      ),
    fixed: z.record(parameter, text(200, 'A text.')).default({}).describe('Parameters that are always the same.'),
    ctx: z
      .record(parameter, value)
      .default({})
      .describe('What the claim `ctx` of the assertion says during the session, beside `partner` and `reference`.'),
    charset: z.enum(['utf-8', 'iso-8859-1']).default('utf-8').describe('The character set of `query` and `form`.'),
    'max-length': z.int().min(1).max(1_000).default(200).describe('A call with a longer value is refused.'),
  })
  .describe('How the application is told what was verified.')

export const contextualCall = z
  .strictObject({
    audience: text(200, 'The `aud` of calls; the public address of the site without it.').optional(),
    'max-age': duration(
      'How long after it was issued a call is taken, whatever it says of its own end: 2m at most.',
    ).prefault('2m'),
    leeway: duration('What the clocks may differ: 60s at most.').prefault('30s'),
    get: z.boolean().default(false).describe('Calls may come by GET, from partners that say so.'),
    hmac: z.boolean().default(false).describe('Partners may sign with a shared secret (HS256, hmac-sha256).'),
    patient: z.enum(['required', 'optional']).default('required').describe('Whether a call must name a patient.'),
    confirm: z
      .enum(['never', 'always'])
      .default('never')
      .describe('Whether the person sees who calls them in as whom, and for which patient, before anything is opened.'),
    'second-patient': z
      .enum(['replace', 'beside'])
      .default('replace')
      .describe(
        'What a call for another patient does to the one before, of the same person: `replace` it in every tab, or open `beside` it. `beside` needs a `deliver` other than by headers.',
      ),
    session: z
      .strictObject({
        idle: duration('A session opened by a call ends after this time without activity.').prefault('20m'),
        absolute: duration('It ends after this time, whatever happens.').prefault('2h'),
      })
      .prefault({})
      .describe('Limits of sessions that a call has opened.'),
    confined: z
      .array(pathPattern)
      .min(1)
      .describe('A session opened by a call serves these paths alone; for others the person signs in by a full way.')
      .optional(),
    'clear-cookies': z
      .array(matching(/^[A-Za-z0-9_.-]{1,64}$/, 'a cookie name'))
      .default(['JSESSIONID'])
      .describe(
        'Cookies of the application that are taken away when another person or patient takes the place of one.',
      ),
    'clear-paths': z
      .array(matching(/^\/(?!\/)[^\s?#;\\]*$/, 'a path'))
      .default(['/'])
      .describe('Paths of these cookies: a cookie is taken away only under the path that it was set for.'),
    frames: z
      .array(origin)
      .default([])
      .describe(
        'Origins of record systems that show the application in a frame. Cookies are then SameSite=None and Partitioned; https alone.',
      ),
    deliver,
  })
  .describe('Calls from record systems: one click opens the application for a user and a patient.')
  .optional()

export type ContextualCall = NonNullable<z.output<typeof contextualCall>>
