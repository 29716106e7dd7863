import { z } from 'zod'
import { address, file, port } from './fields.ts'

/** How a front can hand a certificate over; server/card-headers reads each. */
export const CARD_FORMS = ['rfc9440', 'nginx', 'haproxy'] as const
export type CardForm = (typeof CARD_FORMS)[number]

const front = z.strictObject({
  form: z.enum(CARD_FORMS).meta({
    description:
      'How it hands the certificate over: `rfc9440` (Client-Cert, Client-Cert-Chain), `nginx` or `haproxy`, as `deploy/nginx/cards.conf` and `deploy/haproxy/cards.cfg` write it.',
    examples: ['nginx'],
  }),
  ca: file(
    'Authority of the certificate by which the front shows the gate who it is (PEM), or that certificate itself. It must vouch for nobody else. Together with `tls`.',
    '/etc/portillon/tls/front-ca.pem',
  ).optional(),
  'secret-file': file(
    'File with the secret that the front sends as X-Portillon-Front: at least 32 characters. Together with `socket`.',
    '/etc/portillon/secrets/front',
  ).optional(),
})

/** The listener to which people show their cards. */
export const cardListenerSchema = z.strictObject({
  address: address('Address on which cards are shown.').default('127.0.0.1'),
  port: port('Port on which cards are shown.').default(8444),
  socket: file(
    'Unix socket in place of address and port, for a front on the same machine.',
    '/run/portillon/cards.sock',
  ).optional(),
  tls: z
    .strictObject({
      certificate: file(
        'Certificate and its chain (PEM), for the name in `cps.address` of the sites.',
        '/etc/portillon/tls/cards.pem',
      ),
      key: file('Private key (PEM), readable by the service only.', '/etc/portillon/tls/cards-key.pem'),
    })
    .describe('Certificate of this listener; that of `listen.tls` without it.')
    .optional(),
  front: front
    .describe(
      'A front asks for the card in place of the gate, and hands over what it was shown. The gate believes it only over a link on which the front proves who it is (K-14), and judges the certificate all the same.',
    )
    .optional(),
})

export type CardListener = z.output<typeof cardListenerSchema>
