import type { IncomingMessage } from 'node:http'

export interface ReceivedHeader {
  readonly name: string
  /** As it came over the wire, one character a byte. */
  readonly raw: string
  /** Decoded by the form that the gate documents: percent-encoded UTF-8 (`identity.encoding: percent-utf8`). */
  readonly value: string
}

/** The names under which gates usually speak of the person; what the site file really names is among them. */
const IDENTITY_NAME = /^(remote-user|x-remote-.+|x-user|x-user-.+|x-auth-.+|x-portillon-.+)$/i

const percentDecode = (raw: string): string => {
  try {
    return decodeURIComponent(raw)
  } catch {
    return raw
  }
}

/** What the application received, doubled names kept apart: a doubled identity header must be seen, not joined (H-01). */
export const receivedHeaders = (request: IncomingMessage): { identity: ReceivedHeader[]; other: ReceivedHeader[] } => {
  const all: ReceivedHeader[] = []
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? ''
    const raw = request.rawHeaders[index + 1] ?? ''
    all.push({ name, raw, value: IDENTITY_NAME.test(name) ? percentDecode(raw) : raw })
  }
  return {
    identity: all.filter(({ name }) => IDENTITY_NAME.test(name)),
    other: all.filter(({ name }) => !IDENTITY_NAME.test(name)),
  }
}
