import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { simpleParser, type ParsedMail } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

/** A mail as it arrived: what mailparser reads, the envelope, and every byte. */
export interface ReceivedMail extends ParsedMail {
  readonly envelope: { readonly from: string; readonly to: readonly string[] }
  /** Whether it came over TLS, and as whom. */
  readonly secure: boolean
  readonly user: string | undefined
  readonly source: string
}

export interface SmtpRefusal {
  readonly at: 'connection' | 'sender' | 'recipient' | 'content'
  readonly status: number
}

export interface SmtpOptions {
  /** Default: none. `stripped`: a server whose STARTTLS offer is taken away on the line. */
  readonly tls?: 'none' | 'starttls' | 'stripped' | 'implicit'
  /** Certificate of the server (PEM); without it smtp-server's own, which nobody trusts. */
  readonly certificate?: { readonly key: string; readonly cert: string }
  /** The only login that is accepted; without it none is wanted. */
  readonly auth?: { readonly user: string; readonly password: string }
  /** Milliseconds before a mail is acknowledged. */
  readonly delay?: number
  /** Asked with the count of this stage so far, 1 first; undefined lets it pass. */
  readonly refuse?: (at: SmtpRefusal['at'], count: number) => number | undefined
}

export interface SmtpSink {
  readonly port: number
  readonly mails: readonly ReceivedMail[]
  /** Connections so far. */
  readonly connections: number
  /** The next mail that has not been handed out by this call yet. */
  next(): Promise<ReceivedMail>
  stop(): Promise<void>
}

class SmtpError extends Error {
  readonly responseCode: number
  constructor(responseCode: number) {
    super('refused by the test')
    this.responseCode = responseCode
  }
}

const optionsOf = (options: SmtpOptions): SMTPServerOptions => {
  const { tls = 'none', certificate, auth } = options
  return {
    secure: tls === 'implicit',
    ...certificate,
    disabledCommands: [...(tls === 'none' || tls === 'stripped' ? ['STARTTLS'] : []), ...(auth ? [] : ['AUTH'])],
    ...(auth === undefined ? { authOptional: true } : { allowInsecureAuth: tls === 'none' }),
    disableReverseLookup: true,
    closeTimeout: 100,
    logger: false,
  }
}

/** A mail server on a free port of the loopback interface that keeps what it receives. */
export const startSmtp = async (options: SmtpOptions = {}): Promise<SmtpSink> => {
  const mails: ReceivedMail[] = []
  const waiting: ((mail: ReceivedMail) => void)[] = []
  const counts = { connection: 0, sender: 0, recipient: 0, content: 0 }
  let handedOut = 0

  const refusalAt = (at: SmtpRefusal['at']): SmtpError | undefined => {
    counts[at] += 1
    const status = options.refuse?.(at, counts[at])
    return status === undefined ? undefined : new SmtpError(status)
  }
  const handOut = () => {
    for (let mail = mails[handedOut]; mail !== undefined && waiting.length > 0; mail = mails[handedOut]) {
      handedOut += 1
      waiting.shift()?.(mail)
    }
  }

  const server = new SMTPServer({
    ...optionsOf(options),
    onConnect: (_session, done) => done(refusalAt('connection')),
    onMailFrom: (_address, _session, done) => done(refusalAt('sender')),
    onRcptTo: (_address, _session, done) => done(refusalAt('recipient')),
    onAuth: ({ username, password }, _session, done) =>
      username === options.auth?.user && password === options.auth?.password
        ? done(null, { user: username })
        : done(new SmtpError(535)),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const refusal = refusalAt('content')
        if (refusal !== undefined) {
          done(refusal)
          return
        }
        const source = Buffer.concat(chunks)
        const { mailFrom, rcptTo } = session.envelope
        void simpleParser(source).then((parsed) => {
          const envelope = {
            from: mailFrom === false ? '' : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
          }
          const { secure } = session
          const user = session.user as string | undefined
          mails.push(Object.assign(parsed, { envelope, secure, user, source: source.toString('latin1') }))
          setTimeout(() => {
            done()
            handOut()
          }, options.delay ?? 0)
        }, done)
      })
    },
  })
  // A client that refuses our certificate ends the connection in mid-handshake: that is what such a test wants.
  server.on('error', () => {})
  const listener = server.listen(0, '127.0.0.1')
  await once(listener, 'listening')

  return {
    port: (listener.address() as AddressInfo).port,
    mails,
    get connections() {
      return counts.connection
    },
    next: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
        handOut()
      }),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

export interface Tarpit {
  readonly port: number
  readonly connections: number
  stop(): Promise<void>
}

export interface TarpitOptions {
  /** Milliseconds between two bytes of an answer without an end; silent without. */
  readonly trickle?: number
  /** Greets as a mail server does, and gets nowhere from the first command on. */
  readonly greets?: boolean
}

/** A mail server that accepts connections and never gets anywhere (E-02). */
export const startTarpit = async ({ trickle, greets = false }: TarpitOptions = {}): Promise<Tarpit> => {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    sockets.add(socket)
    let timer: NodeJS.Timeout | undefined
    const begin = () => {
      if (trickle !== undefined) timer = setInterval(() => socket.write('2'), trickle)
    }
    if (greets) {
      socket.write('220 tarpit.example.test ESMTP\r\n')
      socket.once('data', begin)
    } else begin()
    socket.on('error', () => {})
    socket.on('close', () => {
      clearInterval(timer)
      sockets.delete(socket)
    })
    socket.resume()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
