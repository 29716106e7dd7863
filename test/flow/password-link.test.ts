import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PERSON } from '../kit/gate.ts'
import { followLink, mailAfter, mailedLink, operatorOf, RESET, resetBy, trailOf, wordsOf } from '../kit/passwords.ts'
import { COLLEAGUE, SESSION_COOKIE, useGate } from '../kit/use-gate.ts'
import { createVisitor, giveCredentials, openSignIn, PREFIX, signIn, type Visitor } from '../kit/visitor.ts'

const use = useGate({
  password: { length: 8, classes: ['upper', 'lower', 'digit-or-special'], forgotten: 'mail' },
  'email-code': { from: 'WebDCR <WebDCR@example.test>' },
})

let counter = 0
/** Another good password for each test: the people of this file keep theirs from one test to the next. */
const fresh = (): string => `Jonquille des prés n° ${(counter += 1)}`

describe('a link for a new password', () => {
  const link = (login = PERSON.login, visitor: Visitor = use.visitor) => mailedLink(use.gate, visitor, login)

  it('T-21: has 192 bits, and the store holds none of them', async () => {
    const tokens = new Set<string>()
    for (const login of [PERSON.login, COLLEAGUE.login]) {
      const token = new URL(await link(login), use.gate.origin).searchParams.get('link') ?? ''
      assert.equal(Buffer.from(token, 'base64url').length, 24)
      tokens.add(token)
    }
    assert.equal(tokens.size, 2)
    const { store } = use.gate.app
    const stored = await store.scan('', 10_000)
    const values = await Promise.all(stored.map((key) => store.get(key).catch(() => null)))
    for (const token of tokens) assert.ok(!JSON.stringify([stored, values]).includes(token))
  })

  it('R22: is opened by mail scanners any number of times and still works', async () => {
    const address = await link()
    for (let round = 0; round < 3; round += 1) {
      const scanner = createVisitor(use.gate)
      await scanner.page(address)
      assert.equal((await scanner.page(RESET)).status, 200)
      await scanner.ask(address, { method: 'HEAD' })
    }
    assert.equal((await resetBy(use.visitor, address, fresh())).location, `${PREFIX}/password/changed`)
  })

  it('T-21: works once, the newest only, for half an hour', async () => {
    const [older, newer] = [await link(), await link()]
    const old = createVisitor(use.gate)
    assert.match(wordsOf((await followLink(old, older)).page), /Un lien plus récent vous a été envoyé/)
    assert.equal((await resetBy(use.visitor, newer, fresh())).status, 303)
    const again = await followLink(createVisitor(use.gate), newer)
    assert.equal(again.page.status, 410)
    assert.match(wordsOf(again.page), /Ce lien a déjà servi/)
    use.clock.advance('2h')
    const late = await link()
    const visitor = createVisitor(use.gate)
    use.clock.advance(29 * 60_000)
    const { fields } = await followLink(visitor, late)
    use.clock.advance(61_000)
    const answer = await visitor.ask(RESET, { form: { ...fields, password: fresh() } })
    assert.equal(answer.status, 410)
    assert.match(wordsOf(answer), /Le délai de ce lien est passé/)
    assert.match(wordsOf(answer), /Demander un nouveau lien/)
  })

  it('T-21: the same link twice at once sets one password', async () => {
    const address = await link()
    const { fields } = await followLink(use.visitor, address)
    const wishes = Array.from({ length: 6 }, fresh)
    const answers = await Promise.all(
      wishes.map((password) => use.visitor.ask(RESET, { form: { ...fields, password } })),
    )
    assert.equal(answers.filter(({ status }) => status === 303).length, 1)
  })

  it('is dead as soon as the password or the address was changed otherwise, or the account was closed', async () => {
    const realm = use.gate.site.realm
    const goesDead = async (change: () => Promise<unknown>) => {
      use.clock.advance('2h')
      const address = await link(COLLEAGUE.login)
      await change()
      const { page } = await followLink(createVisitor(use.gate), address)
      assert.equal(page.status, 410)
      assert.match(wordsOf(page), /Ce lien ne peut plus servir/)
    }
    const { site } = use.gate.site
    await goesDead(() =>
      operatorOf(use.gate, use.clock).setPassword(realm, COLLEAGUE.login, {
        password: fresh(),
        site,
        mustChange: false,
      }),
    )
    await goesDead(() => operatorOf(use.gate, use.clock).setEmail(realm, COLLEAGUE.login, 'alix@example.test'))
    await goesDead(() => operatorOf(use.gate, use.clock).disable(realm, COLLEAGUE.login))
    await operatorOf(use.gate, use.clock).enable(realm, COLLEAGUE.login)
    await operatorOf(use.gate, use.clock).setEmail(realm, COLLEAGUE.login, COLLEAGUE.email)
  })

  it('T-24, X-10: leaves the address at once; what is sent along tells nobody of it', async () => {
    const { opened, page } = await followLink(use.visitor, await link())
    assert.equal(opened.headers['referrer-policy'], 'no-referrer')
    assert.equal(opened.headers['cache-control'], 'no-store')
    const [cookie = ''] = opened.setCookies.filter((line) => line.startsWith('__Host-portillon-reset='))
    for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/', 'Max-Age=5400']) {
      assert.ok(cookie.includes(attribute), cookie)
    }
    const token = cookie.slice(cookie.indexOf('=') + 1, cookie.indexOf(';'))
    assert.ok(!page.body.includes(token), 'the page does not hold it either')
    assert.doesNotMatch(page.body, /(?:src|href)="https?:/, 'nothing is loaded from elsewhere')
    assert.ok(!JSON.stringify(use.gate.log).includes(token), 'nor does the log')
  })

  it('does nothing when it is incomplete, made up, or opened without cookies', async () => {
    const whole = await link()
    for (const address of [
      whole.slice(0, -3),
      `${RESET}?link=`,
      `${RESET}?link=${'A'.repeat(32)}`,
      `${RESET}?link=a&link=b`,
    ]) {
      const { page } = await followLink(createVisitor(use.gate), address)
      assert.equal(page.status, 404)
      assert.match(wordsOf(page), /Ouvrez le lien reçu par e-mail/)
    }
    const bare = createVisitor(use.gate)
    assert.match(wordsOf(await bare.page(RESET)), /autorisez les cookies/)
  })

  it('T-05: is bound to its page: what another tab opened since is not changed by this one', async () => {
    const { fields } = await followLink(use.visitor, await link())
    await followLink(use.visitor, await link(COLLEAGUE.login))
    const answer = await use.visitor.ask(RESET, { form: { ...fields, password: fresh() } })
    assert.equal(answer.location, RESET)
    assert.ok((await use.visitor.page(RESET)).body.includes(`value="${COLLEAGUE.login}"`))
  })

  it('C-13: refuses what the rules refuse, says which, and stays as good as before', async () => {
    const { fields } = await followLink(use.visitor, await link())
    const refused = async (password: string, again?: string) => {
      const form = { ...fields, password, ...(again === undefined ? {} : { again }) }
      const answer = await use.visitor.ask(RESET, { form })
      const alert = /class="alert alert-error"[^]*?<p class="alert-text">(?:<a [^>]*>)?([^<]*)/.exec(answer.body)?.[1]
      return [answer.status, alert?.replaceAll('&#39;', "'")]
    }
    assert.deepEqual(await refused(''), [400, 'Saisissez votre nouveau mot de passe.'])
    assert.deepEqual(await refused('court'), [
      422,
      'Ce mot de passe ne remplit pas encore toutes les règles ci-dessous.',
    ])
    assert.match(String((await refused('Camille.Exemple1'))[1]), /fait de votre nom/)
    assert.match(String((await refused('Password1'))[1]), /beaucoup de gens/)
    assert.match(String((await refused('Printemps2026'))[1]), /se devine/)
    assert.match(String((await refused(fresh(), 'autre chose'))[1]), /pas identiques/)
    assert.match(String((await refused('é'.repeat(600)))[1]), /trop long/)
    const answer = await use.visitor.ask(RESET, { form: { ...fields, password: fresh(), again: 'x' } })
    assert.ok(!answer.body.includes('Jonquille'), 'a password is never shown again')
    const password = fresh()
    assert.equal((await use.visitor.ask(RESET, { form: { ...fields, password, again: password } })).status, 303)
  })
})

describe('T-23: a password that was reset', () => {
  it('ends every session of the account, opens none, and both factors are asked for as ever', async () => {
    const { gate } = use
    const password = fresh()
    const [elsewhere, here] = [createVisitor(gate), createVisitor(gate)]
    await resetBy(here, await mailedLink(gate, here, PERSON.login), password)
    await signIn(gate, elsewhere, '/dcc/', PERSON.login, password)
    assert.equal((await elsewhere.page('/dcc/')).status, 200)
    use.clock.advance('20m')
    assert.equal((await resetBy(here, await mailedLink(gate, here, PERSON.login), fresh())).status, 303)
    assert.equal(here.cookies.has(SESSION_COOKIE), false, 'no session by a link')
    assert.equal(here.cookies.has('__Host-portillon-reset'), false)
    assert.equal((await here.page('/dcc/')).status, 302)
    assert.equal((await elsewhere.page('/dcc/')).status, 302, 'the session of before is over')
    const former = await giveCredentials(here, await openSignIn(here), PERSON.login, password)
    assert.equal(former.status, 401)
  })

  it('is told to the person, with time, device and place, and whom to call', async () => {
    const { gate, visitor } = use
    const address = await mailedLink(gate, visitor, PERSON.login)
    const before = gate.mails().length
    const { fields } = await followLink(visitor, address)
    const agent = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'
    await visitor.ask(RESET, { form: { ...fields, password: fresh() }, headers: { 'user-agent': agent } })
    const mail = await mailAfter(gate, before)
    assert.equal(mail.to, PERSON.email)
    assert.match(mail.subject, /Votre mot de passe du .* a été changé/)
    for (const part of [
      'Firefox, Windows',
      '127.0.0.1',
      'janvier 2026',
      'Votre référent RCP',
      "Ce n'était pas vous",
      PERSON.login,
    ]) {
      assert.ok(mail.text.includes(part), part)
    }
    assert.doesNotMatch(mail.text, /Jonquille|password\/reset/)
    assert.ok(
      (await trailOf(use.gate, 'password.changed')).some(
        ({ detail, login }) => detail === 'reset' && login === PERSON.login,
      ),
    )
  })

  it('C-05: opens the door again for its owner, whom a stranger has shut out by failing', async () => {
    const { gate } = use
    const stranger = createVisitor(gate)
    for (let round = 0; round < 7; round += 1) {
      await giveCredentials(stranger, await openSignIn(stranger), PERSON.login, 'faux')
    }
    const password = fresh()
    const owner = createVisitor(gate)
    const shut = await giveCredentials(owner, await openSignIn(owner), PERSON.login, password)
    assert.equal(shut.status, 429)
    await resetBy(owner, await mailedLink(gate, owner, PERSON.login), password)
    const open = await giveCredentials(owner, await openSignIn(owner), PERSON.login, password)
    assert.match(open.location ?? '', /sign-in\/code/)
  })
})
