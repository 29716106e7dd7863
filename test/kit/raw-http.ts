import { connect, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { announcedFraming, readMessage, type Framing, type Head, type HttpMessage } from './http-message.ts'

/**
 * A visitor who writes bytes: what a well-behaved client library would correct, refuse or join is sent as given, and the
 * answers are read without correction.
 */

export interface RawTarget {
  readonly port: number
  readonly host?: string
  /** Loopback address from which to come, 127.0.0.1 when not said: another peer to whoever looks. */
  readonly from?: string
  /** Speaks TLS with these options. */
  readonly tls?: ConnectionOptions
}

export interface RawAnswer extends HttpMessage {
  readonly status: number
}

export interface RawConnection {
  readonly socket: Socket
  write(bytes: string | Buffer): void
  /**
   * The next answer, interim ones (1xx but 101) included.
   * @param method of the request it answers: an answer to HEAD has no body
   * @throws {Error} quoting what came, when the connection closes first or nothing complete comes within the limit
   */
  answer(method?: string): Promise<RawAnswer>
  /** Received but not part of an answer read so far: what follows a 101, or an answer nobody asked for. */
  rest(): Buffer
  /** Waits until the other side has closed (`true`) or the limit has passed (`false`). */
  closed(limit?: number): Promise<boolean>
  /** Waits until `milliseconds` pass without a byte, or the end: to show that nothing more comes. */
  quiet(milliseconds?: number): Promise<void>
  destroy(): void
}

const LIMIT = 10_000

const statusOf = (startLine: string): number => {
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(startLine)?.[1]
  if (status === undefined) throw new Error(`not a status line: ${startLine}`)
  return Number(status)
}

/** RFC 9112 §6.3. */
const framingOfAnswer =
  (method: string) =>
  ({ startLine, headers }: Head): Framing => {
    const status = statusOf(startLine)
    if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return { length: 0 }
    return announcedFraming(headers) ?? 'until-close'
  }

/** Text is sent as latin1, one byte a character. */
const toBytes = (bytes: string | Buffer) => (typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)

/** Opens a connection. It is the caller's to destroy. */
export const openRaw = async ({ port, host = '127.0.0.1', from, tls }: RawTarget): Promise<RawConnection> => {
  const at = { port, host, ...(from === undefined ? {} : { localAddress: from }) }
  const socket = tls === undefined ? connect(at) : connectTls({ ...at, ...tls })
  let received: Buffer = Buffer.alloc(0)
  let ended = false
  const changes = new EventTarget()
  const changed = () => changes.dispatchEvent(new Event('change'))
  socket.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes])
    changed()
  })
  const onEnd = () => {
    ended = true
    changed()
  }
  socket.on('end', onEnd)
  socket.on('close', onEnd)
  await new Promise<void>((open, failed) => {
    socket.once(tls === undefined ? 'connect' : 'secureConnect', open)
    socket.once('error', failed)
  })
  // A reset is an end like another; tests look at what came before it.
  socket.on('error', onEnd)

  /** Looks again after every change until `look` finds something; undefined after `limit` milliseconds. */
  const watch = <Found>(look: () => Found | undefined, limit: number): Promise<Found | undefined> =>
    new Promise((done, failed) => {
      const settle = (found: Found | undefined) => {
        clearTimeout(timer)
        changes.removeEventListener('change', check)
        done(found)
      }
      const check = () => {
        try {
          const found = look()
          if (found !== undefined) settle(found)
        } catch (error) {
          clearTimeout(timer)
          failed(error instanceof Error ? error : new Error(String(error)))
        }
      }
      const timer = setTimeout(() => settle(undefined), limit)
      changes.addEventListener('change', check)
      check()
    })

  return {
    socket,
    write: (bytes) => void socket.write(toBytes(bytes)),
    answer: async (method = 'GET') => {
      const framing = framingOfAnswer(method)
      const message = await watch(() => readMessage(received, framing, ended) ?? (ended ? null : undefined), LIMIT)
      if (message === null || message === undefined) {
        const why = ended ? 'connection closed' : `nothing complete within ${LIMIT} ms`
        throw new Error(`${why}, after: ${JSON.stringify(received.toString('latin1'))}`)
      }
      received = received.subarray(message.raw.length)
      return { ...message, status: statusOf(message.startLine) }
    },
    rest: () => Buffer.from(received),
    closed: async (limit = LIMIT) => (await watch(() => (ended ? true : undefined), limit)) ?? false,
    quiet: async (milliseconds = 200) => {
      for (let size = -1; size !== received.length && !ended;) {
        size = received.length
        await watch(() => (ended || received.length !== size ? true : undefined), milliseconds)
      }
    },
    destroy: () => socket.destroy(),
  }
}

/**
 * Sends bytes on a connection of their own and gives the answer to one request; interim 1xx answers are passed over.
 * @param bytes text is sent as latin1, one byte a character
 */
export const sendRaw = async (target: RawTarget, bytes: string | Buffer): Promise<RawAnswer> => {
  const [answer] = await sendRawAll(target, bytes, 1)
  if (answer === undefined) throw new Error('no answer')
  return answer
}

/** Sends pipelined requests on one connection and gives their final answers, `count` of them, in order. */
export const sendRawAll = async (
  target: RawTarget,
  bytes: string | Buffer,
  count: number,
): Promise<readonly RawAnswer[]> => {
  const connection = await openRaw(target)
  const method = /^[A-Z]+/.exec(toBytes(bytes).toString('latin1', 0, 20))?.[0]
  try {
    connection.write(bytes)
    const answers: RawAnswer[] = []
    while (answers.length < count) {
      const answer = await connection.answer(method)
      if (answer.status >= 200 || answer.status === 101) answers.push(answer)
    }
    return answers
  } finally {
    connection.destroy()
  }
}

/** Sends bytes and gives every answer that comes until the other side closes or falls silent for `silence` milliseconds. */
export const sendRawUntilQuiet = async (
  target: RawTarget,
  bytes: string | Buffer,
  silence = 300,
): Promise<{ readonly answers: readonly RawAnswer[]; readonly rest: Buffer; readonly closed: boolean }> => {
  const connection = await openRaw(target)
  try {
    connection.write(bytes)
    await connection.quiet(silence)
    const closed = await connection.closed(0)
    const answers: RawAnswer[] = []
    while (/^HTTP\/1\.[01] \d{3}[\s\S]*\r\n\r\n/.test(connection.rest().toString('latin1')))
      answers.push(await connection.answer())
    return { answers, rest: connection.rest(), closed }
  } finally {
    connection.destroy()
  }
}
