import { z } from 'zod'
import { duration, matching, period, text } from '../lib/settings/fields.ts'
import { cardAddress, cardHelp } from './card-address.ts'

/** Beginnings of addresses that are read by whoever is on duty. */
const SHARED_MAILBOXES = [
  ...['accueil', 'admin', 'contact', 'direction', 'info', 'noreply', 'oncologie', 'rcp', 'secretariat', 'service'],
] as const

const sender = matching(
  /^(?:[^<>"\r\n]{1,80} <[^\s<>@",;]+@[^\s<>@",;]+>|[^\s<>@",;]+@[^\s<>@",;]+)$/,
  'an e-mail address, or a name and an address in angle brackets',
)

export const password = z
  .strictObject({
    length: z.int().min(8).max(64).default(8).describe('Least number of characters of a new password.'),
    classes: z
      .array(z.enum(['upper', 'lower', 'digit', 'special', 'digit-or-special']))
      .default([])
      .describe('Kinds of characters that a new password must have.'),
    blocklist: z
      .boolean()
      .default(true)
      .describe(
        'Refuses new passwords that are common, guessed in few tries, or made of the names of the person or of the service.',
      ),
    expires: z
      .union([z.literal('never'), period('How long a password is valid.')])
      .prefault('never')
      .describe(
        'How long a password is valid, such as `120d`: then another has to be chosen at the next sign-in. CNIL, ANSSI and NIST advise against it.',
      ),
    history: z
      .int()
      .min(0)
      .max(24)
      .default(0)
      .describe('How many former passwords may not be used again; the present one never may.'),
    forgotten: z
      .enum(['mail', 'referent', 'hidden'])
      .default('referent')
      .describe(
        'What « Mot de passe oublié ? » leads to: `mail`, a link to the address of the account; `referent`, whom to call; `hidden`, nothing.',
      ),
    'reset-link': duration('How long such a link is valid.').prefault('30m'),
  })
  .prefault({})
  .describe('Passwords.')

/** Codes by mail. */
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
    from: sender.meta({
      description: 'Sender of the codes, and of the other mails of this site that `mail` names no sender for.',
      examples: ['WebDCR <WebDCR@example.test>'],
    }),
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

export const passkey = z
  .strictObject({
    'per-account': z.int().min(1).max(10).default(5).describe('Passkeys that one account may have at most.'),
  })
  .prefault({})
  .describe('Passkeys (WebAuthn), which answer to the first host of the site alone.')

/** Devices on which the second factor is not asked for. */
export const rememberDevice = z.strictObject({
  for: period('How long, at most, after the second factor was proved there.'),
})

export const siteMail = z
  .strictObject({
    from: sender.meta({
      description:
        'Sender of the mails that have no section of their own (links for a new password, notices); that of `email-code` without it.',
      examples: ['WebDCR <WebDCR@example.test>'],
    }),
  })
  .describe('Mails of the site.')
  .optional()

/** Health professionals' cards, as far as one site is concerned; whom the gate believes is in the instance file. */
export const cps = z
  .strictObject({
    address: cardAddress,
    help: cardHelp,
    kinds: z
      .array(z.enum(['CPS', 'CPF', 'CPE', 'CPA']))
      .min(1)
      .default(['CPS', 'CPF'])
      .describe(
        'Kinds of cards that are accepted: `CPS` (professionals), `CPF` (in training), `CPE` (staff of establishments, CDE included), `CPA` (authorised staff). Cards that name no person never are.',
      ),
    stale: z
      .union([z.literal('refuse'), duration('How long after its end.')])
      .describe(
        'What becomes of cards here when the list of revoked ones is past its end, in place of `cards.stale` of the instance file: `refuse`, or how long after its end cards that it does not have are still accepted, such as `12h`.',
      )
      .optional(),
  })
  .prefault({})
  .describe('Cards of health professionals (CPS, CPF, CPE, CPA).')
