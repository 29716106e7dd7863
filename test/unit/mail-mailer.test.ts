import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { silentLog } from '../../src/lib/log.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { accept, refuse } from '../../src/lib/result.ts'
import type { Letter } from '../../src/mail/letter.ts'
import type { Mail } from '../../src/mail/mail.ts'
import { createMailer, type MailerParts } from '../../src/mail/mailer.ts'
import { createOutbox } from '../../src/mail/outbox.ts'
import type { MailTransport } from '../../src/mail/transport.ts'

const MAIL: Mail = {
  from: 'WebDCR@example.test',
  to: 'zoe@example.test',
  subject: 'Votre code',
  text: 'Texte',
  html: '<p>Texte</p>',
  language: 'fr',
}
const clock = { now: () => Date.UTC(2026, 10, 23) }

const mailerWith = (deliver: MailTransport['deliver'], parts: Partial<MailerParts> = {}) => {
  const transport: MailTransport = { deliver, close: () => {} }
  return createMailer({ transport, log: silentLog, clock, random: systemRandom, backOff: [1, 1], ...parts })
}

describe('the mailer', () => {
  it('keeps the identity of a mail through all its tries', async () => {
    const letters: Letter[] = []
    const mailer = mailerWith((letter) => {
      letters.push(letter)
      return Promise.resolve(refuse({ reason: 'deferred', mayRetry: true }))
    })
    await new Promise((resolve) => mailer.enqueue(MAIL, resolve))
    assert.equal(letters.length, 3)
    assert.equal(new Set(letters.map(({ id, date }) => `${id} ${date.toISOString()}`)).size, 1)
  })

  it('survives a transport that throws and a listener that throws', async () => {
    const mailer = mailerWith(() => Promise.reject(new Error('invented')))
    mailer.enqueue(MAIL, () => {
      throw new Error('invented')
    })
    assert.equal(await new Promise((resolve) => mailer.enqueue(MAIL, resolve)), 'failed')
  })

  it('sends a few mails at a time and keeps their order', async () => {
    const started: string[] = []
    const gates: (() => void)[] = []
    const mailer = mailerWith(
      ({ subject }) => {
        started.push(subject)
        return new Promise((resolve) => gates.push(() => resolve(accept(undefined))))
      },
      { parallel: 2 },
    )
    const sent = ['1', '2', '3'].map(
      (subject) => new Promise((resolve) => mailer.enqueue({ ...MAIL, subject }, resolve)),
    )
    assert.deepEqual(started, ['1', '2'])
    gates[0]?.()
    await sent[0]
    assert.deepEqual(started, ['1', '2', '3'])
    gates[1]?.()
    gates[2]?.()
    assert.deepEqual(await Promise.all(sent), ['sent', 'sent', 'sent'])
  })

  it('gives up what is still waiting when closing takes too long, with one outcome each', async () => {
    const deliver: MailTransport['deliver'] = (_letter, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(refuse({ reason: 'stopped', mayRetry: false })))
      })
    const mailer = mailerWith(deliver, { parallel: 1 })
    const outcomes: string[] = []
    for (let count = 0; count < 3; count += 1) mailer.enqueue(MAIL, (state) => outcomes.push(state))
    await mailer.close(5)
    assert.deepEqual(outcomes, ['failed', 'failed', 'failed'])
  })
})

describe('the outbox', () => {
  it('keeps the last hundred mails, newest first, with the time of the clock', async () => {
    const outbox = createOutbox({ clock })
    const mailer = createMailer({ transport: outbox, log: silentLog, clock, random: systemRandom })
    for (let count = 1; count <= 103; count += 1) mailer.enqueue({ ...MAIL, subject: `${count}` })
    await mailer.close(1_000)
    const mails = outbox.list()
    assert.equal(mails.length, 100)
    assert.deepEqual([mails[0]?.subject, mails[99]?.subject], ['103', '4'])
    assert.equal(mails[0]?.sentAt, clock.now())
    assert.equal(new Set(mails.map(({ id }) => id)).size, 100)
  })
})
