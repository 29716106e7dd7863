import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { AppSettings } from '../../src/app.ts'
import type { Config } from '../../src/config/schema.ts'
import type { DeliveryFailure, MailTransport } from '../../src/mail/transport.ts'
import { createSmtpTransport } from '../../src/mail/smtp.ts'
import type { SiteFile } from '../../src/policy/schema.ts'
import { makeCertificate } from '../kit/certificate.ts'
import { PERSON } from '../kit/gate.ts'
import { addApplication, applicationOffer, choose, CODE, codeOf, enterByMail, passPassword } from '../kit/notices.ts'
import { askForLink, FORGOT, trailOf, wordsOf } from '../kit/passwords.ts'
import { freePort } from '../kit/ports.ts'
import { startSmtp, startTarpit, type SmtpOptions } from '../kit/smtp.ts'
import { COLLEAGUE, useGate } from '../kit/use-gate.ts'
import { createVisitor, hiddenFields, PREFIX, type Answer, type Visitor } from '../kit/visitor.ts'

type Smtp = NonNullable<Config['smtp']>

/** Where mail goes at the moment; null: to the outbox of the gate. */
let mailServer: MailTransport | null = null
const SITE: Partial<SiteFile> = {
  ways: [
    { id: 'mailed-code', methods: ['password', 'email-code'], homologation: 'test' },
    { id: 'application', methods: ['password', 'totp'], level: 2, homologation: 'test' },
  ],
  password: { forgotten: 'mail' },
  'email-code': { from: 'WebDCR <WebDCR@example.test>', 'per-hour': 60 },
}

/** A gate whose mail goes to the server of the moment, and what a person needs to come in without mail. */
const useMailGate = (settings: Partial<AppSettings>) => {
  const switched: MailTransport = {
    deliver: (letter, signal) => (mailServer ?? use.gate.outbox).deliver(letter, signal),
    close: () => undefined,
  }
  const use = useGate(SITE, [PERSON, COLLEAGUE], { transport: switched, ...settings })
  let secret: Promise<string> | undefined
  const enrol = async (): Promise<string> => {
    const visitor = createVisitor(use.gate)
    await enterByMail(use.gate, visitor)
    const made = await addApplication(visitor, use.clock)
    use.clock.advance('2h')
    return made
  }
  return { use, enrolled: () => (secret ??= enrol()) }
}

const NOBODY = 'n.personne'
const CHOICE = `${PREFIX}/sign-in/choice`

/** A page without what is new in each of them, and without the name that was typed. */
const lasting = ({ status, body }: Answer, login: string): string =>
  `${status} ${body.replaceAll(/value="[^"]*"|nonce="[^"]*"|[?&](?:amp;)?to=[^"&]*|[0-9A-Z]{6}-[0-9A-Z]{5}/g, '').replaceAll(login, '')}`

const { use, enrolled } = useMailGate({
  // Shorter than what is said to the mail server: the limits of the gate are what ends a mail.
  mailTimeout: 700,
  mailLimits: { backOff: [5, 5] },
})

/** The choice page, by the mailed code to its page. */
const askForMail = async (visitor: Visitor, login: string): Promise<{ page: Answer; location: string }> => {
  const first = await passPassword(visitor, { login })
  assert.equal(first.status, 303, first.body)
  const choice = await visitor.page(first.location ?? '')
  const form = { ...hiddenFields(choice.body, CHOICE), offer: 'email-code.registered' }
  const asked = await visitor.ask(CHOICE, { form })
  assert.equal(asked.status, 303, asked.body)
  const location = asked.location ?? ''
  return { page: await visitor.page(location), location }
}

/** The same page, asked for again until the mail has failed. */
const failedMail = async (visitor: Visitor, location: string): Promise<Answer> => {
  for (let round = 0; round < 1_000; round += 1) {
    const page = await visitor.page(location)
    assert.equal(page.status, 200)
    if (wordsOf(page).includes("L'e-mail n'a pas pu partir")) return page
    await pause(20)
  }
  return assert.fail('the page never says that the mail has failed')
}

/** « Utiliser un autre moyen » on the page of the mail that failed, the application, its code. */
const enterByApplication = async (visitor: Visitor, failed: Answer, code: string): Promise<void> => {
  const other = /href="([^"]*\/sign-in\/choice[^"]*)"/.exec(failed.body)?.[1] ?? assert.fail(failed.body)
  const choice = await visitor.page(other.replaceAll('&amp;', '&'))
  const asked = await choose(visitor, choice.body, applicationOffer(choice.body))
  const landed = await visitor.ask(CODE, { form: { ...hiddenFields(asked.body, CODE), code } })
  assert.equal(landed.status, 303, landed.body)
  assert.equal((await visitor.page('/dcc/')).status, 200)
}

const serve = async (t: TestContext, options: SmtpOptions): Promise<number> => {
  const sink = await startSmtp(options)
  t.after(() => sink.stop())
  return sink.port
}
const tarpit = async (t: TestContext, options: Parameters<typeof startTarpit>[0] = {}): Promise<number> => {
  const pit = await startTarpit(options)
  t.after(() => pit.stop())
  return pit.port
}
const at = (stage: string, status: number) => (asked: string) => (asked === stage ? status : undefined)
const LOGIN = { user: 'portillon', password: 'right' }

/** What a mail server does, how the log calls that, and how to make one do it. */
const OUTAGES: readonly (readonly [
  name: string,
  reason: DeliveryFailure['reason'],
  start: (t: TestContext) => Promise<Partial<Smtp>>,
])[] = [
  ['E-01: refuses connections', 'unreachable', async () => ({ port: await freePort() })],
  [
    'E-01: answers 421 to everybody',
    'deferred',
    async (t) => ({ port: await serve(t, { refuse: at('connection', 421) }) }),
  ],
  [
    'E-01: answers 451 to a recipient',
    'deferred',
    async (t) => ({ port: await serve(t, { refuse: at('recipient', 451) }) }),
  ],
  [
    'E-01: answers 550 to a recipient',
    'refused',
    async (t) => ({ port: await serve(t, { refuse: at('recipient', 550) }) }),
  ],
  [
    'E-01: has a certificate that nobody vouches for',
    'tls-refused',
    async (t) => ({
      port: await serve(t, { tls: 'starttls', certificate: makeCertificate('localhost', '127.0.0.1') }),
      security: 'starttls',
    }),
  ],
  [
    'E-01: refuses the login',
    'login-refused',
    async (t) => ({ port: await serve(t, { auth: LOGIN }), ...LOGIN, password: 'wrong-secret' }),
  ],
  ['E-02: accepts and says nothing', 'timed-out', async (t) => ({ port: await tarpit(t) })],
  ['E-02: says one byte at a time', 'timed-out', async (t) => ({ port: await tarpit(t, { trickle: 20 }) })],
  [
    'E-02: greets, then says one byte at a time',
    'timed-out',
    async (t) => ({ port: await tarpit(t, { trickle: 20, greets: true }) }),
  ],
]

const breakMail = async (t: TestContext, start: (t: TestContext) => Promise<Partial<Smtp>>): Promise<void> => {
  const smtp: Smtp = { host: '127.0.0.1', port: 25, security: 'none', timeout: 5_000, ...(await start(t)) }
  const broken = createSmtpTransport(smtp)
  mailServer = broken
  t.after(() => {
    mailServer = null
    broken.close()
  })
}

for (const [name, reason, start] of OUTAGES)
  describe(`${name} (mail server)`, () => {
    it('who has an application is told and comes in by it; who has none is told whom to call', async (t) => {
      const secret = await enrolled()
      await breakMail(t, start)
      const logged = use.gate.log.length
      const visitor = createVisitor(use.gate)
      const { page, location } = await askForMail(visitor, PERSON.login)
      assert.equal(page.status, 200)
      const failed = await failedMail(visitor, location)
      assert.match(wordsOf(failed), /Utilisez un autre moyen/)
      await enterByApplication(visitor, failed, codeOf(secret, use.clock))

      const alone = createVisitor(use.gate)
      const theirs = await askForMail(alone, COLLEAGUE.login)
      const told = wordsOf(await failedMail(alone, theirs.location))
      for (const said of ['Demandez un nouveau code', 'Votre référent RCP', '01 99 00 00 00'])
        assert.ok(told.includes(said), said)

      const undelivered = await trailOf(use.gate, 'sign-in.code-undelivered')
      assert.ok(undelivered.some(({ login }) => login === COLLEAGUE.login))
      const lines = use.gate.log.slice(logged)
      const reasons = new Set(
        lines.flatMap(({ message, fields }) => (message === 'mail not sent' ? [fields['reason']] : [])),
      )
      // On a machine that stands still for seconds the limits of the gate come first.
      reasons.delete('timed-out')
      assert.deepEqual([...reasons], reason === 'timed-out' ? [] : [reason])
      const written = JSON.stringify(lines)
      assert.doesNotMatch(written, /camille|alix|wrong-secret/i, 'G-02')
    })

    it('C-01: somebody unknown reads what somebody known reads, at the sign-in and after « Mot de passe oublié ? »', async (t) => {
      await breakMail(t, start)
      const refused = async (login: string) =>
        lasting(await passPassword(createVisitor(use.gate), { login, password: 'Autre-phrase-2026' }), login)
      assert.equal(await refused(NOBODY), await refused(COLLEAGUE.login))
      const before = (await trailOf(use.gate, 'password.link-undelivered')).length
      const pages = async (login: string) => {
        const visitor = createVisitor(use.gate)
        const asked = await askForLink(visitor, login)
        assert.equal(asked.location, `${FORGOT}/sent`)
        const shown = await visitor.page(asked.location)
        assert.equal(shown.status, 200)
        return lasting(shown, login)
      }
      assert.equal(await pages(NOBODY), await pages(COLLEAGUE.login))
      for (let round = 0; round < 1_000; round += 1) {
        if ((await trailOf(use.gate, 'password.link-undelivered')).length > before) return
        await pause(20)
      }
      assert.fail('the trail never says that the link did not leave')
    })
  })

describe('a mail server that never gets anywhere', () => {
  // Nobody waits for an hour: what is shown has not waited for the mail server.
  const { use, enrolled } = useMailGate({ mailTimeout: 3_600_000, mailLimits: { capacity: 2, parallel: 1 } })

  it('E-02: no page waits for it, the queue is bounded, and whoever finds it full is told at once', async (t) => {
    const secret = await enrolled()
    await breakMail(t, async () => ({ port: await tarpit(t), timeout: 3_600_000 }))
    // One is with the server, two wait.
    for (let round = 0; round < 3; round += 1) {
      use.clock.advance('2h')
      const waiting = await askForMail(createVisitor(use.gate), COLLEAGUE.login)
      assert.match(wordsOf(waiting.page), /Le code est en route/)
    }
    const visitor = createVisitor(use.gate)
    const { location } = await askForMail(visitor, PERSON.login)
    const failed = await failedMail(visitor, location)
    assert.ok(use.gate.log.some(({ fields }) => fields['reason'] === 'queue-full'))
    await enterByApplication(visitor, failed, codeOf(secret, use.clock))
  })
})
