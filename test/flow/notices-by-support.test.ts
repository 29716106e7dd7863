import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { after, afterEach, before, beforeEach, describe, it, type TestContext } from 'node:test'
import { createFactorSecrets } from '../../src/accounts/factor-secret.ts'
import { createFactors } from '../../src/accounts/factors.ts'
import { registerAccounts } from '../../src/cli/accounts.ts'
import { openKeyring } from '../../src/identity/keyring.ts'
import { purposeKey } from '../../src/identity/purpose-key.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { auditRows } from '../kit/audit.ts'
import { runCommand, type CommandOutcome } from '../kit/command.ts'
import { createCommandInstance, type CommandInstance } from '../kit/command-instance.ts'
import { databaseKinds } from '../kit/databases.ts'
import { PERSON, startGate, type Gate } from '../kit/gate.ts'
import { disown, NOT_ME, notMeLinkIn, openNotMe, passPassword } from '../kit/notices.ts'
import { wordsOf } from '../kit/passwords.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'
import { siteFile } from '../kit/sign-in.ts'
import { startSmtp, type ReceivedMail, type SmtpSink } from '../kit/smtp.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { createVisitor } from '../kit/visitor.ts'

const site = { mail: { from: 'WebDCR <webdcr@example.test>' } }
const { login, email = '' } = PERSON
const CABINET = 'camille@cabinet.example.test'

let redis: RedisServer
let upstream: HttpUpstream
before(async () => {
  ;[redis, upstream] = await Promise.all([startRedis(), startHttpUpstream()])
})
after(() => Promise.all([redis.stop(), upstream.stop()]))

for (const [name, kindOf] of Object.entries(databaseKinds)) {
  describe(`R31, on ${name}: what a command does to an account is told by mail, beside a running gate`, () => {
    const databases = kindOf()
    let instance: CommandInstance
    let smtp: SmtpSink
    let gate: Gate
    let account: string
    let settings: Readonly<Record<'sites' | 'database' | 'smtp', unknown>> & {
      store: { redis: string; prefix: string }
    }

    const run = (t: TestContext, ...words: readonly string[]): Promise<CommandOutcome> =>
      runCommand(t, registerAccounts, ['accounts', ...words, '--config', instance.config])
    const trail = async () =>
      (await auditRows(gate.app.database)).filter(({ event }) => event.startsWith('notice.')).map(traced)
    const traced = ({ event, detail, login: whose, actor, method }: Record<string, unknown>) => {
      assert.match(String(actor), /^\S+@\S+$/)
      return [event, detail, whose, method]
    }
    const enrol = async (): Promise<void> => {
      const keyring = await openKeyring(instance.at('keys'), { clock: systemClock, create: false })
      const secrets = createFactorSecrets({ key: purposeKey(keyring, 'factor'), random: systemRandom })
      const { db } = gate.app.database
      const factors = createFactors({ db, clock: systemClock, random: systemRandom, secrets })
      await factors.add(account, { kind: 'totp', label: 'Téléphone rouge', secret: 'JBSWY3DPEHPK3PXP' })
      await factors.add(account, { kind: 'email', label: CABINET, secret: null })
    }
    const mailsTo = () => smtp.mails.map(({ envelope }) => envelope.to.join()).sort()
    const mailTo = (address: string): ReceivedMail =>
      smtp.mails.find(({ envelope }) => envelope.to.join() === address) ?? assert.fail(`no mail to ${address}`)
    const says = ({ text = '', html }: ReceivedMail, ...said: readonly string[]): void => {
      const plain = String(html).replaceAll('&#39;', "'").replaceAll('&quot;', '"')
      for (const one of said)
        for (const content of [text, plain]) assert.ok(content.includes(one), `${one}\n${content}`)
    }

    beforeEach(async () => {
      instance = createCommandInstance('notices-by-support')
      const databaseUrl = await databases.address()
      smtp = await startSmtp()
      writeFileSync(instance.at('site.yaml'), JSON.stringify(siteFile(site)))
      settings = {
        sites: ['site.yaml'],
        store: { redis: redis.url, prefix: 'support:' },
        database: { url: databaseUrl },
        smtp: { host: '127.0.0.1', port: smtp.port, security: 'none' },
      }
      instance.write(settings)
      gate = await startGate({
        upstream: upstream.url,
        site,
        settings: { databaseUrl },
        config: { store: settings.store, keys: instance.at('keys') },
      })
      const row = await gate.app.database.db.selectFrom('accounts').select('id').executeTakeFirstOrThrow()
      account = row.id
    })
    afterEach(async () => {
      await gate.stop()
      await smtp.stop()
    })

    it('reset-factors: every address is told what is gone, the one that is gone too; the link shuts the account', async (t) => {
      await enrol()
      const done = await run(t, 'reset-factors', login)
      assert.deepEqual([done.err, done.status], ['', 0])
      assert.match(done.out, /The person is told of it \(2 mails\)\.\n$/)
      assert.deepEqual(mailsTo(), [CABINET, email].sort())
      const mail = mailTo(email)
      assert.equal(mail.from?.text, '"WebDCR" <webdcr@example.test>')
      assert.match(mail.subject ?? '', /^Un moyen de connexion a été retiré pour le /)
      says(mail, "L'assistance a retiré", "Application d'authentification\u00a0: Téléphone rouge", CABINET, login)
      says(mail, "Si vous n'avez rien demandé", "contactez tout de suite l'assistance")
      says(mail, 'Votre référent RCP', '01 99 00 00 00')
      assert.doesNotMatch(mail.source, /JBSWY3DPEHPK3PXP|Appareil/)
      assert.deepEqual(await trail(), [['notice.sent', 'factor-removed', login, null]])

      const link = notMeLinkIn(mail, gate.origin)
      const { page } = await openNotMe(createVisitor(gate), link)
      const words = wordsOf(page)
      for (const said of ["Par l'assistance", 'Un moyen de connexion retiré', "Si vous n'avez rien demandé"])
        assert.ok(words.includes(said), words)
      assert.equal((await passPassword(createVisitor(gate), { login })).status, 303)
      assert.equal((await disown(gate, link)).status, 200)
      assert.equal((await passPassword(createVisitor(gate), { login })).status, 401)
    })

    it('set-password: the mail says so, and never the password', async (t) => {
      const done = await run(t, 'set-password', login, '--generate', '--json')
      const { password, notice } = JSON.parse(done.out) as { password: string; notice: unknown }
      assert.deepEqual(notice, { sent: 1, failed: [] })
      const mail = mailTo(email)
      says(mail, "L'assistance a changé le mot de passe", "il n'est dans aucun e-mail")
      assert.ok(password.length >= 8 && !mail.source.includes(password) && !String(mail.html).includes(password))
      assert.ok(notMeLinkIn(mail, gate.origin))
    })

    it('set-email: the former address and the new one are told, without a link that would lead to the new one', async (t) => {
      const done = await run(t, 'set-email', login, 'nouvelle.adresse@hopital.example.test', '--language', 'en')
      assert.match(done.out, /told of it \(2 mails\)/)
      assert.deepEqual(mailsTo(), [email, 'nouvelle.adresse@hopital.example.test'].sort())
      for (const mail of smtp.mails) {
        assert.match(mail.subject ?? '', /^The e-mail address of your account for .* was changed$/)
        says(mail, 'The support changed the e-mail address', 'n***.a***@hopital.example.test')
        says(mail, 'Contact the support below at once')
        assert.equal(mail.headers.get('content-language'), 'en')
        assert.ok(!mail.source.includes(NOT_ME) && !(mail.text ?? '').includes('nouvelle.adresse'))
      }
      await run(t, 'set-email', login, 'nouvelle.adresse@hopital.example.test')
      assert.equal(smtp.mails.length, 2, 'nothing changed, nothing to tell')
      await run(t, 'set-email', login, '--remove')
      assert.equal(smtp.mails.length, 3)
      says(smtp.mails[2] ?? assert.fail(), 'Nouvelle adresse', 'aucune')
      assert.deepEqual(await trail(), [
        ['notice.sent', 'address-changed', login, null],
        ['notice.sent', 'address-changed', login, null],
      ])
    })

    it('link and unlink: a number of the network is told without a link, a name of a provider is taken back by it', async (t) => {
      await run(t, 'unlink', login)
      says(mailTo(email), "L'assistance a retiré", 'Carte ou compte relié\u00a0: 899900000003')
      await run(t, 'link', login, '899900000003')
      const [, registered] = smtp.mails
      says(registered ?? assert.fail(), "L'assistance a ajouté", '899900000003')
      assert.ok(!registered?.source.includes('not-me'), 'it would leave the number where it is')
      await run(t, 'link', login, 'u042', '--issuer', 'urn:finess:990000028')
      const [, , beside] = smtp.mails
      says(beside ?? assert.fail(), "L'assistance a ajouté", 'urn:finess:990000028')
      const done = await disown(gate, notMeLinkIn(beside ?? {}, gate.origin))
      assert.match(wordsOf(done), /Un moyen de connexion ajouté a été retiré/)
      const left = await gate.app.database.db.selectFrom('factors').selectAll().execute()
      assert.deepEqual(left, [])
    })

    it('a store that is away takes the link from the mail, and not the mail from the person', async (t) => {
      instance.write({ ...settings, store: { redis: 'redis://127.0.0.1:1' } })
      await enrol()
      const done = await run(t, 'reset-factors', login)
      assert.equal(done.status, 1, 'sessions may still be open')
      assert.ok(!mailTo(email).source.includes('not-me'))
      says(mailTo(email), 'elle peut fermer ce compte')
    })
  })
}
