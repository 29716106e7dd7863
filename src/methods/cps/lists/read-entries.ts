import { contentOf, DerFault, expectAt, elementAt, TAG, type Element } from './der.ts'
import type { ReadList } from './list.ts'
import { serialDigest, sortedSerials } from './serials.ts'

/** OIDs as they are written: 2.5.29.x. */
const EXTENSION = { reason: 0x15, holdInstruction: 0x17, invalidityDate: 0x18 } as const

const REMOVE_FROM_CRL = 8

/** The reason of an entry. @throws {DerFault} when it says something critical that we do not understand */
const reasonOf = (bytes: Uint8Array, extensions: Element): number => {
  let reason = 0
  for (let at = extensions.content; at < extensions.end;) {
    const extension = expectAt(bytes, at, extensions.end, TAG.sequence)
    at = extension.end
    const id = expectAt(bytes, extension.content, extension.end, 0x06)
    let value = elementAt(bytes, id.end, extension.end)
    const isCritical = value.tag === TAG.boolean && bytes[value.content] !== 0
    if (value.tag === TAG.boolean) value = elementAt(bytes, value.end, extension.end)
    const [joint, directory, arc, ...more] = contentOf(bytes, id)
    const known = joint === 0x55 && directory === 0x1d && more.length === 0 ? arc : undefined
    if (known === EXTENSION.reason && value.tag === TAG.octetString) {
      const code = expectAt(bytes, value.content, value.end, TAG.enumerated)
      reason = bytes[code.content] ?? 0
    } else if (isCritical && known !== EXTENSION.holdInstruction && known !== EXTENSION.invalidityDate) {
      // Such as the issuer of an entry in a list on behalf of others (RFC 5280 §5.3.3).
      throw new DerFault('critical extension of an entry')
    }
  }
  return reason
}

/** The revoked serial numbers; a delta may also take some back. @throws {DerFault} */
export const readEntries = (
  bytes: Uint8Array,
  entries: Element | null,
  isDelta: boolean,
): Pick<ReadList, 'revoked' | 'restored'> => {
  const [revoked, restored]: [bigint[], bigint[]] = [[], []]
  const end = entries?.end ?? 0
  for (let at = entries?.content ?? 0; at < end;) {
    const entry = expectAt(bytes, at, end, TAG.sequence)
    const serial = expectAt(bytes, entry.content, entry.end, TAG.integer)
    const date = elementAt(bytes, serial.end, entry.end)
    const reason = date.end < entry.end ? reasonOf(bytes, expectAt(bytes, date.end, entry.end, TAG.sequence)) : 0
    const digest = serialDigest(contentOf(bytes, serial))
    if (isDelta && reason === REMOVE_FROM_CRL) restored.push(digest)
    else revoked.push(digest)
    at = entry.end
  }
  return { revoked: sortedSerials(revoked), restored: sortedSerials(restored) }
}
