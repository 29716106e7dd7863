import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { createFrameReader, encodeFrame, FrameError, MESSAGE_LIMIT, OPCODE, type Frame } from './websocket-frames.ts'

/** RFC 6455 §4.2.2. */
const acceptKey = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

const closePayload = (code: number): Buffer => Buffer.from([code >> 8, code & 0xff])

/** What is wrong with the handshake, or `undefined`. */
const handshakeFault = (request: IncomingMessage): 400 | 426 | undefined => {
  if (request.method !== 'GET' || request.headers.upgrade?.toLowerCase() !== 'websocket') return 400
  if (!/^[A-Za-z0-9+/]{22}==$/.test(request.headers['sec-websocket-key'] ?? '')) return 400
  return request.headers['sec-websocket-version'] === '13' ? undefined : 426
}

/** Last bytes, then the end of the connection: a peer that never closes its side must not keep it. */
const endWith = (socket: Duplex, bytes: Buffer | string): void => {
  socket.end(bytes, () => socket.destroy())
}

export const refuseUpgrade = (socket: Duplex, status: number, reason: string): void =>
  endWith(
    socket,
    `HTTP/1.1 ${status} ${reason}\r\nServer: Apache-Coyote/1.1\r\nSec-WebSocket-Version: 13\r\n` +
      'Content-Length: 0\r\nConnection: close\r\n\r\n',
  )

/** Sends each message back. @returns a function that closes the connection with « going away » (1001) */
const echo = (socket: Duplex, head: Buffer): (() => void) => {
  const read = createFrameReader()
  let parts: Buffer[] = []
  let opcode = 0
  const close = (code: number): void => endWith(socket, encodeFrame(OPCODE.close, closePayload(code)))
  const onData = (frame: Frame): void => {
    const isFirst = frame.opcode !== OPCODE.continuation
    if (isFirst !== (parts.length === 0)) throw new FrameError(1002, 'fragments out of order')
    if (isFirst) opcode = frame.opcode
    parts.push(frame.payload)
    const message = Buffer.concat(parts)
    if (message.length > MESSAGE_LIMIT) throw new FrameError(1009, 'message too long')
    if (!frame.final) return
    parts = []
    if (opcode === OPCODE.text && !isUtf8(message)) throw new FrameError(1007, 'text that is not UTF-8')
    socket.write(encodeFrame(opcode, message))
  }
  const onFrame = (frame: Frame): void => {
    if (frame.opcode <= OPCODE.binary) onData(frame)
    else if (frame.opcode === OPCODE.ping) socket.write(encodeFrame(OPCODE.pong, frame.payload))
    else if (frame.opcode === OPCODE.close) endWith(socket, encodeFrame(OPCODE.close, frame.payload.subarray(0, 2)))
    else if (frame.opcode !== OPCODE.pong) throw new FrameError(1002, 'unknown kind of frame')
  }
  const onChunk = (chunk: Buffer): void => {
    if (socket.writableEnded) return
    try {
      read(chunk).forEach(onFrame)
    } catch (thrown) {
      close(thrown instanceof FrameError ? thrown.closeCode : 1011)
    }
  }
  socket.on('data', onChunk)
  if (head.length > 0) onChunk(head)
  return () => close(1001)
}

/** Answers a handshake that the application has already agreed to. @returns how to close it, or `undefined` if refused */
export const acceptWebSocket = (request: IncomingMessage, socket: Duplex, head: Buffer): (() => void) | undefined => {
  const fault = handshakeFault(request)
  if (fault !== undefined) {
    refuseUpgrade(socket, fault, fault === 426 ? 'Upgrade Required' : 'Bad Request')
    return undefined
  }
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${acceptKey(request.headers['sec-websocket-key'] ?? '')}\r\n\r\n`,
  )
  return echo(socket, head)
}
