import { LRUCache } from 'lru-cache'
import { AuthorityInfoAccessSyntax, id_ad_ocsp, id_pe_authorityInfoAccess } from '@peculiar/asn1-x509'
import type { Clock } from '../../../lib/clock.ts'
import type { Random } from '../../../lib/random.ts'
import type { Authority } from '../authorities.ts'
import type { ReadCertificate } from '../certificate.ts'
import { extensionValue } from '../extension-value.ts'
import type { HeldLists } from '../lists/held-lists.ts'
import { isRevoked } from '../lists/list.ts'
import { serialDigest } from '../lists/serials.ts'
import type { Standing } from '../standing.ts'
import { post } from './post.ts'
import { certificateId, writeQuestion } from './question.ts'
import { readAnswer, type Answered } from './read-answer.ts'

/** What the responder that a certificate names says of it. */
export interface OcspAnswers {
  of(certificate: ReadCertificate, issuer: Authority): Promise<Standing>
}

export const NO_OCSP: OcspAnswers = { of: () => Promise.resolve({ unknown: 'not asked' }) }

export interface OcspParts {
  readonly settings: { readonly timeout: number; readonly nonce: 'required' | 'if-given'; readonly 'keep-for': number }
  /** Of revoked certificates: the responder's own may be among them. */
  readonly lists: Pick<HeldLists, 'of'>
  readonly clock: Clock
  readonly random: Random
}

/** RFC 8954: at most 32. */
const NONCE_BYTES = 24

const KEPT = 5_000

/** For so long nobody waits again for a responder that did not answer, milliseconds. */
const REST = 10_000

/** The first responder that the certificate names; its authority has signed that. */
const responderOf = (certificate: ReadCertificate): string | undefined =>
  Array.from(extensionValue(certificate, id_pe_authorityInfoAccess, AuthorityInfoAccessSyntax) ?? [])
    .filter(({ accessMethod }) => accessMethod === id_ad_ocsp)
    .map(({ accessLocation }) => accessLocation.uniformResourceIdentifier ?? '')
    .find((url) => /^https?:\/\//.test(url) && URL.canParse(url))

/** Asks responders, each about one certificate, and remembers for a while what they said. */
export const createOcspAnswers = ({ settings, lists, clock, random }: OcspParts): OcspAnswers => {
  const remembered = new LRUCache<string, Answered & { readonly until: number }>({ max: KEPT })
  const silentUntil = new Map<string, number>()

  const ask = async (url: string, certificate: ReadCertificate, issuer: Authority): Promise<Standing> => {
    const id = certificateId(certificate, issuer)
    const nonce = Buffer.from(random.token(NONCE_BYTES), 'base64url')
    const got = await post(url, writeQuestion(id, nonce), settings.timeout)
    const now = clock.now()
    if (!got.ok) {
      silentUntil.set(url, now + REST)
      return { unknown: `OCSP: ${got.reason}` }
    }
    const answer = readAnswer(got.value, {
      ...{ id, nonce, issuer, now, needsNonce: settings.nonce === 'required' },
      isRevoked: ({ serialNumber }, by) => {
        const list = lists.of(by.id)
        return list !== undefined && isRevoked(list, serialDigest(serialNumber))
      },
    })
    if (!answer.ok) return { unknown: `OCSP: ${answer.reason}` }
    const { standing, until } = answer.value
    const kept = now + settings['keep-for']
    if (typeof standing === 'string')
      remembered.set(`${issuer.id} ${certificate.serial}`, { standing, until: Math.min(kept, until ?? kept) })
    return standing
  }

  return {
    of: async (certificate, issuer) => {
      const known = remembered.get(`${issuer.id} ${certificate.serial}`)
      if (known !== undefined && clock.now() <= known.until) return known.standing
      const url = responderOf(certificate)
      if (url === undefined) return { unknown: 'OCSP: the card names no responder' }
      if (clock.now() < (silentUntil.get(url) ?? 0)) return { unknown: 'OCSP: the responder has just not answered' }
      return ask(url, certificate, issuer)
    },
  }
}
