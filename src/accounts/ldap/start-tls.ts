import type { Socket } from 'node:net'

/** LDAPMessage 1, ExtendedRequest 1.3.6.1.4.1.1466.20037 (RFC 4511 §4.14.1): always these bytes. */
const REQUEST = Buffer.concat([
  Buffer.from([0x30, 0x1d, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, 0x16]),
  Buffer.from('1.3.6.1.4.1.1466.20037'),
])

const SEQUENCE = 0x30
const EXTENDED_RESPONSE = 0x78
const LONGEST = 4_096

interface Element {
  /** Where its content begins, and where it ends. */
  readonly from: number
  readonly to: number
}

/** The BER element at a place, with a length in one to five bytes; null when not enough of it is there. */
const elementAt = (bytes: Buffer, at: number, tag: number): Element | null => {
  if (bytes.length <= at + 1) return null
  if (bytes[at] !== tag) throw new Error('the answer to StartTLS is not LDAP')
  const first = bytes[at + 1] ?? 0
  const size = first < 0x80 ? 0 : first & 0x7f
  if (size > 4 || (first >= 0x80 && size === 0)) throw new Error('the answer to StartTLS is not LDAP')
  const from = at + 2 + size
  if (bytes.length < from) return null
  return { from, to: from + (size === 0 ? first : bytes.readUIntBE(at + 2, size)) }
}

/** The result code of the whole answer; null while there is only a part of it. */
const resultIn = (bytes: Buffer): number | null => {
  const message = elementAt(bytes, 0, SEQUENCE)
  if (message !== null && message.to > LONGEST) throw new Error('the answer to StartTLS is too long')
  if (message === null || bytes.length < message.to) return null
  // What a listener in the middle adds here would be read as the directory's word once the channel is encrypted.
  if (bytes.length > message.to) throw new Error('more than the answer to StartTLS has come')
  if (bytes.subarray(message.from, message.from + 3).compare(Buffer.from([0x02, 0x01, 0x01])) !== 0) {
    throw new Error('this is not the answer to StartTLS')
  }
  const response = elementAt(bytes, message.from + 3, EXTENDED_RESPONSE)
  const code = response === null ? null : elementAt(bytes, response.from, 0x0a)
  if (code === null || code.to !== code.from + 1 || code.to > bytes.length) {
    throw new Error('the answer to StartTLS is not LDAP')
  }
  return bytes[code.from] ?? null
}

/**
 * Asks for encryption on a fresh connection and comes back when the next byte must be TLS. Written here and not left to the
 * client: that reads on after the answer, so that whoever sits between could put words there which count as said under
 * encryption (G-08).
 * @throws {Error} when the server does not agree, or says anything more
 */
export const startTls = async (socket: Socket): Promise<void> => {
  const code = await new Promise<number>((resolve, reject) => {
    let bytes = Buffer.alloc(0)
    const settle = (): void => {
      socket.off('data', onData).off('error', fail).off('close', onClose)
      socket.pause()
    }
    const fail = (thrown: unknown): void => {
      settle()
      reject(thrown instanceof Error ? thrown : new Error('StartTLS failed'))
    }
    const onClose = (): void => fail(new Error('the connection was closed instead of StartTLS'))
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk])
      try {
        const result = resultIn(bytes)
        if (result === null) return
        settle()
        resolve(result)
      } catch (thrown) {
        fail(thrown)
      }
    }
    socket.on('data', onData).on('error', fail).on('close', onClose)
    socket.write(REQUEST)
  })
  if (code !== 0) throw new Error(`the directory refuses StartTLS (result ${code})`)
}
