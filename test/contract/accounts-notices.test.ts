import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { beforeEach, describe, it, type TestContext } from 'node:test'
import { registerAccounts } from '../../src/cli/accounts.ts'
import { openDatabase } from '../../src/database/open.ts'
import { silentLog } from '../../src/lib/log.ts'
import { auditRows } from '../kit/audit.ts'
import { makeCertificate } from '../kit/certificate.ts'
import { runCommand } from '../kit/command.ts'
import { createCommandInstance, type CommandInstance } from '../kit/command-instance.ts'
import { freePort } from '../kit/ports.ts'
import { startSmtp, startTarpit, type SmtpOptions } from '../kit/smtp.ts'

const FORMER = 'ada.bel@hopital.example.test'
const NEXT = 'ada.bel@clinique.example.test'

describe('a notice of a command that cannot leave (R31)', () => {
  let instance: CommandInstance
  const run = (t: TestContext, ...words: readonly string[]) =>
    runCommand(t, registerAccounts, ['accounts', ...words, '--config', instance.config])
  const trail = async () => {
    const database = openDatabase(instance.databaseUrl, silentLog)
    const rows = await auditRows(database)
    await database.close()
    return rows.filter(({ event }) => event !== 'account.added').map(({ event, detail }) => [event, detail ?? ''])
  }
  /** Changes the address, with this mail server; the operator reads why nobody was told, and the change stands. */
  const isToldWhy = async (t: TestContext, smtp: object, why: RegExp) => {
    instance.write({ smtp: { host: '127.0.0.1', security: 'none', ...smtp } })
    const done = await run(t, 'set-email', 'a.bel', NEXT)
    assert.equal(done.status, 0)
    assert.equal(done.out, `Codes for a.bel (Ada Bel) go to ${NEXT}.\n`)
    assert.match(done.err, /^warning: the notice could not be sent \([^\n]+\): tell the person yourself\n$/)
    assert.match(done.err, why)
    assert.deepEqual(await trail(), [
      ['account.email-set', ''],
      ['notice.undelivered', 'address-changed'],
    ])
  }
  const serve = async (t: TestContext, options: SmtpOptions) => {
    const sink = await startSmtp(options)
    t.after(() => sink.stop())
    return sink
  }

  beforeEach(async (t) => {
    instance = createCommandInstance('accounts-notices')
    const person = ['--given-name', 'Ada', '--family-name', 'Bel', '--email', FORMER]
    await run(t as TestContext, 'add', 'a.bel', ...person, '--no-password')
  })

  it('E-01: a server that refuses connections', async (t) => {
    await isToldWhy(t, { port: await freePort() }, /the mail server cannot be reached/)
  })

  for (const [status, why] of [
    [451, /the mail server put it off/],
    [550, /the mail server refused it/],
  ] as const)
    it(`E-01: a server that answers ${status}`, async (t) => {
      const sink = await serve(t, { refuse: (at) => (at === 'recipient' ? status : undefined) })
      await isToldWhy(t, { port: sink.port }, why)
    })

  it('E-01: a login that is refused; the password of the instance is not said', async (t) => {
    const sink = await serve(t, { auth: { user: 'portillon', password: 'right' } })
    await isToldWhy(t, { port: sink.port, user: 'portillon', password: 'wrong-secret' }, /refused the login/)
  })

  it('E-01: a certificate that nobody vouches for', async (t) => {
    const sink = await serve(t, { tls: 'starttls', certificate: makeCertificate('localhost', '127.0.0.1') })
    await isToldWhy(t, { port: sink.port, security: 'starttls' }, /certificate of the mail server is not valid/)
    assert.equal(sink.mails.length, 0)
  })

  for (const [kind, options] of [
    ['says nothing', {}],
    ['says one byte at a time', { trickle: 20 }],
  ] as const)
    it(`E-02: a server that ${kind} ends with the limits of the mail`, async (t) => {
      const tarpit = await startTarpit(options)
      t.after(() => tarpit.stop())
      await isToldWhy(t, { port: tarpit.port, timeout: '200ms' }, /did not answer in time/)
      assert.ok(tarpit.connections > 0)
    })

  it('one address of two that is refused is said, and the other one is told', async (t) => {
    const sink = await serve(t, { refuse: (at, count) => (at === 'recipient' && count === 1 ? 550 : undefined) })
    instance.write({ smtp: { host: '127.0.0.1', port: sink.port, security: 'none' } })
    const done = await run(t, 'set-email', 'a.bel', NEXT, '--json')
    assert.deepEqual((JSON.parse(done.out) as { notice: object }).notice, { sent: 1, failed: ['refused'] })
    assert.match(done.err, /the mail server refused it/)
    assert.deepEqual(
      (await trail()).map(([event]) => event),
      ['account.email-set', 'notice.sent', 'notice.undelivered'],
    )
  })

  it('an account without an address, and a site that names no sender, are said', async (t) => {
    const sink = await serve(t, {})
    instance.write({ smtp: { host: '127.0.0.1', port: sink.port, security: 'none' } })
    await run(t, 'set-email', 'a.bel', '--remove')
    const unaddressed = await run(t, 'set-password', 'a.bel', '--generate')
    assert.equal(unaddressed.status, 0)
    assert.match(unaddressed.err, /the account has no e-mail address/)
    const text = readFileSync(instance.at('demo.yaml'), 'utf8')
    const silent = text.replace(/^ways:[\s\S]*?(?=^\S)/m, 'ways: [{ id: card, methods: [password, totp] }]\n')
    writeFileSync(instance.at('demo.yaml'), silent.replaceAll(/^(?:email-code|password):[\s\S]*?(?=^\S)/gm, ''))
    const unsent = await run(t, 'set-email', 'a.bel', NEXT)
    assert.deepEqual([unsent.status, sink.mails.length], [0, 1])
    assert.match(unsent.err, /names nobody who sends its mails \(mail\.from\)/)
  })

  it('--no-notice leaves it out, says so, and the trail does', async (t) => {
    const sink = await serve(t, {})
    instance.write({ smtp: { host: '127.0.0.1', port: sink.port, security: 'none' } })
    const done = await run(t, 'set-email', 'a.bel', NEXT, '--no-notice')
    assert.deepEqual([done.err, done.status], ['', 0])
    assert.match(done.out, /\nNo notice was sent: tell the person yourself\.\n$/)
    assert.equal(sink.connections, 0)
    assert.deepEqual(await trail(), [
      ['account.email-set', ''],
      ['notice.left-out', 'address-changed'],
    ])
  })

  it('a mail that goes out where links are in the memory of the gate has none, and says whom to call', async (t) => {
    const sink = await serve(t, {})
    instance.write({ smtp: { host: '127.0.0.1', port: sink.port, security: 'none' } })
    await run(t, 'set-password', 'a.bel', '--generate', '--language', 'en')
    const mail = await sink.next()
    assert.deepEqual(mail.envelope.to, [FORMER])
    assert.match(mail.text ?? '', /The support changed the password/)
    assert.match(mail.text ?? '', /Contact the support below at once/)
    assert.doesNotMatch(mail.source, /not-me/)
  })
})
