import { isNationalId } from '../../accounts/national-id.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import type { Card, CardFault } from './card.ts'
import type { ReadCertificate } from './certificate.ts'
import { attributesOf, textOf } from './subject.ts'

type Person = Pick<Card, 'nationalId' | 'familyName' | 'givenName'>

const unreadable = (cause: string) => refuse<CardFault>({ reason: 'identity-unreadable', cause })

const anonymous = (cause: string) => refuse<CardFault>({ reason: 'not-personal', cause })

/**
 * Whose card it is: the PS_IdNat in the only common name of the subject, and the name of a person beside it. A card without
 * a person's name is one of a service, which lies on a desk.
 */
export const readPerson = ({ fields }: ReadCertificate): Result<Person, CardFault> => {
  const { CN, SN, GN, pseudonym } = attributesOf(fields.subject)
  if (pseudonym.length > 0) return anonymous('pseudonym')
  if (SN.length === 0 || GN.length === 0) return anonymous('no name of a person')
  if (CN.length !== 1) return unreadable(CN.length === 0 ? 'no common name' : 'several common names')
  if (SN.length > 1 || GN.length > 1) return unreadable('several names')
  const [nationalId, familyName, givenName] = [textOf(CN[0]), textOf(SN[0]), textOf(GN[0])]
  if (nationalId === null || !isNationalId(nationalId)) return unreadable('not a PS_IdNat')
  if (familyName === null || givenName === null) return unreadable('a name with odd characters')
  return accept({ nationalId, familyName, givenName })
}
