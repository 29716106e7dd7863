import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CardKind, Holder } from '../../deploy/demo/igc-sante/card.ts'
import { SERVICE_CARD } from '../../deploy/demo/igc-sante/card.ts'
import { createTestIgcSante } from '../../deploy/demo/igc-sante/look-alike.ts'
import { toPkcs12 } from '../../deploy/demo/igc-sante/pkcs12.ts'
import { fold } from '../accounts/fold.ts'
import { cardsSchema } from '../config/cards-schema.ts'
import type { CardSettings } from '../config/instance.ts'

/** A card of the demonstration, in a file that a browser imports. */
export interface DemoCard {
  readonly file: string
  readonly password: string
  readonly what: string
}

export interface DemoCards {
  /** For `config.cards` of the instance. */
  readonly settings: CardSettings
  readonly cards: readonly DemoCard[]
  /** Certificates of the authorities, PEM: what a listener names to browsers. */
  readonly authorities: string
}

export interface DemoHolder extends Holder {
  readonly kind: CardKind
}

const DAY = 86_400_000

/** Of files with keys of nobody; it is printed beside them. */
const PASSWORD = 'demo'

/**
 * Cards for the demonstration, from authorities that look like IGC-Santé's and live for one run: one for each holder, one
 * that is revoked, one that has expired, and one of a service, which names nobody.
 * @param folder where the files are put; made when it is not there
 */
export const makeDemoCards = async (
  folder: string,
  holders: readonly DemoHolder[],
  now: number,
): Promise<DemoCards> => {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const pki = createTestIgcSante({ now, keyKind: 'rsa-2048' })
  const authorities = [pki.root, pki.strong, pki.standard]
  const [first] = holders
  const cards: DemoCard[] = []
  const put = async (name: string, what: string, card: ReturnType<typeof pki.card>): Promise<typeof card> => {
    const file = join(folder, `${name}.p12`)
    const above = [card.issuer.certificate, pki.root.certificate]
    await writeFile(file, await toPkcs12(card, above, { name: what, password: PASSWORD }), { mode: 0o600 })
    cards.push({ file, password: PASSWORD, what })
    return card
  }

  for (const holder of holders) {
    const { kind, givenName, familyName } = holder
    const name = fold(`${kind}-${givenName}-${familyName}`).replace(/[^a-z0-9-]/g, '-')
    await put(name, `${kind} ${givenName} ${familyName}`, pki.card(kind, holder))
  }
  const revoked: Uint8Array[] = []
  if (first !== undefined) {
    const { serial } = await put('revoked', `${first.kind} revoked`, pki.card(first.kind, first))
    revoked.push(serial)
    const notAfter = new Date(now - DAY)
    await put('expired', `${first.kind} expired`, pki.card(first.kind, first, { notAfter }))
  }
  const service = { nationalId: '', familyName: '', givenName: '' }
  await put('service', 'CPE of a service', pki.card('CPE', service, { subject: SERVICE_CARD }))

  const lists = await Promise.all(
    [pki.strong, pki.standard].map(async (authority, at) => {
      const name = at === 0 ? 'strong' : 'standard'
      const file = join(folder, `${name}-given.crl`)
      await writeFile(
        file,
        pki.list(
          authority,
          revoked.map((serial) => ({ serial })),
        ),
      )
      return [name, { of: authority.commonName, file }] as const
    }),
  )
  const settings = cardsSchema.parse({
    authorities: ['made for this run'],
    issuers: [pki.strong.commonName, pki.standard.commonName],
    lists: Object.fromEntries(lists),
    folder: join(folder, 'lists'),
  })
  return {
    settings: { ...settings, authorities: authorities.map(({ certificate }) => certificate) },
    cards,
    authorities: pki.pem,
  }
}
