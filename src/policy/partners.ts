import { z } from 'zod'
import { duration, matching, network, text } from '../lib/settings/fields.ts'
import { pathPattern, PATTERN_WORDS } from './path-pattern.ts'

/** What a partner may sign calls with. HMAC is for record systems that can do nothing better, where the site allows it. */
export const CALL_ALGORITHMS = ['RS256', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA', 'HS256'] as const
export type CallAlgorithm = (typeof CALL_ALGORITHMS)[number]

/** What the signature of an existing link is made with. */
export const LINK_SIGNATURES = ['hmac-sha256', 'rsa-sha256'] as const

/** How the signature of an existing link, and the moment of the call, are written. */
export const LINK_ENCODINGS = ['hex', 'base64', 'base64url'] as const
export const LINK_TIMES = ['epoch-seconds', 'epoch-milliseconds', 'iso-8601', 'yyyymmddhhmmss'] as const

/** What a parameter of an existing link can stand for. */
export const LINK_FIELDS = [
  ...['user', 'time', 'nonce'],
  ...['patient.matricule', 'patient.oid', 'patient.status', 'patient.birth-name', 'patient.first-given-name'],
  ...['patient.birth-date', 'patient.sex', 'patient.birth-place', 'patient.local-id'],
] as const

const parameterName = matching(/^[A-Za-z0-9_.:-]{1,64}$/, 'the name of a parameter: letters, digits, `_ . : -`')

const keys = z.strictObject({
  file: text(500, 'File with the JWKS (RFC 7517) of the partner, relative to the site file.').optional(),
  url: matching(/^https?:\/\/[^\s#@]+$/, 'an address https://…')
    .describe('Address of the JWKS: https, without a redirect; read again every ten minutes and when a key is unknown.')
    .optional(),
  ca: text(500, 'Certificates (PEM) that the server of `url` is verified with, in place of the system’s.').optional(),
  'secret-file': text(
    500,
    'File with the secret for HS256 and hmac-sha256: at least 32 printable ASCII characters, mode 0600 or 0640.',
  ).optional(),
  'public-key-file': text(500, 'File with the public key (PEM) of links signed by rsa-sha256.').optional(),
})

const legacyLink = z
  .strictObject({
    path: matching(/^\/(?!\/)[^\s?#;\\%]*$/, 'a path of the application, without a query').describe(
      'Where the links lead today: a page of the application that the gate takes over. Several partners may share one.',
    ),
    fields: z
      .record(parameterName, z.enum([...LINK_FIELDS] as [string, ...string[]]))
      .describe(
        'Parameters of the link and what each stands for; `user` and `time` are needed, `nonce` should be there.',
      ),
    signature: z
      .strictObject({
        parameter: parameterName.describe('The parameter with the signature.'),
        algorithm: z
          .enum(LINK_SIGNATURES)
          .describe('HMAC with the secret of `keys`, or RSA PKCS#1 v1.5 with its public key.'),
        encoding: z.enum(LINK_ENCODINGS).default('hex').describe('How the signature is written.'),
        over: text(
          500,
          'What is signed: a text in which `{name}` stands for the value of that parameter, decoded; every parameter of `fields` must be in it. Between two of them stands a separator; a link in which that could stand elsewhere too is refused.',
        ),
      })
      .describe('The signature.'),
    time: z.enum(LINK_TIMES).default('epoch-seconds').describe('How the moment of the call is written.'),
    charset: z.enum(['utf-8', 'iso-8859-1']).default('utf-8').describe('The character set of the link.'),
    unsigned: z
      .array(parameterName)
      .default([])
      .describe(
        'Further parameters that the link may carry; they are not signed, and go nowhere. Others refuse the call.',
      ),
  })
  .describe('An existing signed link of the record system, verified as it is.')

export const partner = z.strictObject({
  id: matching(
    /^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$/,
    'lower-case letters, digits and inner hyphens, 48 at most',
  ).describe('Name of the partner, unique in the site: what the trail, the figures and `contextual-call suspend` say.'),
  finess: matching(/^(?:\d{2}|2[AB])\d{7}$/, 'a FINESS number: nine characters').describe(
    'FINESS number of the establishment: the `iss` of its calls.',
  ),
  name: text(120, 'Its name, as people know it; the pages of a call show it.'),
  keys: keys.describe(
    'What its signatures are verified with: exactly one of `file`, `url`, `secret-file`, `public-key-file`.',
  ),
  algorithms: z
    .array(z.enum(CALL_ALGORITHMS))
    .min(1)
    .default(['ES256'])
    .describe(
      'What its calls may be signed with. HS256 stands alone, and only where `contextual-call.hmac` allows it.',
    ),
  networks: z
    .array(network)
    .min(1)
    .describe('Where the browsers of its users come from; without it, from anywhere.')
    .optional(),
  users: z
    .enum(['national-id', 'local-id', 'either'])
    .default('national-id')
    .describe(
      'How it names users: by PS_IdNat, or by an identifier of its own that has been linked to an account (`accounts link`).',
    ),
  caller: z
    .strictObject({
      acr: z.array(text(200, 'A value of `acr`.')).min(1).describe('The call says one of these.').optional(),
      amr: z.array(text(40, 'A value of `amr`.')).min(1).describe('The call says at least one of these.').optional(),
      'max-age': duration('How long before the call the user may have signed in there.').prefault('12h'),
    })
    .prefault({})
    .describe('How the record system must have authenticated its user (indirect electronic identification, RIE).'),
  level: z
    .int()
    .min(1)
    .max(3)
    .describe('Sessions opened by its calls never have a higher level than this, whatever the way says.')
    .optional(),
  targets: z
    .array(pathPattern)
    .min(1)
    .describe(`Pages that its calls may ask for (\`target\`): ${PATTERN_WORDS}. Without it, only the page of the site.`)
    .optional(),
  roles: z
    .array(text(64, 'A role.'))
    .min(1)
    .describe('Only accounts with one of these roles may be called in by it, such as the role of its own staff.')
    .optional(),
  from: z.iso.date().describe('First day on which its calls are taken.').optional(),
  until: z.iso.date().describe('Last day on which its calls are taken (inclusive, Europe/Paris).').optional(),
  contact: text(200, 'Whom to call there when something is wrong; for operators, never shown to users.'),
  suspended: z
    .boolean()
    .default(false)
    .describe('Refuses all its calls; `contextual-call suspend` does it without a reload.'),
  get: z
    .boolean()
    .default(false)
    .describe(
      'Its calls may come by GET, for old record systems; needs `contextual-call.get`. The token is then in an address of theirs.',
    ),
  test: z
    .boolean()
    .default(false)
    .describe(
      'Under integration: what is wrong with a call is told on the page, and INS of the test and demonstration ranges are taken.',
    ),
  link: legacyLink.optional(),
})

export type Partner = z.output<typeof partner>
export type LegacyLink = NonNullable<Partner['link']>

export const partners = z
  .array(partner)
  .default([])
  .describe('Establishments whose record system (DPI) may call the application for a user and a patient.')
