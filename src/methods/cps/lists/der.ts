/**
 * Just enough of DER (X.690) to walk through a list of several megabytes without an object for each part of it. What has a
 * meaning is read by the library; this only finds where it stands. Read in a thread of its own.
 */
export interface Element {
  readonly tag: number
  /** Where it begins, tag included. */
  readonly start: number
  /** Where its content begins. */
  readonly content: number
  readonly end: number
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  enumerated: 0x0a,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  context0: 0xa0,
} as const

export class DerFault extends Error {}

/** @throws {DerFault} when no element of DER stands there that ends within `limit` */
export const elementAt = (bytes: Uint8Array, at: number, limit: number): Element => {
  const [tag, first] = [bytes[at], bytes[at + 1]]
  if (tag === undefined || first === undefined || at + 2 > limit || (tag & 0x1f) === 0x1f) throw new DerFault('cut off')
  let content = at + 2
  let length = first
  if (first >= 0x80) {
    const digits = first - 0x80
    // 0x80 alone is BER's open end; four digits are 4 GB.
    if (digits === 0 || digits > 4) throw new DerFault('length')
    length = 0
    for (let digit = 0; digit < digits; digit += 1) length = length * 256 + (bytes[content + digit] ?? 0)
    content += digits
    if (length < 0x80 || length < 256 ** (digits - 1)) throw new DerFault('length not in DER')
  }
  if (content + length > limit) throw new DerFault('cut off')
  return { tag, start: at, content, end: content + length }
}

/** @throws {DerFault} when something else stands there */
export const expectAt = (bytes: Uint8Array, at: number, limit: number, tag: number): Element => {
  const element = elementAt(bytes, at, limit)
  if (element.tag !== tag) throw new DerFault(`tag ${element.tag} in place of ${tag}`)
  return element
}

/** The element as it is written, tag included. */
export const whole = (bytes: Uint8Array, { start, end }: Element): Uint8Array => bytes.subarray(start, end)

export const contentOf = (bytes: Uint8Array, { content, end }: Element): Uint8Array => bytes.subarray(content, end)
