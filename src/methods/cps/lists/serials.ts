import { hash } from 'node:crypto'

/**
 * Serial numbers as a list holds them: the first 64 bits of a digest each, sorted, in one block of memory. 100,000 revoked
 * cards are 800 kB, and any process takes them over as they are. Two cards of one digest could only refuse one of them
 * wrongly, once in 10^14 with such a list.
 */
export type Serials = BigUint64Array<ArrayBuffer>

/** @param serial bytes of the INTEGER; the zero before a high first bit does not count */
export const serialDigest = (serial: Uint8Array): bigint => {
  let from = 0
  while (from < serial.length - 1 && serial[from] === 0) from += 1
  return hash('sha256', serial.subarray(from), 'buffer').readBigUInt64BE(0)
}

export const sortedSerials = (digests: readonly bigint[]): Serials => BigUint64Array.from(digests).sort()

export const hasSerial = (serials: Serials, digest: bigint): boolean => {
  let [low, high] = [0, serials.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((serials[middle] ?? 0n) < digest) low = middle + 1
    else high = middle
  }
  return serials[low] === digest
}
