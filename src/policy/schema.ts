import { z } from 'zod'
import { duration, matching, network, text } from '../lib/settings/fields.ts'
import { cps, emailCode, passkey, password, rememberDevice, siteMail, totp } from './method-settings.ts'
import { localized } from './localized.ts'
import { contextualCall } from './contextual-call.ts'
import { partners } from './partners.ts'
import { PATTERN_WORDS, pathPattern } from './path-pattern.ts'
import { oidc, proSanteConnect } from './provider-settings.ts'
import { upstream } from './upstream.ts'

/**
 * The shape of a site file, written once: it checks the file, gives the types, and generates `policies/schema.json` and the
 * reference. Every field carries its explanation in `describe`. Unknown keys are refused: a misspelt rule must not be a
 * rule that silently does not exist.
 */

const idPattern = /^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$/
const id = (explanation: string) =>
  matching(idPattern, 'lower-case letters, digits and inner hyphens, 48 at most').describe(explanation)

const host = matching(
  /^(?:(?=.{1,253}(?::\d+)?$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\])(?::\d{1,5})?$/,
  'a host name in lower case, with its port only where it is not the default one',
)
const origin = matching(
  /^https?:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?$/,
  'https:// (or http://) and a host in lower case, with its port only where it is not the default one, no path',
)
const headerName = matching(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'a header name: letters, digits and hyphens, 64 at most')
const colour = matching(/^#[0-9a-fA-F]{6}$/, 'a colour as #rrggbb')

/** Methods that the gate serves; all others are refused before rules are asked. */
const HTTP_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** What a plain identity header can carry, from the signed-in account. */
export const IDENTITY_FIELDS = [
  'login',
  'name',
  'given-name',
  'family-name',
  'email',
  'national-id',
  'rpps',
  'roles',
  'account',
  'way',
  'level',
  'practice-finess',
  'practice-structure',
  'practice-profession',
  'practice-speciality',
] as const
export type IdentityField = (typeof IDENTITY_FIELDS)[number]

export const METHOD_IDS = [
  'password',
  'email-code',
  'totp',
  'passkey',
  'recovery-code',
  'cps',
  'pro-sante-connect',
  'oidc',
  'contextual-call',
] as const
export type MethodId = (typeof METHOD_IDS)[number]

/** What a session says of how it was opened: methods, and that one of them was not asked for on a remembered device (R25). */
export const PROOFS = [...METHOD_IDS, 'remembered-device'] as const
export type Proof = (typeof PROOFS)[number]

const day = (explanation: string) => z.iso.date().meta({ description: explanation, examples: ['2026-12-31'] })

const way = z.strictObject({
  id: id(
    'Name of the way, unique in the site; it is the value of the button `way` on the sign-in page and part of the audit trail.',
  ),
  methods: z
    .array(z.enum(METHOD_IDS))
    .min(1)
    .max(4)
    .describe(
      'The methods to prove, in this order: `password` and another one; `passkey` alone; or `cps`, `pro-sante-connect`, `oidc` or `contextual-call`, which say by themselves who somebody is, alone or before another one.',
    ),
  level: z
    .int()
    .min(1)
    .max(3)
    .default(1)
    .describe(
      'How strong the way is, for rules that ask for a level: 1 transition means, 2 two real factors, 3 card or equivalent.',
    ),
  from: day('First day on which the way is accepted.').optional(),
  until: day('Last day on which the way is accepted (inclusive, Europe/Paris).').optional(),
  roles: z
    .array(text(64, 'A role.'))
    .min(1)
    .describe('Only accounts with one of these roles may use the way; without it, everybody may.')
    .optional(),
  networks: z
    .array(network)
    .min(1)
    .describe('Only visitors from one of these networks may use the way; without it, from anywhere.')
    .optional(),
  notice: z
    .int()
    .min(0)
    .max(365)
    .default(60)
    .describe('Days before its last day from which those who sign in by this way are told, and offered another (G8).'),
  grace: z
    .int()
    .min(0)
    .max(365)
    .default(90)
    .describe('Days after its last day during which its proof serves to put another method in its place, and no more.'),
  'remember-device': z
    .union([z.literal('never'), rememberDevice])
    .describe('For this way, in place of what the site says: `{ for: … }`, or `never`.')
    .optional(),
  homologation: text(200, 'Reference of the homologation decision that allows this way (RIE).').optional(),
})

const accessCondition = z.union([
  z.enum(['anyone', 'signed-in', 'no-one']),
  z.strictObject({
    roles: z.array(text(64, 'A role.')).min(1).describe('The account has one of these roles.').optional(),
    ways: z.array(id('A way.')).min(1).describe('The session was opened by one of these ways.').optional(),
    level: z.int().min(1).max(3).describe('The session was opened by a way of at least this level.').optional(),
    networks: z.array(network).min(1).describe('The visitor comes from one of these networks.').optional(),
  }),
])

const rule = z.strictObject({
  id: id('Name of the rule, unique in the site; it is what `explain`, the log and the audit trail say.'),
  match: z
    .strictObject({
      path: z
        .union([pathPattern, z.array(pathPattern).min(1)])
        .transform((value) => (typeof value === 'string' ? [value] : value))
        .meta({
          description:
            'Path patterns. Judged on the decoded path, without path parameters; the query never counts. `*` stands for characters of one segment, `**` for segments at any depth.',
          patternErrorMessage: `${PATTERN_WORDS}; or a list of them`,
        }),
      methods: z
        .array(z.enum(HTTP_METHODS))
        .min(1)
        .describe(
          'HTTP methods. Without it: every method, except for `anyone` rules, which then mean GET and HEAD only.',
        )
        .optional(),
    })
    .describe('Which requests the rule speaks of.'),
  allow: accessCondition.describe(
    'Who may pass: `anyone`, `signed-in` (by any way), `no-one`, or conditions that must all hold.',
  ),
  origins: z
    .array(origin)
    .min(1)
    .describe(
      'Foreign origins whose pages may speak with the application here as the person who is signed in: WebSocket handshakes, scripts (CORS) and forms. Without it: none.',
    )
    .optional(),
  cache: z
    .enum(['never', 'browser'])
    .describe(
      'What may be kept of the answers: `never` (no-store, whatever the application says), or `browser`: as the application says, but by the browser of the person alone. Without it: `never`, and under `anyone` whatever the application says.',
    )
    .optional(),
  embed: z
    .enum(['own-pages', 'same-site', 'anywhere'])
    .describe(
      'Which pages may show or load the answers in themselves (frames, pictures, scripts): those of this site, those of every host of the same registered domain, or all. Without it: `own-pages`, and under `anyone` `anywhere`.',
    )
    .optional(),
})

const notice = z.strictObject({
  text: localized(600, 'The text of the notice.'),
  kind: z.enum(['information', 'warning']).default('information').describe('How it is shown.'),
  from: day('First day on which it is shown.').optional(),
  until: day('Last day on which it is shown.').optional(),
})

export const siteSchema = z.strictObject({
  site: id('Name of the site, unique in the instance.'),
  hosts: z
    .array(host)
    .min(1)
    .describe('Public host names; a request for any other name is answered 421. The first one is the canonical one.'),
  origin: origin
    .describe(
      'Public address as browsers see it, when it is not https:// and the first host. Used for links, the assertion and Origin checks, never rebuilt from a request (R34).',
    )
    .optional(),
  prefix: matching(/^\/[A-Za-z0-9_-]{3,40}$/, '/ and 3 to 40 letters, digits, _ or -')
    .default('/_portillon')
    .describe('Where the pages of the gate live on the site.'),
  name: localized(80, 'Name of the application, as people know it.'),
  'short-name': localized(
    24,
    'Its short name (« DCC »), for page titles and the subject of mails; `name` without it.',
  ).optional(),
  network: localized(80, 'Name of the network or establishment, shown above the pages.'),
  training: z
    .boolean()
    .default(false)
    .describe('A training base: a visible band says that the data are fictitious, and a password alone may be a way.'),
  upstream,
  'forward-auth': z
    .strictObject({
      enabled: z
        .boolean()
        .default(false)
        .describe(
          'A proxy of the site carries the data and asks the gate about each request, at `authz` under the prefix: nginx auth_request, HAProxy by Lua, Traefik ForwardAuth, Caddy forward_auth. Only proxies in `listen.trusted-proxies` get an answer (R19).',
        ),
    })
    .prefault({})
    .describe("Decisions for the site's own proxy."),
  'sign-out': z
    .strictObject({
      'upstream-paths': z
        .array(pathPattern)
        .default([])
        .describe("The application's own sign-out addresses: visiting one also ends the gate's session."),
    })
    .prefault({})
    .describe('Signing out.'),
  ways: z.array(way).min(1).describe('The ways in; any one is enough. The order is the order on the page.'),
  accounts: id(
    'Where the accounts of this site live: a name of `directories` or `legacy-tables` in the instance file. Without it, in the database of the gate.',
  ).optional(),
  password,
  'email-code': emailCode,
  totp,
  passkey,
  cps,
  'pro-sante-connect': proSanteConnect,
  oidc,
  account: z
    .strictObject({
      fresh: duration(
        'How long after signing in somebody may change how they sign in; later, they sign in again first (R31).',
      ).prefault('10m'),
    })
    .prefault({})
    .describe("People's own page."),
  mail: siteMail,
  'remember-device': rememberDevice
    .describe(
      'Lets people say, when they prove their second factor, that it need not be asked for in this browser for a while (R25). The password always is, and such a session has level 1. Off unless given.',
    )
    .optional(),
  session: z
    .strictObject({
      idle: duration('A session ends after this time without activity.').prefault('30m'),
      absolute: duration('A session ends after this time, whatever happens.').prefault('10h'),
      background: z
        .array(pathPattern)
        .default([])
        .describe('Paths that the page polls by itself: they do not count as activity.'),
    })
    .prefault({})
    .describe('Sessions.'),
  forms: z
    .strictObject({
      keep: z
        .int()
        .min(0)
        .max(16_777_216)
        .default(1_048_576)
        .describe(
          'The largest form, in bytes, that is kept for half an hour when it arrives after its session has ended; its owner may send it again after signing in. 0: none is kept.',
        ),
      paths: z
        .array(pathPattern)
        .min(1)
        .default(['/**'])
        .describe('Where forms are sent that may be kept; by default, anywhere.'),
      from: z
        .array(origin)
        .default([])
        .describe(
          'Origins of record systems (DPI) whose links to the application are forms (POST): browsers send them without our session, so each is kept, up to 64 kB, until the person has signed in and has said that it shall go on.',
        ),
    })
    .prefault({})
    .describe('Forms that people send when their session has just ended (R7).'),
  identity: z
    .strictObject({
      headers: z
        .record(headerName, z.enum(IDENTITY_FIELDS))
        .default({})
        .describe('Plain identity headers for the application, and what each carries.'),
      encoding: z
        .enum(['percent-utf8', 'utf8', 'latin1'])
        .default('percent-utf8')
        .describe(
          'How values beyond ASCII are written in the plain headers: percent-encoded UTF-8 (RFC 3986), raw UTF-8 bytes, or ISO-8859-1 with the closest letters.',
        ),
      assertion: z
        .strictObject({
          audience: text(200, 'The `aud` of the assertion.'),
          lifetime: duration('How long an assertion is valid.').prefault('2m'),
        })
        .describe('The signed statement in X-Portillon-Assertion.')
        .optional(),
      signature: z
        .strictObject({
          'key-id': matching(/^[A-Za-z0-9._-]{1,64}$/, 'letters, digits, `.`, `_` and `-`, 64 at most').meta({
            description: 'Name of the secret, the `keyid` of the signature. A new secret gets a new name.',
            examples: ['dcc-2026'],
          }),
          'secret-file': text(
            500,
            'File with the secret that the server of the application knows too, relative to the site file: at least 32 printable ASCII characters, mode 0600 or 0640 (`openssl rand -base64 48`).',
          ),
          lifetime: duration(
            'How long a signature is valid; what the clocks of both machines may differ included.',
          ).prefault('1m'),
        })
        .describe(
          'A signature over each forwarded request after RFC 9421, hmac-sha256: method, Host, path and query to the byte, the assertion, and every header of `headers`; not the body. `deploy/verifier` checks it before a Java application. What visitors send as Signature and Signature-Input is then dropped. Not with `forward-auth`.',
        )
        .optional(),
    })
    .prefault({})
    .describe('What the application is told about the person.'),
  partners,
  'contextual-call': contextualCall,
  rules: z.array(rule).default([]).describe('First match wins; nothing matched means: signed in by any way.'),
  theme: z
    .strictObject({
      accent: colour
        .default('#0b5c8c')
        .describe('Accent colour on light backgrounds (text on it is white; contrast is checked).'),
      'accent-dark': colour
        .default('#8ecdf2')
        .describe('Accent colour on dark backgrounds (text on it is black; contrast is checked).'),
      logo: text(500, 'File of the logo (SVG or PNG), relative to the site file.').optional(),
    })
    .prefault({})
    .describe('Look of the pages.'),
  support: z
    .strictObject({
      name: localized(120, 'Whom to call.'),
      phone: text(40, 'Telephone number.').optional(),
      email: z.email().describe('Address.').optional(),
      hours: localized(120, 'When they answer.').optional(),
    })
    .describe('The person or desk who helps; named on every page.'),
  notices: z.array(notice).default([]).describe('Notices on the sign-in page.'),
  legal: localized(1500, 'Reminder of professional secrecy and terms of use on the sign-in page.').optional(),
  templates: text(
    500,
    'Folder whose files replace those of templates/ one by one, relative to the site file.',
  ).optional(),
})

export type { LocalizedText } from './localized.ts'

/** A site as the gate uses it: checked, defaults filled in, durations in milliseconds. */
export type Site = z.output<typeof siteSchema>
/** A site as it is written in a file. */
export type SiteFile = z.input<typeof siteSchema>
export type Way = Site['ways'][number]
export type Rule = Site['rules'][number]
export type AccessCondition = Rule['allow']
export type Notice = Site['notices'][number]
