import { cardsSchema } from '../../src/config/cards-schema.ts'
import type { CardSettings } from '../../src/config/instance.ts'
import type { TestIgcSante } from './igc-sante.ts'

/** Settings on cards as they are read from an instance file that trusts the test authorities. */
export const cardSettings = (
  pki: Pick<TestIgcSante, 'root' | 'strong' | 'standard' | 'organisations'>,
  folder: string,
  given: Partial<CardSettings> = {},
): CardSettings => ({
  ...cardsSchema.parse({
    authorities: ['unused.pem'],
    issuers: [pki.strong.commonName, pki.standard.commonName],
    folder,
  }),
  authorities: [pki.root, pki.strong, pki.standard, pki.organisations].map(({ certificate }) => certificate),
  ...given,
})
