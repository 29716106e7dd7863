import { z } from 'zod'
import { duration, matching } from '../lib/settings/fields.ts'
import { file, roleMap } from './fields.ts'

const server = matching(
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/,
  'a host name or address, with its port only where it is not 389 (636 with tls)',
).meta({ examples: ['ldap.example.test'] })

/** RFC 4512 §1.4: a name of an attribute, or its number. */
const ATTRIBUTE = /^(?:[A-Za-z][A-Za-z0-9-]{0,63}|\d+(?:\.\d+)+)$/
const attribute = (description: string, example: string) =>
  matching(ATTRIBUTE, 'the name of an attribute').meta({ description, examples: [example] })

const dn = (description: string, example: string) =>
  matching(/^(?=[\s\S]{3,500}$)[A-Za-z0-9.-]+=[^\p{Cc}]+$/u, 'a distinguished name').meta({
    description,
    examples: [example],
  })

const filter = matching(/^\([^\p{Cc}]{1,498}\)$/u, 'an LDAP filter in parentheses (RFC 4515)')

/** An LDAP directory as a source of accounts. */
export const directorySchema = z
  .strictObject({
    servers: z
      .array(server)
      .min(1)
      .max(8)
      .meta({
        description: 'Its servers; those after the first are asked when the ones before do not answer.',
        examples: [['ldap.example.test']],
      }),
    security: z
      .enum(['starttls', 'tls', 'none'])
      .default('starttls')
      .describe(
        '`starttls` and `tls` refuse a server that does not offer it or whose certificate is not valid; `none` only for a server on the same machine.',
      ),
    ca: file(
      'File with the certificate authorities that may sign its certificate (PEM), instead of those of the system.',
      '/etc/portillon/ldap-ca.pem',
    ).optional(),
    'bind-dn': dn(
      'Service account with which people are searched; without it, as nobody.',
      'cn=portillon,ou=services,dc=example,dc=test',
    ).optional(),
    password: z.string().min(1).describe('Its password; better in `password-file`.').optional(),
    'password-file': file('File that holds the password.', '/etc/portillon/secrets/ldap-password').optional(),
    base: dn('Below which entry people are searched.', 'ou=people,dc=example,dc=test'),
    filter: filter.default('(objectClass=person)').describe('Which entries are people who may sign in.'),
    'login-attributes': z
      .array(attribute('An attribute.', 'uid'))
      .min(1)
      .max(5)
      .default(['uid'])
      .describe(
        'Attributes in which what people type is looked for. Active Directory: `sAMAccountName`, `userPrincipalName`.',
      ),
    check: z
      .enum(['bind', 'compare'])
      .default('bind')
      .describe(
        'How a password is checked: `bind` signs in at the directory with it, which keeps to its locks and dates; `compare` asks whether the attribute has that value.',
      ),
    'password-attribute': attribute('What `compare` compares with.', 'userPassword').default('userPassword'),
    attributes: z
      .strictObject({
        id: attribute(
          'What never changes about a person, whatever they are called. Active Directory: `objectGUID`; 389: `nsUniqueId`; eDirectory: `GUID`.',
          'entryUUID',
        ).default('entryUUID'),
        login: attribute(
          'The login as the application receives it. Active Directory: `sAMAccountName`.',
          'uid',
        ).default('uid'),
        name: attribute('The name as it is shown.', 'displayName').default('displayName'),
        'given-name': attribute('The given name.', 'givenName').default('givenName'),
        'family-name': attribute('The family name.', 'sn').default('sn'),
        email: attribute('Where codes are mailed.', 'mail').default('mail'),
        'national-id': attribute(
          'The PS_IdNat: 8 and the RPPS number, or 3, the FINESS number, / and a number.',
          'employeeNumber',
        ).optional(),
        rpps: attribute('The RPPS number alone, eleven digits.', 'employeeNumber').optional(),
        roles: attribute('Roles, or the groups that `roles` names.', 'memberOf').default('memberOf'),
      })
      .prefault({})
      .describe('What the attributes of a person are called.'),
    roles: roleMap('cn=medecins,ou=groups,dc=example,dc=test'),
    groups: z
      .strictObject({
        base: dn('Below which entry groups are searched.', 'ou=groups,dc=example,dc=test'),
        filter: filter.default('(objectClass=groupOfNames)').describe('Which entries are groups.'),
        member: attribute('The attribute that holds the names of members.', 'member').default('member'),
      })
      .describe('For a directory whose people do not hold the names of their groups: groups are searched too.')
      .optional(),
    connect: duration('How long a server may take to be reached, TLS included.').prefault('3s'),
    answer: duration('How long it may take for each answer.').prefault('5s'),
    connections: z.int().min(1).max(200).default(10).describe('Sign-ins that ask it at the same time, per process.'),
    recheck: duration(
      'How often it is asked about people who are signed in: who is disabled or removed there is signed out here.',
    ).prefault('30s'),
  })
  .describe('One directory.')
