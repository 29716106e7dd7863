import type { IncomingMessage } from 'node:http'

/** `incomplete`: the visitor left, or did not send it in time; `busy`: others are being read already. */
export type BodyRead = Buffer | 'too-large' | 'incomplete' | 'busy'

/** Reads a body to the end, at most `limit` bytes; never throws. A body over the limit is not read to its end (W-11). */
export type ReadBody = (request: IncomingMessage, limit: number) => Promise<BodyRead>

/** The slowest line that a form of the usual limit comes through. */
const PATIENCE = 30_000
/** Bytes that are read at the same time, in one process: an ended store must not become an ended process. */
const BUDGET = 64 * 1024 * 1024

const read = (request: IncomingMessage, limit: number, patience: number): Promise<Exclude<BodyRead, 'busy'>> =>
  new Promise((resolve) => {
    const { socket } = request
    const chunks: Buffer[] = []
    let size = 0
    const finish = (result: Exclude<BodyRead, 'busy'>): void => {
      clearTimeout(timer)
      request.off('data', onData).off('end', onEnd)
      socket.off('close', onClose)
      // What still comes is thrown away as it comes.
      request.resume()
      resolve(result)
    }
    const onData = (chunk: Buffer): void => {
      size += chunk.length
      if (size > limit) finish('too-large')
      else chunks.push(chunk)
    }
    const onEnd = () => finish(Buffer.concat(chunks))
    const onClose = () => finish('incomplete')
    const timer = setTimeout(onClose, patience)
    request.on('data', onData).once('end', onEnd)
    // Not that of the request: it is silent when the connection was answered and ended for what stood in the body.
    socket.once('close', onClose)
    if (socket.destroyed) onClose()
  })

/** @param patience milliseconds from the first look to the last byte */
export const createBodyReader = (patience = PATIENCE, budget = BUDGET): ReadBody => {
  let underWay = 0
  return async (request, limit) => {
    const announced = Number(request.headers['content-length'] ?? limit)
    if (announced > limit) return 'too-large'
    if (underWay + announced > budget) return 'busy'
    underWay += announced
    try {
      return await read(request, limit, patience)
    } finally {
      underWay -= announced
    }
  }
}
