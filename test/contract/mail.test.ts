import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { after, describe, it, type TestContext } from 'node:test'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog, type Log, type LogFields } from '../../src/lib/log.ts'
import { systemRandom } from '../../src/lib/random.ts'
import type { Mail, Mailer } from '../../src/mail/mail.ts'
import { createMailer } from '../../src/mail/mailer.ts'
import { createOutbox } from '../../src/mail/outbox.ts'
import { createSmtpTransport } from '../../src/mail/smtp.ts'
import { makeCertificate } from '../kit/certificate.ts'
import { startSmtp, startTarpit, type SmtpOptions, type SmtpSink } from '../kit/smtp.ts'

const MAIL: Mail = {
  from: 'Réseau ONCO <WebDCR@example.test>',
  to: 'zoe.oeuvrard@hopital.example.test',
  subject: 'Votre code de connexion au DCC',
  text: 'Votre code est 042 817. Œuvre à l’hôpital.\n',
  html: '<p>Votre code est <b>042 817</b>. Œuvre à l’hôpital.</p>\n',
  language: 'fr',
}

const certificate = makeCertificate('localhost', '127.0.0.1')

interface Line extends LogFields {
  readonly message: string
}
const recordingLog = (): { log: Log; lines: Line[] } => {
  const lines: Line[] = []
  const write = (fields: LogFields, message: string) => void lines.push({ ...fields, message })
  return { lines, log: { debug: write, info: write, warn: write, error: write } }
}

interface Settings {
  readonly security?: 'starttls' | 'tls' | 'none'
  readonly timeout?: number
  /** What the transport alone would wait for. */
  readonly patience?: number
  readonly host?: string
  readonly user?: string
  readonly password?: string
  readonly ca?: string
  readonly backOff?: readonly number[]
  readonly capacity?: number
  readonly log?: Log
}

const mailerTo = (port: number, settings: Settings = {}): Mailer => {
  const { security = 'none', timeout = 2_000, host = '127.0.0.1', ca, log = silentLog, backOff = [5, 5] } = settings
  const { user, password, capacity, patience = timeout } = settings
  const login = user === undefined ? {} : { user, password }
  const smtp = { host, port, security, timeout: patience, ...login }
  const transport = createSmtpTransport(smtp, ca === undefined ? {} : { ca })
  const queue = capacity === undefined ? {} : { capacity }
  return createMailer({ transport, log, clock: systemClock, random: systemRandom, timeout, backOff, ...queue })
}

const outcome = (mailer: Mailer, mail: Mail = MAIL): Promise<string> =>
  new Promise((resolve) => mailer.enqueue(mail, resolve))

/** A sink and a mailer for one test, both gone after it. */
const between = async (t: TestContext, options: SmtpOptions, settings: Settings = {}) => {
  const sink = await startSmtp(options)
  const mailer = mailerTo(sink.port, settings)
  t.after(async () => {
    await mailer.close(1_000)
    await sink.stop()
  })
  return { sink, mailer }
}

describe('every mail transport', () => {
  const sinks: SmtpSink[] = []
  after(() => Promise.all(sinks.map((sink) => sink.stop())))

  const outboxPair = () => {
    const transport = createOutbox({ clock: systemClock })
    return { transport, arrived: () => transport.list().map(({ to, subject, text }) => ({ to, subject, text })) }
  }
  const smtpPair = async () => {
    const sink = await startSmtp()
    sinks.push(sink)
    const smtp = { host: '127.0.0.1', port: sink.port, security: 'none' as const, timeout: 2_000 }
    const arrived = () =>
      sink.mails
        .map(({ envelope, subject, text }) => ({ to: envelope.to.join(), subject: subject ?? '', text: text ?? '' }))
        .reverse()
    return { transport: createSmtpTransport(smtp), arrived }
  }

  for (const [name, make] of [
    ['outbox', outboxPair],
    ['smtp', smtpPair],
  ] as const) {
    it(`${name}: hands over address, subject and text unchanged, newest first`, async () => {
      const { transport, arrived } = await make()
      const mailer = createMailer({ transport, log: silentLog, clock: systemClock, random: systemRandom })
      assert.equal(await outcome(mailer), 'sent')
      assert.equal(await outcome(mailer, { ...MAIL, subject: 'Autre' }), 'sent')
      await mailer.close(1_000)
      const { to, text } = MAIL
      assert.deepEqual(arrived(), [
        { to, subject: 'Autre', text },
        { to, subject: MAIL.subject, text },
      ])
    })

    it(`${name}: fails what comes after closing, at once`, async () => {
      const { transport, arrived } = await make()
      const mailer = createMailer({ transport, log: silentLog, clock: systemClock, random: systemRandom })
      await mailer.close(1_000)
      assert.equal(await outcome(mailer), 'failed')
      assert.deepEqual(arrived(), [])
    })
  }
})

describe('mail by SMTP', () => {
  it('says the same in text and HTML, with every letter, from the sender of the policy', async (t) => {
    const { sink, mailer } = await between(t, {})
    mailer.enqueue(MAIL)
    const mail = await sink.next()
    assert.equal(mail.text, MAIL.text)
    assert.equal(mail.html, MAIL.html)
    assert.equal(mail.from?.text, '"Réseau ONCO" <WebDCR@example.test>')
    assert.deepEqual(mail.envelope, { from: 'WebDCR@example.test', to: ['zoe.oeuvrard@hopital.example.test'] })
  })

  it('marks the mail as sent by a machine, in its language, dated, with an identity at the sender’s domain', async (t) => {
    const { sink, mailer } = await between(t, {})
    const before = Math.floor(Date.now() / 1_000) * 1_000
    mailer.enqueue(MAIL)
    const { headers, date, messageId } = await sink.next()
    assert.equal(headers.get('auto-submitted'), 'auto-generated')
    assert.equal(headers.get('x-auto-response-suppress'), 'All')
    assert.equal(headers.get('content-language'), 'fr')
    assert.match(messageId ?? '', /^<[\w-]{22}@example\.test>$/)
    assert.ok(date !== undefined && date.getTime() >= before && date.getTime() <= Date.now())
    assert.equal(headers.has('x-mailer'), false)
  })

  it('G-08: sends over STARTTLS, logged in, when the certificate is verified', async (t) => {
    const auth = { user: 'portillon', password: 'invented' }
    const { sink, mailer } = await between(
      t,
      { tls: 'starttls', certificate, auth },
      { security: 'starttls', host: 'localhost', ca: certificate.cert, ...auth },
    )
    assert.equal(await outcome(mailer), 'sent')
    const { secure, user } = await sink.next()
    assert.deepEqual({ secure, user }, { secure: true, user: 'portillon' })
  })

  it('G-08: sends over implicit TLS', async (t) => {
    const settings = { security: 'tls', host: 'localhost', ca: certificate.cert } as const
    const { sink, mailer } = await between(t, { tls: 'implicit', certificate }, settings)
    assert.equal(await outcome(mailer), 'sent')
    assert.equal((await sink.next()).secure, true)
  })

  it('G-08: refuses a server whose STARTTLS offer was stripped, without a second try and without a login in clear', async (t) => {
    const { log, lines } = recordingLog()
    const login = { user: 'portillon', password: 'invented' }
    const settings = { security: 'starttls', host: 'localhost', ca: certificate.cert, log, ...login } as const
    const { sink, mailer } = await between(t, { tls: 'stripped' }, settings)
    assert.equal(await outcome(mailer), 'failed')
    assert.equal(sink.connections, 1)
    assert.equal(sink.mails.length, 0)
    assert.deepEqual(
      lines.map(({ reason, tries }) => ({ reason, tries })),
      [{ reason: 'tls-refused', tries: 1 }],
    )
  })

  for (const [security, tls] of [
    ['starttls', 'starttls'],
    ['tls', 'implicit'],
  ] as const) {
    it(`G-08: refuses an unknown certificate and a certificate for another name (${security})`, async (t) => {
      const { log, lines } = recordingLog()
      const unknown = await between(t, { tls, certificate }, { security, host: 'localhost', log })
      assert.equal(await outcome(unknown.mailer), 'failed')
      const foreign = makeCertificate('other.example.test')
      const settings = { security, host: 'localhost', ca: foreign.cert, log } as const
      const named = await between(t, { tls, certificate: foreign }, settings)
      assert.equal(await outcome(named.mailer), 'failed')
      assert.deepEqual([unknown.sink.mails.length, named.sink.mails.length], [0, 0])
      assert.deepEqual(
        lines.map(({ reason }) => reason),
        ['tls-refused', 'tls-refused'],
      )
    })
  }
})

describe('a mail server that fails', () => {
  it('E-01: a connection that is refused is tried three times', async () => {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    const { log, lines } = recordingLog()
    const mailer = mailerTo(port, { log })
    assert.equal(await outcome(mailer), 'failed')
    await mailer.close(100)
    assert.deepEqual(
      lines.map(({ reason, tries }) => ({ reason, tries })),
      [{ reason: 'unreachable', tries: 3 }],
    )
  })

  for (const at of ['connection', 'sender', 'recipient', 'content'] as const) {
    it(`E-01: a 4xx answer (${at}) is tried again and the same mail arrives once`, async (t) => {
      const refuse = (stage: string, count: number) => (stage === at && count < 3 ? 451 : undefined)
      const { sink, mailer } = await between(t, { refuse })
      assert.equal(await outcome(mailer), 'sent')
      assert.equal(sink.mails.length, 1)
    })

    it(`E-01: a 5xx answer (${at}) is final`, async (t) => {
      const { log, lines } = recordingLog()
      let asked = 0
      const refuse = (stage: string, count: number) => (stage === at ? ((asked = count), 550) : undefined)
      const { sink, mailer } = await between(t, { refuse }, { log })
      assert.equal(await outcome(mailer), 'failed')
      assert.equal(asked, 1)
      assert.equal(sink.mails.length, 0)
      assert.deepEqual(
        lines.map(({ reason, status }) => ({ reason, status })),
        [{ reason: 'refused', status: 550 }],
      )
    })
  }

  it('E-01: a login that is refused is final', async (t) => {
    const { log, lines } = recordingLog()
    const auth = { user: 'portillon', password: 'right' }
    const { sink, mailer } = await between(t, { auth }, { user: 'portillon', password: 'wrong', log })
    assert.equal(await outcome(mailer), 'failed')
    assert.equal(sink.mails.length, 0)
    assert.deepEqual(
      lines.map(({ reason, status, tries }) => ({ reason, status, tries })),
      [{ reason: 'login-refused', status: 535, tries: 1 }],
    )
  })

  it('E-01: the queue is bounded, the caller never waits, and every mail has one outcome', async (t) => {
    const tarpit = await startTarpit()
    t.after(() => tarpit.stop())
    const mailer = mailerTo(tarpit.port, { timeout: 200, backOff: [], capacity: 10 })
    const outcomes: string[] = []
    for (let count = 0; count < 1_000; count += 1) mailer.enqueue(MAIL, (state) => outcomes.push(state))
    assert.equal(outcomes.length, 0)
    await Promise.resolve()
    assert.equal(outcomes.length, 1_000 - 4 - 10)
    await mailer.close(50)
    assert.equal(outcomes.length, 1_000)
    assert.deepEqual(new Set(outcomes), new Set(['failed']))
    assert.ok(tarpit.connections <= 4)
  })

  for (const [kind, trickle] of [
    ['says nothing', undefined],
    ['says one byte at a time', 20],
  ] as const) {
    it(`E-02: a tarpit that ${kind} ends with the limits of the mailer, however patient the transport is`, async (t) => {
      const tarpit = await startTarpit(trickle === undefined ? {} : { trickle })
      const { log, lines } = recordingLog()
      const mailer = mailerTo(tarpit.port, { timeout: 150, patience: 3_600_000, log })
      t.after(async () => {
        await mailer.close(100)
        await tarpit.stop()
      })
      assert.equal(await outcome(mailer), 'failed')
      assert.deepEqual(
        lines.map(({ reason }) => reason),
        ['timed-out'],
      )
    })
  }

  it('E-02: one slow mail does not hold the others up', async (t) => {
    const refuse = (at: string, count: number) => (at === 'content' && count === 1 ? 451 : undefined)
    const { sink, mailer } = await between(t, { refuse }, { backOff: [60_000] })
    const order: string[] = []
    mailer.enqueue(MAIL, () => order.push('slow'))
    assert.equal(await outcome(mailer, { ...MAIL, subject: 'Suivant' }), 'sent')
    assert.deepEqual(order, [])
    assert.deepEqual(
      sink.mails.map(({ subject }) => subject),
      ['Suivant'],
    )
    await mailer.close(0)
    assert.deepEqual(order, ['slow'])
  })

  it('closing waits for a mail under way', async (t) => {
    const { sink, mailer } = await between(t, { delay: 100 })
    const sent = outcome(mailer)
    await mailer.close(2_000)
    assert.equal(await sent, 'sent')
    assert.equal(sink.mails.length, 1)
  })

  it('G-02: the log holds neither code, nor text, nor the person’s part of the address', async (t) => {
    const { log, lines } = recordingLog()
    const refuse = (at: string, count: number) => (at === 'recipient' && count === 1 ? 550 : undefined)
    const { mailer } = await between(t, { refuse }, { log })
    assert.equal(await outcome(mailer), 'failed')
    assert.equal(await outcome(mailer), 'sent')
    assert.equal(await outcome(mailer, { ...MAIL, to: 'a@b, zoe.oeuvrard@hopital.example.test' }), 'failed')
    const written = JSON.stringify(lines)
    assert.equal(lines.length, 3)
    assert.match(written, /hopital\.example\.test/)
    assert.doesNotMatch(written, /oeuvrard|042|817|Votre|WebDCR/)
  })
})

describe('recipients and content', () => {
  it('T-10: exactly one RCPT, equal to the stored address', async (t) => {
    const { sink, mailer } = await between(t, {})
    for (const to of ['Jean.DUPONT+dcc@hopital.example.test', "o'neil@example.test", 'x@sub-1.example.test']) {
      assert.equal(await outcome(mailer, { ...MAIL, to }), 'sent')
      const mail = await sink.next()
      assert.deepEqual(mail.envelope.to, [to])
      assert.match(mail.source, new RegExp(`^To: ${to.replaceAll(/[+.]/g, '\\$&')}\r$`, 'm'))
      assert.doesNotMatch(mail.source, /^(?:Cc|Bcc):/im)
    }
  })

  it('T-10: what could mean two mailboxes reaches no server', async (t) => {
    const { sink, mailer } = await between(t, {})
    const hostile = [
      'a@example.test, b@example.test',
      'a@example.test;b@example.test',
      '"a@evil.example.test x"@example.test',
      'a@evil.example.test@example.test',
      'a(comment)@example.test',
      'Name <a@example.test>',
      'group: a@example.test;',
      'a@example.test\r\nBcc: b@example.test',
      'a@example.test\r\nRCPT TO:<b@example.test>',
      'a@example.test\n',
      ' a@example.test',
      'a@[127.0.0.1]',
      'a%b.example.test@example.test',
      'a@example.test\u0000',
      '',
    ]
    for (const to of hostile) assert.equal(await outcome(mailer, { ...MAIL, to }), 'failed', to)
    assert.equal(sink.connections, 0)
  })

  it('T-12: a subject with line ends makes one header, and nothing else', async (t) => {
    const { sink, mailer } = await between(t, {})
    const subject = 'Votre code\r\nBcc: b@example.test\r\n\r\n<script>\u2028X-Evil: 1'
    assert.equal(await outcome(mailer, { ...MAIL, subject }), 'sent')
    const mail = await sink.next()
    assert.equal(mail.subject, 'Votre code Bcc: b@example.test <script> X-Evil: 1')
    assert.equal(mail.headers.has('bcc'), false)
    assert.equal(mail.headers.has('x-evil'), false)
    assert.deepEqual(mail.envelope.to, [MAIL.to])
    assert.equal(mail.text, MAIL.text)
  })
})
