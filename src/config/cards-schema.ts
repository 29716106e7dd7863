import { z } from 'zod'
import { duration, matching } from '../lib/settings/fields.ts'
import { file, named, text } from './fields.ts'

const url = (description: string, example: string) =>
  matching(/^https?:\/\/[^\s/?#]+(?:\/\S*)?$/, 'an http:// or https:// address').meta({
    description,
    examples: [example],
  })

const CRL = 'http://igc-sante.esante.gouv.fr/CRL'

const list = z.strictObject({
  of: text('Common name of the authority whose list it is.', 'AC IGC-SANTE FORT PERSONNES'),
  url: url('Where it is published.', `${CRL}/ACI-FO-PP.crl`).optional(),
  file: file('Where something else puts it, in place of `url`.', '/var/lib/crl/ACI-FO-PP.crl').optional(),
  'delta-url': url('Where its delta is published, when there is one.', `${CRL}/ACI-FO-PP_delta.crl`).optional(),
  'delta-file': file(
    'Where something else puts the delta, in place of `delta-url`.',
    '/var/lib/crl/ACI-FO-PP_delta.crl',
  ).optional(),
})

const KEY_USAGES = [
  'digital-signature',
  'non-repudiation',
  'key-encipherment',
  'data-encipherment',
  'key-agreement',
] as const

const oid = matching(/^[0-2](?:\.\d{1,20}){1,20}$/, 'an OID in numbers')

const ocsp = z.strictObject({
  use: z
    .enum(['never', 'when-lists-fail', 'first', 'always'])
    .default('never')
    .describe(
      'When the responder that a certificate names is asked: `when-lists-fail`, when its list is missing or stale; `first`, before the list, which counts when the responder does not answer; `always`, and no card is accepted without its answer. A card that the list has is revoked whatever a responder says.',
    ),
  timeout: duration('How long it may take to answer.').prefault('3s'),
  nonce: z
    .enum(['required', 'if-given'])
    .default('if-given')
    .describe('Whether an answer must repeat the nonce of the question. Responders that prepare their answers cannot.'),
  'keep-for': duration('How long an answer serves again, at most, and never longer than it says itself.').prefault(
    '5m',
  ),
})

/** Health professionals' cards: whom the gate believes, and how it knows that one was revoked. */
export const cardsSchema = z.strictObject({
  authorities: z
    .array(file('A file with certificates.', '/etc/portillon/igc-sante/chain.p7b'))
    .min(1)
    .max(20)
    .meta({
      description:
        'Certificates of IGC-Santé, roots and all that stand between them and a card: PEM with any number of them, DER, or PKCS #7 (.p7b) as the ANS publishes it. No other authority is believed, whatever a card brings along.',
      examples: [['/etc/portillon/igc-sante/chain.p7b']],
    }),
  issuers: z
    .array(text('Common name.', 'AC IGC-SANTE FORT PERSONNES'))
    .min(1)
    .max(20)
    .default(['AC IGC-SANTE FORT PERSONNES', 'AC IGC-SANTE STANDARD PERSONNES', 'AC IGC-SANTE ELEMENTAIRE PERSONNES'])
    .describe(
      'Common names of those that issue cards. Others below the same roots issue certificates of servers and organisations, which are no cards. Those of the test authorities begin with `TEST AC`.',
    ),
  lists: named('aci-fo-pp', list)
    .default({})
    .describe(
      'Lists of revoked cards (CRL), one for each authority that issues cards, and for a root if wanted, under the names that the log, `/readyz` and the figures call them.',
    ),
  folder: file('Folder in which the lists are kept, so that a restart needs no network.', '/var/lib/portillon/cards'),
  refresh: duration('How often the lists are asked for.').prefault('1h'),
  timeout: duration('How long a download may take.').prefault('1m'),
  'largest-list': z
    .int()
    .min(65_536)
    .max(268_435_456)
    .default(67_108_864)
    .describe('The largest list that is taken, in bytes.'),
  stale: z
    .union([z.literal('refuse'), duration('How long after its end.')])
    .prefault('refuse')
    .describe(
      'What becomes of cards when the list is past its end, for sites that say nothing of it: `refuse`, or how long after its end cards that it does not have are still accepted, such as `12h`.',
    ),
  'needed-to-be-ready': z
    .boolean()
    .default(false)
    .describe(
      'Whether `/readyz` says no while a list is missing or stale. It always says which; without this, an instance whose lists are late still serves those who come another way.',
    ),
  ocsp: ocsp.prefault({}).describe('Asking the responder that a card names (OCSP).'),
  'key-usage': z
    .array(z.enum(KEY_USAGES))
    .min(1)
    .default(['digital-signature'])
    .describe('Key usages that the authentication certificate of a card has.'),
  'refused-key-usage': z
    .array(z.enum(KEY_USAGES))
    .default(['non-repudiation'])
    .describe('Key usages that it does not have: by them the signature certificate of a card is told.'),
  'extended-key-usage': z
    .array(oid)
    .default(['1.3.6.1.5.5.7.3.2'])
    .describe('Extended key usages that it has; by default, clientAuth.'),
})
