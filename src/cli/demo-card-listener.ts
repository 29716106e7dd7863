import { join } from 'node:path'
import { createAuthority } from '../../deploy/demo/igc-sante/authority.ts'
import { issueServerCertificate } from '../../deploy/demo/igc-sante/server-certificate.ts'
import type { AppSettings } from '../app.ts'
import type { LoadedSite } from '../policy/load.ts'
import { makeDemoCards, type DemoCard, type DemoHolder } from './demo-cards.ts'
import { demoPeople } from './demo-people.ts'

/** What of a demonstration shows cards. */
export interface DemoCardListener {
  /** The same site, with the address at which its people show their card. */
  readonly site: LoadedSite
  readonly cards: readonly DemoCard[]
  readonly listen: NonNullable<AppSettings['config']['listen']['cards']>
  readonly settings: NonNullable<AppSettings['config']['cards']>
  readonly files: NonNullable<AppSettings['cardListener']>
}

const HOST = 'localhost'

/** People with a number have a card: a RPPS that of a professional, a number of a structure that of its staff. */
const holdersOf = ({ site }: LoadedSite): readonly DemoHolder[] =>
  demoPeople(site).flatMap(({ nationalId, givenName, familyName }) =>
    nationalId === undefined
      ? []
      : [
          {
            nationalId,
            givenName: givenName.toUpperCase(),
            familyName: familyName.toUpperCase(),
            kind: nationalId.startsWith('8') ? 'CPS' : 'CPE',
          },
        ],
  )

/** The listener of cards of a demonstration, and its cards, all made for the one run. */
export const makeDemoCardListener = async (
  loaded: LoadedSite,
  { folder, port, now }: { readonly folder: string; readonly port: number; readonly now: number },
): Promise<DemoCardListener> => {
  const { settings, cards } = await makeDemoCards(join(folder, 'cards'), holdersOf(loaded), now)
  const authority = createAuthority('Portillon demonstration', { issuer: null, now: new Date(now), keyKind: 'p-256' })
  const { cert, key } = issueServerCertificate(authority, HOST, new Date(now))
  const address = `https://${HOST}:${port}`
  return {
    site: { ...loaded, site: { ...loaded.site, cps: { ...loaded.site.cps, address } } },
    cards,
    listen: { address: '127.0.0.1', port },
    settings,
    files: { tls: { cert: Buffer.from(cert), key: Buffer.from(key) }, front: null },
  }
}
