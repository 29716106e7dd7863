import { z } from 'zod'
import { matching } from '../lib/settings/fields.ts'

/** Where people of a site show their card; browsers are told it in headers too. */
export const cardAddress = matching(
  /^https:\/\/(?:(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::\d{1,5})?$/,
  'https:// and a host in lower case, with its port only where it is not 443, no path; it may begin with `*.`',
)
  .meta({
    description:
      'Public address of `listen.cards`, or of the front before it: another name or another port than the site, because browsers ask for a certificate there. With `*.` in front of the name each try gets a name of its own, so that no browser remembers the choice of before; it needs a wildcard in DNS and certificate. Needed by ways with `cps`.',
    examples: ['https://carte.dcc.example.test'],
  })
  .optional()

const page = (description: string, address: string) =>
  matching(/^https:\/\/[^\s"<>]+$/, 'an https:// address')
    .default(address)
    .describe(description)

/** Where people find what their computer needs: addresses of others, which may move. */
export const cardHelp = z
  .strictObject({
    cryptolib: page(
      'Where the Cryptolib CPS is downloaded.',
      'https://esante.gouv.fr/services/espace-cps/telechargements-libres/cryptolib-cps-windows',
    ),
    firefox: page(
      'How the PKCS#11 module is added to Firefox.',
      'https://integrateurs-cps.asipsante.fr/Installation-manuelle-PKCS11-Firefox',
    ),
  })
  .prefault({})
  .describe('What the card page links to.')

/** One of the addresses that a setting stands for. @param label of this try, where the name has a place for one */
export const cardOrigin = (address: string, label: string): string => address.replace('://*.', `://${label}.`)
