import { z } from 'zod'
import { INS_OIDS, isMatricule, type InsOid } from './ins.ts'

/**
 * What a call says, field by field; a field that is not here refuses the call: whoever sends it believes that it means
 * something. Written down in deploy/contextual-call.md, and as a schema in deploy/contextual-call.schema.json.
 */

/** Of text that people read: no control characters, nothing that turns the direction of writing, no angle brackets. */
const PLAIN = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}<>]+$/u

const words = (max: number, explanation: string) => z.string().min(1).max(max).regex(PLAIN).describe(explanation)

const numericDate = (explanation: string) => z.number().min(0).lt(1e11).describe(explanation)

/** A day as it stands in civil status; day or month are 00 where it does not say them. */
const birthDate = z
  .string()
  .regex(/^(?:18|19|20)\d{2}-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])$/)
  .describe('Date of birth, YYYY-MM-DD; 00 for a month or a day that civil status does not say.')

const patient = z
  .strictObject({
    ins: z
      .strictObject({
        matricule: z
          .string()
          .regex(/^[1-8]\d{4}(?:\d{2}|2A|2B)\d{8}$/)
          .refine(isMatricule)
          .describe('15 characters, key included.'),
        oid: z
          .enum(Object.keys(INS_OIDS) as [InsOid, ...InsOid[]])
          .describe('1.2.250.1.213.1.4.8 (NIR) or .9 (NIA); .10 and .11 in tests alone.'),
      })
      .describe('INS of the patient, when the identity is qualified (`status` VALI), and only then.')
      .optional(),
    status: z
      .enum(['VALI', 'PROV', 'VIDE', 'FICT', 'DOUB', 'DOUA', 'DPOT'])
      .describe('Status of the identity in the record system (RNIV, HL7 table 0445).'),
    birth_name: words(100, 'Birth name.'),
    used_name: words(100, 'Name in use, when it is another one.').optional(),
    first_given_name: words(100, 'First birth given name.'),
    given_names: words(200, 'All birth given names, as they stand in civil status, separated by blanks.').optional(),
    birth_date: birthDate,
    sex: z.enum(['M', 'F', 'I']).describe('Sex in civil status; I: not determined.'),
    birth_place: z
      .string()
      .regex(/^(?:\d{2}|2A|2B)\d{3}$/)
      .describe('INSEE code of the place of birth, 99 and a country for abroad.')
      .optional(),
    local_id: words(64, 'Identifier of the patient in the establishment (IPP).').optional(),
    local_system: words(200, 'Who gave that identifier, such as an OID.').optional(),
  })
  .describe('The patient whose record is to be opened, as the establishment identified them.')

export const callClaimsSchema = z
  .strictObject({
    iss: z
      .string()
      .regex(/^(?:\d{2}|2[AB])\d{7}$/)
      .describe('FINESS number of the establishment that calls, as registered with the site.'),
    aud: z
      .union([z.string().max(200), z.array(z.string().max(200)).length(1)])
      .describe('Public address of the site that is called, to the character.'),
    iat: numericDate('When the call was made, in seconds since 1970.'),
    exp: numericDate('Until when it may be used: 120 seconds later at most.'),
    nbf: numericDate('From when it may be used.').optional(),
    jti: z
      .string()
      .regex(/^[\x21-\x7e]{16,128}$/)
      .describe('A new random name for each call, 128 random bits or more: a call is taken once.'),
    sub: words(
      128,
      'Who calls: PS_IdNat (`8` and the RPPS number), or the identifier of the user in the establishment.',
    ),
    sub_kind: z.enum(['national-id', 'local-id']).default('national-id').describe('Which of the two `sub` is.'),
    auth_time: numericDate('When the user signed in to the record system.'),
    amr: z
      .array(z.string().regex(/^[\x21-\x7e]{1,40}$/))
      .min(1)
      .max(10)
      .describe('How: values of RFC 8176, such as `pwd`, `otp`, `sc` (card), `mfa`.'),
    acr: z
      .string()
      .regex(/^[\x21-\x7e]{1,200}$/)
      .describe('How strongly, in the word that was agreed upon.')
      .optional(),
    patient: patient.optional(),
    target: z
      .string()
      .max(500)
      .regex(/^\/(?![/\\])[\x21-\x7e]*$/)
      .describe('Page of the application to open, path alone; only what was agreed upon.')
      .optional(),
  })
  .describe('Claims of a contextual call, signed as a compact JWS (RFC 7515).')

export type CallClaims = z.output<typeof callClaimsSchema>
type WholePatient = NonNullable<CallClaims['patient']>
/** Of an existing link some traits may be missing. */
export type CallPatient = { readonly [Trait in keyof WholePatient]?: WholePatient[Trait] | undefined }
