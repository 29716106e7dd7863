import { z } from 'zod'
import { LOG_LEVELS } from '../lib/log.ts'
import { duration, matching, network } from '../lib/settings/fields.ts'
import { cardListenerSchema } from './card-listener-schema.ts'
import { cardsSchema } from './cards-schema.ts'
import { directorySchema } from './directory-schema.ts'
import { address, file, named, port, text } from './fields.ts'
import { legacyTableSchema } from './legacy-table-schema.ts'

/**
 * The shape of the instance file: where the gate listens and what it leans on. Written once; `load` reads it, `reference`
 * generates the commented example and the manual from the same descriptions. A secret `x` can always be given as `x-file`,
 * the path of a file that holds it (and, for containers, any text setting by an environment variable named in the manual).
 */

export const configSchema = z.strictObject({
  listen: z
    .strictObject({
      address: address('Address on which visitors are served.').default('127.0.0.1'),
      port: port('Port on which visitors are served.').default(8443),
      tls: z
        .strictObject({
          certificate: file('Certificate and its chain (PEM).', '/etc/portillon/tls/fullchain.pem'),
          key: file('Private key (PEM), readable by the service only.', '/etc/portillon/tls/key.pem'),
        })
        .describe('TLS by the gate itself. Without it, `trusted-proxies` must name the front that terminates TLS.')
        .optional(),
      'trusted-proxies': z
        .array(network)
        .default([])
        .describe(
          'Proxies in front whose X-Forwarded-For is believed, and who may ask for decisions where a site has `forward-auth`. Empty: nobody is trusted and the socket address counts (R19, H-09).',
        ),
      cards: cardListenerSchema
        .describe(
          'Where people show their card: a listener of its own, so that no other page ever makes the browser ask for a certificate. Needed by sites with the method `cps`.',
        )
        .optional(),
    })
    .prefault({})
    .describe('Where visitors arrive.'),
  admin: z
    .strictObject({
      address: address('Address of the health and metrics listener; never public.').default('127.0.0.1'),
      port: port('Port of the health and metrics listener.').default(9443),
    })
    .prefault({})
    .describe('Health and metrics.'),
  store: z
    .union([
      z.literal('embedded'),
      z.strictObject({
        redis: matching(/^(?:rediss?|unix):\/\/\S+$/, 'a redis://, rediss:// or unix:// address')
          .meta({ description: 'Address of the Redis server.', examples: ['redis://127.0.0.1:6379'] })
          .optional(),
        'redis-file': file(
          'File that holds the address, where it contains a password.',
          '/etc/portillon/secrets/redis-url',
        ).optional(),
        prefix: matching(/^[A-Za-z0-9:_-]{1,40}$/, '1 to 40 letters, digits, :, _ or -')
          .default('portillon:')
          .describe('What every key begins with.'),
      }),
    ])
    .describe(
      'What expires: sessions, sign-ins under way, counters. `embedded` keeps it in the memory of one single process and must be asked for by name.',
    ),
  database: z
    .strictObject({
      url: matching(/^(?:sqlite:|postgres(?:ql)?:\/\/)\S+$/, 'sqlite:FILE or a postgres:// address')
        .meta({ description: 'Accounts and audit trail.', examples: ['sqlite:/var/lib/portillon/portillon.sqlite'] })
        .optional(),
      'url-file': file(
        'File that holds the address, where it contains a password.',
        '/etc/portillon/secrets/database-url',
      ).optional(),
    })
    .describe('What lasts.'),
  directories: named('annuaire', directorySchema)
    .describe('LDAP directories where accounts of sites live, by the name that sites call them (`accounts`).')
    .optional(),
  'legacy-tables': named('webdcr', legacyTableSchema)
    .describe(
      'Tables or views of other applications where accounts of sites live, by the name that sites call them (`accounts`).',
    )
    .optional(),
  cards: cardsSchema
    .describe("Health professionals' cards (CPS): whom the gate believes. Needed where a site has a way with `cps`.")
    .optional(),
  smtp: z
    .strictObject({
      host: text('Mail server.', 'smtp.example.test'),
      port: port('Port of the mail server.').default(587),
      security: z
        .enum(['starttls', 'tls', 'none'])
        .default('starttls')
        .describe(
          '`starttls` and `tls` refuse a server that does not offer it or whose certificate is not valid; `none` only for a relay on the same machine.',
        ),
      user: text('User name, when the server wants one.', 'portillon').optional(),
      password: z.string().min(1).describe('Its password; better in `password-file`.').optional(),
      'password-file': file('File that holds the password.', '/etc/portillon/secrets/smtp-password').optional(),
      timeout: duration('How long the server may stay silent before a mail counts as not sent.').prefault('10s'),
    })
    .describe('How mail leaves.')
    .optional(),
  keys: file(
    'Folder of the keys and secrets that the gate makes for itself at first start (mode 0600).',
    '/var/lib/portillon/keys',
  ),
  sites: z
    .array(file('A site file.', '/etc/portillon/sites/onco-hdf.yaml'))
    .min(1)
    .meta({
      description: 'The site files, relative to this file.',
      examples: [['/etc/portillon/sites/onco-hdf.yaml']],
    }),
  log: z
    .strictObject({
      level: z
        .enum(LOG_LEVELS)
        .default('info')
        .describe(
          'Least level that is written. Above `info` the lines of the audit trail are left out; the database has them.',
        ),
    })
    .prefault({})
    .describe('The log: JSON lines on standard output.'),
  audit: z
    .strictObject({
      retention: z
        .int()
        .min(1)
        .max(120)
        .default(12)
        .describe(
          'Whole months for which events of the audit trail are kept; older ones are removed once a day. The CNIL (2021-122) asks for 6 to 12; more must be justified in writing. It is one for the instance, since the sites share one chain of events, which can only be shortened at its beginning.',
        ),
    })
    .prefault({})
    .describe('Who did what, when, from where, with what result: in the database, and in the log.'),
  workers: z
    .int()
    .min(1)
    .max(256)
    .meta({
      description:
        'Processes that serve visitors, on one port. Left out: as many as the machine has processors for; with `store: embedded` always one. Limits « per process » count for each.',
      examples: [4],
    })
    .optional(),
  'worker-silence': duration(
    'A worker process that has not answered the main process for so long hangs: it is ended, which the log says, and another one takes its place.',
  ).prefault('15s'),
  'drain-notice': duration(
    'Told to stop, how long the service goes on as ever while `/readyz` already says no: time for a balancer to send visitors elsewhere.',
  ).prefault('2s'),
  drain: duration('How long requests in flight may take, after that, when the service is told to stop.').prefault(
    '30s',
  ),
})

/** The instance as the gate uses it; secrets from files already read, paths absolute. */
export type Config = z.output<typeof configSchema>
