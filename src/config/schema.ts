import { z } from 'zod'
import { parseAddressBlock } from '../lib/address.ts'
import { DURATION_PATTERN, parseDuration } from '../lib/duration.ts'
import { LOG_LEVELS } from '../lib/log.ts'

/**
 * The shape of the instance file: where the gate listens and what it leans on. Written once; `load` reads it, `reference`
 * generates the commented example and the manual from the same descriptions. A secret `x` can always be given as `x-file`,
 * the path of a file that holds it (and, for containers, any text setting by an environment variable named in the manual).
 */

const duration = (explanation: string) =>
  z
    .string()
    .regex(DURATION_PATTERN, 'a whole number and a unit: ms, s, m, h or d (for example 30s)')
    .transform((text) => parseDuration(text) ?? 0)
    .describe(explanation)

const port = (explanation: string) => z.int().min(0).max(65_535).describe(explanation)
const file = (explanation: string) => z.string().min(1).max(500).describe(explanation)
const network = z.string().refine((value) => parseAddressBlock(value) !== undefined, 'an IP address or a CIDR block')

export const configSchema = z.strictObject({
  listen: z
    .strictObject({
      address: z.string().default('127.0.0.1').describe('Address on which visitors are served.'),
      port: port('Port on which visitors are served.').default(8443),
      tls: z
        .strictObject({
          certificate: file('Certificate chain (PEM).'),
          key: file('Private key (PEM), readable by the service only.'),
        })
        .describe('TLS by the gate itself. Without it, `trusted-proxies` must name the front that terminates TLS.')
        .optional(),
      'trusted-proxies': z
        .array(network)
        .default([])
        .describe(
          'Proxies in front whose X-Forwarded-For is believed. Empty: nobody is trusted and the socket address counts (R19, H-09).',
        ),
    })
    .prefault({})
    .describe('Where visitors arrive.'),
  admin: z
    .strictObject({
      address: z.string().default('127.0.0.1').describe('Address of the health and metrics listener; never public.'),
      port: port('Port of the health and metrics listener.').default(9443),
    })
    .prefault({})
    .describe('Health and metrics.'),
  store: z
    .union([
      z.literal('embedded'),
      z.strictObject({
        redis: z
          .string()
          .regex(/^(rediss?|unix):\/\//, 'redis://, rediss:// or unix:// address')
          .describe('Address of the Redis server.')
          .optional(),
        'redis-file': file('File that holds the address, where it contains a password.').optional(),
        prefix: z
          .string()
          .regex(/^[A-Za-z0-9:_-]{1,40}$/)
          .default('portillon:')
          .describe('What every key begins with.'),
      }),
    ])
    .describe(
      'What expires: sessions, sign-ins under way, counters. `embedded` keeps it in the memory of one single process and must be asked for by name.',
    ),
  database: z
    .strictObject({
      url: z
        .string()
        .regex(/^(sqlite:|postgres(ql)?:\/\/)/, 'sqlite:FILE or postgres://… address')
        .describe('Accounts and audit trail.')
        .optional(),
      'url-file': file('File that holds the address, where it contains a password.').optional(),
    })
    .describe('What lasts.'),
  smtp: z
    .strictObject({
      host: z.string().min(1).describe('Mail server.'),
      port: port('Port of the mail server.').default(587),
      security: z
        .enum(['starttls', 'tls', 'none'])
        .default('starttls')
        .describe(
          '`starttls` and `tls` refuse a server that does not offer it or whose certificate is not valid; `none` only for a relay on the same machine.',
        ),
      user: z.string().min(1).describe('User name, when the server wants one.').optional(),
      password: z.string().min(1).describe('Password.').optional(),
      'password-file': file('File that holds the password.').optional(),
      timeout: duration('How long the server may stay silent before a mail counts as not sent.').default(10_000),
    })
    .describe('How mail leaves.')
    .optional(),
  keys: file('Folder of the keys and secrets that the gate makes for itself at first start (mode 0600).'),
  sites: z.array(file('A site file.')).min(1).describe('The site files, relative to this file.'),
  log: z
    .strictObject({
      level: z.enum(LOG_LEVELS).default('info').describe('Least level that is written.'),
    })
    .prefault({})
    .describe('The log: JSON lines on standard output.'),
  drain: duration('How long requests in flight may take when the service is told to stop.').default(30_000),
})

/** The instance as the gate uses it; secrets from files already read, paths absolute. */
export type Config = z.output<typeof configSchema>
