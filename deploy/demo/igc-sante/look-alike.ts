import { createAuthority, type Authority } from './authority.ts'
import {
  certifyKey,
  issueCard,
  subjectOf,
  type CardKind,
  type CardOptions,
  type Holder,
  type TestCard,
  type TestCertificate,
} from './card.ts'
import { toPem } from './certificate.ts'
import { CARD_TYPES } from './extensions.ts'
import { issueList, type ListOptions, type Revoked } from './revocation-list.ts'
import type { KeyKind, KeyPair } from './signing.ts'

type Given = Partial<Omit<CardOptions, 'now'>>

/** A look-alike of IGC-Santé: its roots, its authorities for people, their lists. */
export interface TestIgcSante {
  readonly root: Authority
  /** Issues CPS and CPF. */
  readonly strong: Authority
  /** Issues CPE and CPA. */
  readonly standard: Authority
  /** Shares the root and issues for organisations: no cards. */
  readonly organisations: Authority
  /** Certificates of root and authorities, PEM, as an operator would install them. */
  readonly pem: string
  card(kind: CardKind, holder: Holder, given?: Given): TestCard
  /** For a key that nobody but the card has. */
  certify(kind: CardKind, holder: Holder, publicKey: KeyPair['publicKey']): TestCertificate
  list(issuer: Authority, revoked?: readonly Revoked[], given?: Partial<ListOptions>): Uint8Array<ArrayBuffer>
}

export interface TestIgcSanteOptions {
  readonly now: number
  readonly keyKind?: KeyKind
}

const HOUR = 3_600_000

export const createTestIgcSante = ({ now: at, keyKind = 'p-256' }: TestIgcSanteOptions): TestIgcSante => {
  const now = new Date(at)
  const root = createAuthority('TEST AC RACINE IGC-SANTE FORT', { issuer: null, now, keyKind })
  const below = (commonName: string): Authority =>
    createAuthority(commonName, { issuer: root, now, keyKind, pathLength: 0 })
  const strong = below('TEST AC IGC-SANTE FORT PERSONNES')
  const standard = below('TEST AC IGC-SANTE STANDARD PERSONNES')
  const organisations = below('TEST AC IGC-SANTE FORT ORGANISATIONS')
  const usual = (kind: CardKind, holder: Holder) => ({
    issuer: kind === 'CPS' || kind === 'CPF' ? strong : standard,
    now,
    subject: subjectOf(kind, holder),
    type: CARD_TYPES[kind],
  })
  return {
    root,
    strong,
    standard,
    organisations,
    pem: [root, strong, standard, organisations].map(({ certificate }) => toPem(certificate)).join(''),
    card: (kind, holder, given = {}) => issueCard({ ...usual(kind, holder), keyKind, ...given }),
    certify: (kind, holder, publicKey) => certifyKey(usual(kind, holder), publicKey),
    list: (issuer, revoked = [], given = {}) =>
      issueList(issuer, {
        number: 1n,
        thisUpdate: new Date(at - HOUR),
        nextUpdate: new Date(at + 24 * HOUR),
        revoked,
        ...given,
      }),
  }
}
