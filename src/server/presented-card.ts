import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'

/** A certificate as somebody showed it: nothing of it is judged yet. DER. */
export interface PresentedCard {
  readonly leaf: Buffer
  /** What came along, for the way up to an authority. */
  readonly others: readonly Buffer[]
}

/** More than any chain has. */
const MAX_OTHERS = 8

/** The certificate of this very handshake: the listener takes up none of before. Null when none was shown. */
export const cardOfHandshake = ({ socket }: IncomingMessage): PresentedCard | null => {
  if (!(socket instanceof TLSSocket)) return null
  const leaf = socket.getPeerX509Certificate()
  if (leaf === undefined) return null
  const others: Buffer[] = []
  // A self-signed certificate is its own issuer, and would be followed without end.
  for (let next = leaf.issuerCertificate; next !== undefined; next = next.issuerCertificate) {
    if (others.length === MAX_OTHERS || others.some((known) => known.equals(next.raw))) break
    others.push(next.raw)
  }
  return { leaf: leaf.raw, others }
}
