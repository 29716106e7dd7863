/**
 * Where the walls stand, and why. The tests beside this file read the real imports and hold them against these tables.
 *
 * A gate is read by people who must be sure of it: an auditor who follows one request, a newcomer on the first day,
 * somebody at night with an incident. The walls let each of them read a small part and know that the rest cannot matter.
 *
 * - Imports go only downwards, so that a folder is understood from itself and from what lies below it, and never changes
 *   because of something above.
 * - `gateway/` carries every request of every user: it must not be able to reach pages, mails or accounts, neither by
 *   mistake nor by an attacker's detour. `gateway/` and `portal/` meet only where `app` joins them.
 * - A method of proof never knows another, so that adding or removing one is one folder and one line.
 * - One package is spoken to from one folder, so that its replacement, or its next advisory, is one folder's work.
 * - Time and chance come in as parts, so that every limit in minutes can be shown by a test in milliseconds.
 */

/**
 * From the ground up. A folder imports from itself and from rows above it in this table, never from its own row. The
 * stand-in application of the demonstration stands on the ground by itself: it checks the gate's statement as a stranger
 * would, with nothing of ours in hand.
 */
export const LAYERS: readonly (readonly string[])[] = [
  ['lib', 'deploy/demo'],
  ['config', 'policy'],
  ['render', 'store', 'database'],
  ['mail', 'audit'],
  ['accounts', 'session'],
  ['identity', 'sign-in', 'kept-forms'],
  ['methods', 'passwords', 'notices'],
  ['gateway', 'portal'],
  ['server'],
  ['app'],
  ['app.ts'],
  ['cli'],
  ['main.ts'],
]

/** Where programs begin: the command, what `npm run generate` runs, and what threads for hashes and for lists of revoked cards run. Everything else is there because one of them needs it. */
export const ENTRIES: readonly string[] = [
  'src/main.ts',
  'src/config/generate.ts',
  'src/accounts/hash-thread.ts',
  'src/methods/cps/lists/list-thread.ts',
]

/** Imports that the layers would forbid and that are right all the same. */
export const ALLOWED_SIDEWAYS: readonly { readonly from: string; readonly to: string; readonly because: string }[] = [
  {
    from: 'config/generate.ts',
    to: 'policy/schema.ts',
    because: 'a tool of its own, no part of the running gate: it writes the manual of both files',
  },
  {
    from: 'config/generate.ts',
    to: 'audit/events.ts',
    because: 'the same tool writes the manual of the events',
  },
  {
    from: 'config/generate.ts',
    to: 'methods/contextual-call/claims.ts',
    because: 'the same tool writes the schema of calls',
  },
  {
    from: 'config/generate.ts',
    to: 'methods/contextual-call/reasons.ts',
    because: 'the same tool writes the manual of refused calls',
  },
]

/** What the layers would allow and must not be. */
export const NEVER: readonly { readonly from: string; readonly to: readonly string[]; readonly because: string }[] = [
  {
    from: 'gateway',
    to: ['methods', 'passwords', 'notices', 'sign-in', 'mail', 'accounts', 'database', 'render'],
    because: 'the hot path proves nobody, writes to nobody and renders nothing',
  },
  {
    from: 'policy',
    to: ['node:http', 'node:https', 'node:net', 'node:tls', 'node:dns', 'undici'],
    because: 'a decision depends on the request and the policy alone, never on the network',
  },
  ...['app.ts', 'main.ts'].map((from) => ({
    from,
    to: ['deploy/demo'],
    because: 'the stand-in belongs to the demonstration and is no part of the gate',
  })),
]

/** Who may import a package: folders of src, or one file where its use must stay exchangeable. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@node-rs/argon2': ['accounts'],
  '@node-rs/bcrypt': ['accounts/legacy'],
  // Brings readers of certificates along, which touch globals: one folder, read when the first passkey is.
  '@simplewebauthn/server': ['methods/passkey'],
  // Readers of ASN.1: of cards, their lists and responders; the demonstration makes a look-alike of IGC-Santé with them.
  '@peculiar/asn1-cms': ['lib/certificate-file.ts'],
  '@peculiar/asn1-ocsp': ['methods/cps'],
  '@peculiar/asn1-rsa': ['methods/cps'],
  '@peculiar/asn1-schema': ['lib/certificate-file.ts', 'methods/cps', 'deploy/demo/igc-sante'],
  '@peculiar/asn1-x509': ['methods/cps', 'deploy/demo/igc-sante'],
  // What the demonstration packs its cards with, and no part of the gate.
  asn1js: ['deploy/demo/igc-sante'],
  '@zxcvbn-ts/core': ['accounts/password-strength.ts'],
  '@zxcvbn-ts/language-common': ['accounts/password-strength.ts'],
  '@zxcvbn-ts/language-fr': ['accounts/password-strength.ts'],
  'better-sqlite3': ['database'],
  bowser: ['portal'],
  commander: ['cli', 'main.ts'],
  'connect-redis': ['session'],
  eta: ['render'],
  express: ['portal'],
  'express-session': ['session'],
  helmet: ['portal'],
  // Its last release is of 2020: one file, so that it can be exchanged in an afternoon.
  'http-proxy': ['gateway/upgrade.ts'],
  'intl-messageformat': ['render'],
  ioredis: ['store'],
  'ipaddr.js': ['lib'],
  jose: ['identity', 'deploy/demo'],
  kysely: ['database'],
  ldapts: ['accounts/ldap'],
  'lru-cache': ['database', 'gateway', 'identity', 'methods/cps', 'session'],
  mysql2: ['database/foreign'],
  nodemailer: ['mail'],
  // For tests, and for the demonstration where the tests can run: not shipped, and asked for when it is needed.
  'oidc-provider': ['deploy/demo/psc'],
  'openid-client': ['methods/oidc'],
  otplib: ['methods'],
  pg: ['database'],
  pino: ['lib'],
  pkijs: ['deploy/demo/igc-sante'],
  'prom-client': ['server'],
  undici: ['gateway', 'methods/oidc'],
  uqr: ['methods'],
  yaml: ['lib'],
  // Shapes are written where the thing is defined: settings, records, forms.
  zod: [
    'lib',
    'config',
    'policy',
    'session',
    'sign-in',
    'kept-forms',
    'methods',
    'passwords',
    'notices',
    'identity',
    'portal',
  ],
}

/** Packages of tests that the demonstration takes where they are there; it does without them elsewhere. */
export const NOT_SHIPPED: ReadonlySet<string> = new Set(['oidc-provider'])

/** The only files that may ask the machine for the time or for chance; everybody else is given a Clock and a Random. */
export const TIME_AND_CHANCE: Readonly<Record<string, string>> = {
  'lib/clock.ts': 'the clock',
  'lib/random.ts': 'the source of chance',
  'lib/log.ts': 'a log line is stamped when it is written',
}

export const BUDGET = {
  /** Lines of any file. */
  file: 400,
  /** Half of the files are shorter than this, nine of ten than the next. */
  medianFile: 100,
  mostFiles: 250,
  /** Nine of ten functions are shorter than this. */
  mostFunctions: 35,
} as const

/** Words that are looked for in every tracked file of text. Patterns are written so that this file does not contain them. */
export const FORBIDDEN_TEXT: readonly {
  readonly pattern: RegExp
  readonly because: string
  /** Files that speak of the thing itself. */
  readonly except?: RegExp
}[] = [
  { pattern: /\b(?:TODO|FIXME|XXX)\b/, because: 'work that is left belongs in an issue', except: /^test\/arch\// },
  {
    pattern: /@ts-(?:ignore|expect-error|nocheck)/,
    because: 'a type error is mended, not silenced',
    except: /^test\/arch\//,
  },
  { pattern: /(?:^|[\s"'`(=:])\/(?:work|root|Users|home\/\w+)\/[\w.]/, because: 'a path of one machine' },
  {
    pattern: /\bregistry\.(?:npmjs|yarnpkg|[a-z-]+\.)|npmjs\.org\b/,
    because: 'which registry is used is the machine’s affair',
  },
  { pattern: /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*\n[A-Za-z0-9+/=]{20}/, because: 'no private key is published' },
]
