import { z } from 'zod'
import { duration, matching, text } from '../lib/settings/fields.ts'

/** Beginnings of addresses that are read by whoever is on duty. */
const SHARED_MAILBOXES = [
  ...['accueil', 'admin', 'contact', 'direction', 'info', 'noreply', 'oncologie', 'rcp', 'secretariat', 'service'],
] as const

/** The settings of the methods that ask for a code. */
export const emailCode = z
  .strictObject({
    digits: z.int().min(6).max(8).default(6).describe('Digits of the mailed code.'),
    lifetime: duration('How long a code is valid; more than 10 minutes departs from NIST SP 800-63B.').prefault('10m'),
    tries: z.int().min(1).max(10).default(5).describe('Wrong entries after which a code is dead.'),
    'resend-after': duration('How long before another code may be asked for.').prefault('30s'),
    'per-hour': z.int().min(1).max(60).default(10).describe('Codes mailed to one account in an hour at most.'),
    addresses: z
      .strictObject({
        'per-account': z
          .int()
          .min(0)
          .max(5)
          .default(3)
          .describe('Addresses that people may add to the registered one, each confirmed by a code. 0: none.'),
        'refused-domains': z
          .array(matching(/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/, 'a domain in lower case'))
          .default(['mssante.fr'])
          .describe('Domains, with all below them, to which no code goes: secure messaging is not read everywhere.'),
        'refused-mailboxes': z
          .array(matching(/^[a-z0-9]+$/, 'the beginning of an address in lower case, letters and digits'))
          .default([...SHARED_MAILBOXES])
          .describe('Mailboxes that several people read; a code goes to one person.'),
      })
      .prefault({})
      .describe('Addresses that people add themselves.'),
    from: matching(
      /^(?:[^<>"\r\n]{1,80} <[^\s<>@",;]+@[^\s<>@",;]+>|[^\s<>@",;]+@[^\s<>@",;]+)$/,
      'an e-mail address, or a name and an address in angle brackets',
    ).meta({ description: 'Sender of the mails of this site.', examples: ['WebDCR <WebDCR@example.test>'] }),
  })
  .describe('Codes by mail.')
  .optional()

export const totp = z
  .strictObject({
    issuer: text(
      40,
      'Name under which an authenticator application shows the account; by default the short name and the network.',
    ).optional(),
    'per-account': z.int().min(1).max(5).default(2).describe('Applications that one account may associate at most.'),
  })
  .prefault({})
  .describe('Codes of an authenticator application (RFC 6238).')
