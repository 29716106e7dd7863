/**
 * RFC 6455 framing, as much of it as an echo needs: for the demo only. The gate itself never looks into frames.
 */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

export interface Frame {
  readonly final: boolean
  readonly opcode: number
  readonly payload: Buffer
}

/** A violation of the protocol, with the code that the closing frame carries (RFC 6455 §7.4.1). */
export class FrameError extends Error {
  readonly closeCode: number

  constructor(closeCode: number, message: string) {
    super(message)
    this.name = 'FrameError'
    this.closeCode = closeCode
  }
}

export const MESSAGE_LIMIT = 16 * 1024 * 1024

/** One unfragmented frame, not masked, as servers send them. */
export const encodeFrame = (opcode: number, payload: Buffer): Buffer => {
  const { length } = payload
  if (length < 126) return Buffer.concat([Buffer.from([0x80 | opcode, length]), payload])
  const head = Buffer.alloc(length < 65_536 ? 4 : 10)
  head[0] = 0x80 | opcode
  head[1] = length < 65_536 ? 126 : 127
  if (length < 65_536) head.writeUInt16BE(length, 2)
  else head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, payload])
}

/** Length of the extended length, and the payload's length; `undefined` while too little has arrived. */
const lengthOf = (bytes: Buffer): { extra: number; length: number } | undefined => {
  const short = (bytes[1] ?? 0) & 0x7f
  if (short < 126) return { extra: 0, length: short }
  const extra = short === 126 ? 2 : 8
  if (bytes.length < 2 + extra) return undefined
  return { extra, length: short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2)) }
}

/** The frame at the start of `bytes` and what follows it; `undefined` while it is not complete. */
const takeFrame = (bytes: Buffer): { frame: Frame; rest: Buffer } | undefined => {
  if (bytes.length < 2) return undefined
  const first = bytes[0] ?? 0
  const opcode = first & 0x0f
  const isControl = opcode >= 8
  if ((first & 0x70) !== 0) throw new FrameError(1002, 'reserved bits set without an extension')
  if (((bytes[1] ?? 0) & 0x80) === 0) throw new FrameError(1002, 'frame of a client without a mask')
  const size = lengthOf(bytes)
  if (size === undefined) return undefined
  if (isControl && (size.length > 125 || (first & 0x80) === 0)) throw new FrameError(1002, 'control frame too long')
  if (size.length > MESSAGE_LIMIT) throw new FrameError(1009, 'message too long')
  const start = 2 + size.extra + 4
  if (bytes.length < start + size.length) return undefined
  const mask = bytes.subarray(start - 4, start)
  const payload = Buffer.from(bytes.subarray(start, start + size.length))
  for (let index = 0; index < payload.length; index += 1)
    payload[index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0)
  return { frame: { final: (first & 0x80) !== 0, opcode, payload }, rest: bytes.subarray(start + size.length) }
}

/** Collects bytes of a client and gives the frames that are complete. @throws {FrameError} */
export const createFrameReader = (): ((chunk: Buffer) => Frame[]) => {
  let waiting: Buffer = Buffer.alloc(0)
  return (chunk) => {
    waiting = Buffer.concat([waiting, chunk])
    const frames: Frame[] = []
    for (let taken = takeFrame(waiting); taken !== undefined; taken = takeFrame(waiting)) {
      frames.push(taken.frame)
      waiting = taken.rest
    }
    return frames
  }
}
