import { createHash } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import { Time } from '@peculiar/asn1-x509'
import type { Authority } from '../../../deploy/demo/igc-sante/authority.ts'
import { algorithmOf, signatureOver } from '../../../deploy/demo/igc-sante/signing.ts'

const element = (tag: number, ...contents: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(contents)
  const digits = content.length.toString(16)
  const length =
    content.length < 0x80
      ? Buffer.of(content.length)
      : Buffer.concat([
          Buffer.of(0x80 + Math.ceil(digits.length / 2)),
          Buffer.from(digits.padStart(2 * Math.ceil(digits.length / 2), '0'), 'hex'),
        ])
  return Buffer.concat([Buffer.of(tag), length, content])
}

const der = (value: object): Buffer => Buffer.from(AsnConvert.serialize(value))

const HOUR = 3_600_000

/** CRLNumber 7, as an extension. */
const NUMBER = Buffer.from('300a0603551d140403020107', 'hex')

/** A list of so many serial numbers of 16 bytes, in DER: the library would need a gigabyte to write 5 MB. */
export const writeLargeList = (issuer: Authority, count: number, now: number): Uint8Array<ArrayBuffer> => {
  const date = der(new Time(new Date(now - HOUR)))
  const entries: Buffer[] = []
  for (let at = 0; at < count; at += 1) {
    const serial = createHash('sha256').update(`revoked ${at}`).digest().subarray(0, 16)
    serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
    entries.push(element(0x30, element(0x02, serial), date))
  }
  const algorithm = der(algorithmOf(issuer.keys, 'sha256'))
  const signed = element(
    0x30,
    ...[element(0x02, Buffer.of(1)), algorithm, der(issuer.name), date, der(new Time(new Date(now + 24 * HOUR)))],
    ...[element(0x30, Buffer.concat(entries)), element(0xa0, element(0x30, NUMBER))],
  )
  const signature = new Uint8Array(signatureOver(Uint8Array.from(signed).buffer, issuer.keys, 'sha256'))
  return Uint8Array.from(element(0x30, signed, algorithm, element(0x03, Buffer.of(0), signature)))
}
