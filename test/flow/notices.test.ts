import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { OutboxMail } from '../../src/mail/outbox.ts'
import { PERSON } from '../kit/gate.ts'
import {
  addAddress,
  addApplication,
  disown,
  enterByMail,
  NOT_ME,
  notMeLinkIn,
  openNotMe,
  passPassword,
  reachMailedCode,
} from '../kit/notices.ts'
import { mailedLink, resetBy, trailOf, wordsOf } from '../kit/passwords.ts'
import { COLLEAGUE, SESSION_COOKIE, useGate } from '../kit/use-gate.ts'
import { createVisitor, hiddenFields, PREFIX, type Visitor } from '../kit/visitor.ts'

/** Everybody has their own person: what one test does to an account is not another test's. */
const people = ['sept', 'huit', 'neuf', 'dix', 'onze', 'douze', 'treize', 'quatorze', 'quinze'].map((login) => ({
  ...PERSON,
  login,
  email: `${login}@example.test`,
}))

const use = useGate(
  {
    ways: [
      { id: 'mailed-code', methods: ['password', 'email-code'], homologation: 'test' },
      { id: 'application', methods: ['password', 'totp'], level: 2, homologation: 'test' },
      { id: 'recovery', methods: ['password', 'recovery-code'], homologation: 'test' },
    ],
    password: { forgotten: 'mail' },
    'email-code': { from: 'WebDCR <WebDCR@example.test>', 'per-hour': 60 },
  },
  [PERSON, COLLEAGUE, ...people],
)

/** What the trail has of an event of one person; it is written in batches. */
const trailFor = async (event: string, login: string, count = 1) => {
  for (let round = 0; ; round += 1) {
    const rows = (await trailOf(use.gate, event)).filter((row) => row.login === login)
    if (rows.length >= count || round === 100) return rows
    await pause(25)
  }
}
const next = () => people.shift() ?? assert.fail('one more person is needed')

/** Somebody signed in. */
const enter = async (login: string, visitor: Visitor = createVisitor(use.gate)): Promise<Visitor> => {
  await enterByMail(use.gate, visitor, { login })
  return visitor
}
const mailsSince = (count: number): readonly OutboxMail[] => {
  const all = use.gate.mails()
  return all.slice(0, all.length - count)
}
const isSignedIn = async (visitor: Visitor): Promise<boolean> => (await visitor.page('/dcc/')).status === 200

describe('a change of how somebody signs in is told by mail (R31, C-14)', () => {
  it('to every confirmed address: what, when, from where, what to do, whom to call; no secret in the subject', async () => {
    const { login, email } = next()
    const visitor = await enter(login)
    await addAddress(use.gate, visitor, `${login}@cabinet.example.test`)
    const before = use.gate.mails().length
    const secret = await addApplication(visitor, use.clock, 'Téléphone rouge')
    const mails = mailsSince(before)
    assert.deepEqual(mails.map(({ to }) => to).sort(), [email, `${login}@cabinet.example.test`].sort())
    for (const { subject, text } of mails) {
      assert.match(subject, /^Un moyen de connexion a été ajouté pour le /)
      for (const said of [
        "Application d'authentification\u00a0: Téléphone rouge",
        login,
        '127.0.0.1',
        'Votre référent RCP',
      ])
        assert.ok(text.includes(said), said)
      assert.match(text, /15 janvier 2026 à/)
      assert.ok(!text.includes(secret) && !subject.includes(notMeLinkIn({ text }, use.gate.origin)))
    }
  })

  it('an address that is added gets no link itself, and one that is taken away is told', async () => {
    const { login, email } = next()
    const visitor = await enter(login)
    const own = `${login}@cabinet.example.test`
    let before = use.gate.mails().length
    await addAddress(use.gate, visitor, own)
    const told = mailsSince(before).filter(({ subject }) => subject.startsWith('Un moyen'))
    assert.deepEqual(told.map(({ to }) => to).sort(), [email, own].sort())
    const links = Object.fromEntries(told.map(({ to, text }) => [to, text.includes(NOT_ME)]))
    assert.deepEqual(links, { [email]: true, [own]: false }, 'whoever added it must not shut the owner out')
    before = use.gate.mails().length
    const account = await visitor.page(`${PREFIX}/account`)
    const factor = /name="factor" value="([\da-f-]{36})"/.exec(account.body)?.[1] ?? assert.fail()
    const removal = `${PREFIX}/account/factors/remove`
    await visitor.ask(removal, { form: { ...hiddenFields(account.body, removal), factor } })
    const gone = mailsSince(before)
    assert.deepEqual(gone.map(({ to }) => to).sort(), [email, own].sort())
    for (const { text } of gone) assert.match(text, /moyen de connexion a été retiré/)
  })

  it('a new sheet of recovery codes is told once, though it takes the place of another', async () => {
    const visitor = await enter(next().login)
    const renew = async () => {
      const page = await visitor.page(`${PREFIX}/account`)
      const path = `${PREFIX}/account/recovery`
      return visitor.ask(path, { form: hiddenFields(page.body, path) })
    }
    for (const round of [1, 2]) {
      const before = use.gate.mails().length
      assert.equal((await renew()).status, 200)
      const mails = mailsSince(before)
      assert.equal(mails.length, 1, `round ${round}`)
      assert.match(mails[0]?.text ?? '', /Codes de secours/)
    }
  })

  it('a password that is changed, and a finished reset, are told with the same link', async () => {
    const { login } = next()
    const link = await mailedLink(use.gate, use.visitor, login)
    const before = use.gate.mails().length
    assert.equal((await resetBy(use.visitor, link, 'Jonquille des prés n° 41')).location, `${PREFIX}/password/changed`)
    const [mail] = mailsSince(before)
    assert.match(mail?.subject ?? '', /a été changé/)
    assert.ok(notMeLinkIn(mail ?? {}, use.gate.origin))
    const sent = await trailFor('notice.sent', login)
    assert.deepEqual(
      sent.map(({ detail }) => detail),
      ['password-changed'],
    )
  })
})

describe('a sign-in from a new device (R30)', () => {
  it('is told; the first one of an account is not, nor a browser that comes again', async () => {
    const { login, email } = next()
    const isNotice = ({ subject }: OutboxMail) => subject.includes('nouvel appareil')
    const known = await enter(login)
    assert.equal(use.gate.mails().filter((mail) => isNotice(mail) && mail.to === email).length, 0)
    use.clock.advance('5m')
    known.cookies.delete(SESSION_COOKIE)
    await enter(login, known)
    assert.equal(use.gate.mails().filter((mail) => isNotice(mail) && mail.to === email).length, 0)
    use.clock.advance('5m')
    const before = use.gate.mails().length
    const stranger = createVisitor(use.gate)
    await enter(login, stranger)
    const told = mailsSince(before).filter(isNotice)
    assert.deepEqual(
      told.map(({ to }) => to),
      [email],
    )
    assert.match(told[0]?.text ?? '', /127\.0\.0\.1/)
    const cookie = stranger.cookies.get('__Host-portillon-device') ?? assert.fail('no cookie')
    assert.match(cookie, /^[\w-]{43}$/)
  })

  it('is told of no sign-in that did not come to its end', async () => {
    const { login } = next()
    await enter(login)
    use.clock.advance('5m')
    const before = use.gate.mails().length
    const guesser = createVisitor(use.gate)
    await reachMailedCode(guesser, { login })
    assert.deepEqual(
      mailsSince(before).map(({ subject }) => subject.includes('code')),
      [true],
    )
  })
})

describe('« Ce n’est pas moi »', () => {
  it('R22: is only looked at by whatever opens links; the page says what it would do', async () => {
    const { login } = next()
    const visitor = await enter(login)
    await addApplication(visitor, use.clock)
    const link = notMeLinkIn(use.gate.mails()[0] ?? {}, use.gate.origin)
    const scanner = createVisitor(use.gate)
    for (let round = 0; round < 3; round += 1) {
      const { page, opened } = await openNotMe(scanner, link)
      assert.equal(page.status, 200)
      assert.equal(opened.headers['referrer-policy'], 'no-referrer')
      assert.ok(opened.setCookies.some((line) => /^__Host-portillon-not-me=.*HttpOnly/.test(line)))
      const words = wordsOf(page)
      for (const said of [
        'Un moyen de connexion ajouté',
        'sessions ouvertes sont fermées',
        'mot de passe ne fonctionne plus',
      ])
        assert.ok(words.includes(said), said)
      assert.equal((await scanner.ask(NOT_ME, { method: 'HEAD' })).status, 200)
    }
    assert.equal(await isSignedIn(visitor), true)
    assert.equal((await scanner.ask(NOT_ME, { method: 'PUT' })).status, 405)
    const { fields } = await openNotMe(scanner, link)
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://elsewhere.example.test' }
    assert.equal((await scanner.ask(NOT_ME, { form: fields, headers })).status, 403)
    assert.equal((await createVisitor(use.gate).ask(NOT_ME, { form: fields })).status, 403)
    assert.equal(await isSignedIn(visitor), true)
  })

  it('R31: ends the sessions, takes back what was added, makes the password worthless, offers the reset, lets nobody in', async () => {
    const { login } = next()
    const intruder = await enter(login)
    use.clock.advance('1m')
    const owner = createVisitor(use.gate)
    await addApplication(intruder, use.clock)
    const link = notMeLinkIn(use.gate.mails()[0] ?? {}, use.gate.origin)
    // Half a sign-in of the intruder waits for its code meanwhile.
    const waiting = createVisitor(use.gate)
    const half = await passPassword(waiting, { login })
    use.clock.advance('1m')
    await addAddress(use.gate, intruder, `intrus.${login}@example.test`)
    const done = await disown(use.gate, link, owner)
    assert.equal(done.status, 200)
    const words = wordsOf(done)
    assert.match(words, /Votre compte est protégé/)
    assert.match(words, /2 moyens de connexion ajoutés ont été retirés/)
    assert.match(words, /Votre référent RCP/)
    assert.match(done.body, /href="\/_portillon\/password\/forgot"/)
    assert.ok(!done.setCookies.some((line) => line.startsWith('__Host-portillon=')), 'it opens no session')
    assert.equal(await isSignedIn(owner), false)
    assert.equal(await isSignedIn(intruder), false)
    assert.equal((await waiting.page(half.location ?? '')).status, 303, 'T-23: half a sign-in ends with the password')
    const refused = await passPassword(createVisitor(use.gate), { login })
    assert.equal(refused.status, 401)

    const [denied] = await trailFor('notice.disowned', login)
    assert.equal(denied?.detail, 'factor-added')
    const removed = await trailFor('factor.removed', login, 2)
    assert.deepEqual(
      removed.map(({ detail }) => detail),
      ['not-me', 'not-me'],
    )

    // The person comes back by a new password, and by nothing that the intruder has left.
    const password = 'Jonquille des prés n° 52'
    await resetBy(owner, await mailedLink(use.gate, owner, login), password)
    const back = await passPassword(owner, { login, password })
    const choice = await owner.page(back.location ?? '')
    assert.doesNotMatch(choice.body, /value="totp\./)
    assert.doesNotMatch(choice.body, /i\*\*\*/, 'no address of the intruder')
  })

  it('T-21: works once, for three days, on its own site, and for nobody who makes one up', async () => {
    const { login } = next()
    const visitor = await enter(login)
    await addApplication(visitor, use.clock)
    const link = notMeLinkIn(use.gate.mails()[0] ?? {}, use.gate.origin)
    const made = await openNotMe(createVisitor(use.gate), `${NOT_ME}?link=${'A'.repeat(22)}`)
    assert.equal(made.page.status, 404)
    for (const bad of ['', 'x', '<b>', 'A'.repeat(500)]) {
      const page = createVisitor(use.gate)
      await page.page(`${NOT_ME}?${new URLSearchParams({ link: bad }).toString()}`)
      assert.equal((await page.page(NOT_ME)).status, 404)
    }
    const late = createVisitor(use.gate)
    const { fields } = await openNotMe(late, link)
    use.clock.advance('72h')
    const expired = await late.ask(NOT_ME, { form: fields })
    assert.equal(expired.status, 410)
    assert.match(wordsOf(expired), /Le délai de ce lien est passé/)
    assert.equal((await passPassword(createVisitor(use.gate), { login })).status, 303, 'the password still serves')
    assert.equal((await trailOf(use.gate, 'notice.refused'))[0]?.detail, 'expired')
  })

  it('T-02: is taken once among twenty at the same moment', async () => {
    const login = PERSON.login
    const visitor = await enter(login)
    await addApplication(visitor, use.clock)
    const link = notMeLinkIn(use.gate.mails()[0] ?? {}, use.gate.origin)
    const owner = createVisitor(use.gate)
    const { fields } = await openNotMe(owner, link)
    const answers = await Promise.all(Array.from({ length: 20 }, () => owner.ask(NOT_ME, { form: fields })))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array.from({ length: 19 }, () => 410)])
    const { page } = await openNotMe(owner, link)
    assert.match(wordsOf(page), /Ce lien a déjà servi/)
  })
})
