import { z } from 'zod'
import { duration, matching } from '../lib/settings/fields.ts'
import { file, roleMap } from './fields.ts'

const NAME = '[A-Za-z_][A-Za-z0-9_$]{0,62}'
const NAME_WORDS = 'letters, digits, _ and $, as the database knows it'
const column = (description: string, example: string) =>
  matching(new RegExp(`^${NAME}$`), NAME_WORDS).meta({ description, examples: [example] })

/** A table or view of another application's database as a source of accounts. */
export const legacyTableSchema = z
  .strictObject({
    url: matching(
      /^(?:postgres(?:ql)?|mysql|mariadb):\/\/[^\s?#]+$/,
      'a postgres:// or mysql:// address without parameters',
    )
      .meta({
        description: 'Address of the database, with a user who may read this table and nothing else.',
        examples: ['postgres://portillon@db.internal/webdcr'],
      })
      .optional(),
    'url-file': file(
      'File that holds the address, where it contains a password.',
      '/etc/portillon/secrets/webdcr-url',
    ).optional(),
    security: z
      .enum(['tls', 'none'])
      .default('tls')
      .describe(
        '`tls` refuses a server that does not offer it or whose certificate is not valid; `none` only within one machine or a network of its own.',
      ),
    ca: file(
      'File with the certificate authorities that may sign its certificate (PEM), instead of those of the system.',
      '/etc/portillon/webdcr-ca.pem',
    ).optional(),
    table: matching(
      new RegExp(`^${NAME}(?:\\.${NAME})?$`),
      `a table or view, with its schema where needed: ${NAME_WORDS}`,
    ).meta({
      description: 'The table, or better a view made for the gate: it holds the people who may sign in, one a line.',
      examples: ['portillon_users'],
    }),
    columns: z
      .strictObject({
        id: column('What never changes about a person: the key of the table.', 'id'),
        login: column('What people type, and the application receives.', 'login'),
        password: column('The hash of the password.', 'password'),
        salt: column('Its salt, where that stands in a column of its own (see `digest`).', 'salt').optional(),
        name: column('The name as it is shown.', 'display_name').optional(),
        'given-name': column('The given name.', 'first_name').optional(),
        'family-name': column('The family name.', 'last_name').optional(),
        email: column('Where codes are mailed. Left out: the gate keeps addresses itself.', 'email').optional(),
        'national-id': column(
          'The PS_IdNat: 8 and the RPPS number, or 3, the FINESS number, / and a number.',
          'ps_idnat',
        ).optional(),
        rpps: column('The RPPS number alone, eleven digits.', 'rpps').optional(),
        roles: column('Roles, separated by commas, semicolons, bars or blanks.', 'roles').optional(),
        state: column('Whether the account is open: see `open-values`.', 'enabled').optional(),
      })
      .describe('What its columns are called.'),
    'open-values': z
      .array(z.string().max(64))
      .min(1)
      .default(['1', 't', 'true', 'y', 'yes', 'o', 'oui'])
      .describe('What `columns.state` holds for an open account, without regard to case; anything else is closed.'),
    'login-case': z
      .enum(['exact', 'folded'])
      .default('folded')
      .describe(
        'Whether `Zoe` and `zoe` are one login. `exact`: a login is known in its own spelling only, as the other application does.',
      ),
    'password-encodings': z
      .array(z.enum(['utf-8', 'iso-8859-1']))
      .min(1)
      .max(2)
      .default(['utf-8'])
      .describe('In which bytes the other application hashed letters beyond ASCII; each is tried.'),
    digest: z
      .strictObject({
        algorithm: z
          .enum(['md5', 'sha-1', 'sha-256', 'sha-512'])
          .meta({ description: 'Which digest it is.', examples: ['sha-1'] }),
        order: z.enum(['password', 'salt-password', 'password-salt', 'password-{salt}']).meta({
          description: 'What is digested, in which order. `password-{salt}`: Spring Security, with the braces.',
          examples: ['salt-password'],
        }),
        layout: z
          .enum(['hash', 'salt:hash', 'hash:salt', 'salt$hash', 'hash$salt'])
          .default('hash')
          .describe('What the column holds: the hash alone (the salt is in `columns.salt`), or both.'),
      })
      .describe('For hashes that do not say themselves what they are: a plain digest in hexadecimal or Base64.')
      .optional(),
    roles: roleMap('MED'),
    connect: duration('How long a connection may take to open.').prefault('3s'),
    answer: duration('How long an answer may take.').prefault('5s'),
    connections: z.int().min(1).max(50).default(2).describe('Connections to it, per process.'),
    recheck: duration(
      'How often it is asked about people who are signed in: who is closed or removed there is signed out here.',
    ).prefault('30s'),
  })
  .describe('One table or view.')
