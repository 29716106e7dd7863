import type { Holder } from '../../deploy/demo/igc-sante/card.ts'

export { createTestIgcSante, type TestIgcSante } from '../../deploy/demo/igc-sante/look-alike.ts'
export type { TestCard } from '../../deploy/demo/igc-sante/card.ts'

/** Invented holders (RPPS and FINESS of nobody). */
export const CAMILLE: Holder = { nationalId: '899900000003', familyName: 'EXEMPLE', givenName: 'CAMILLE' }
export const ALIX: Holder = { nationalId: '3990000028/000000001', familyName: 'MODELE', givenName: 'ALIX' }
