import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createAccountAdmin } from '../../src/accounts/admin.ts'
import { createPasswordHasher } from '../../src/accounts/password-hash.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { createAuthenticator, type Says } from '../kit/authenticator.ts'
import { PERSON } from '../kit/gate.ts'
import {
  ALONE,
  CHOICE,
  CODE,
  makePasskey,
  NEW,
  optionsOn,
  passPassword,
  PASSKEY_WAYS,
  press,
  reachInvitation,
  reachQuestion,
  refusals,
  signInByMail,
  withPasskey,
} from '../kit/passkeys.ts'
import { COLLEAGUE, SESSION_COOKIE, useGate } from '../kit/use-gate.ts'
import { createVisitor, hiddenFields, mailedCode, PREFIX, type Answer, type Visitor } from '../kit/visitor.ts'

/** Passkeys on the server, with a security key in software; Chromium's own is in test/browser/passkeys. */

const WALKER = { ...PERSON, login: 'm.marche', email: 'm.marche@example.test' }
const LEAVER = { ...PERSON, login: 'p.partant', email: 'p.partant@example.test' }
const MOST = 10
const use = useGate({ ways: PASSKEY_WAYS, passkey: { 'per-account': MOST } }, [PERSON, COLLEAGUE, WALKER, LEAVER])

const ACCOUNT = `${PREFIX}/account`

/** Everything that a statement may be wrong in, and how the trail calls it. */
const WRONG: readonly (readonly [detail: string, says: Says])[] = [
  ['origin', { origin: 'https://dcc.example.test.evil.test' }],
  ['origin', { origin: 'http://dcc.example.test' }],
  ['origin', { isFramed: true }],
  ['site', { rpId: 'example.test' }],
  ['challenge', { challenge: 'A'.repeat(43) }],
  ['unverified', { isVerified: false }],
  ['malformed', { type: 'webauthn.create' }],
]

const says = (answer: Answer, words: RegExp) => assert.match(answer.body.replaceAll('&#39;', "'"), words)
const hasSession = (visitor: Visitor) => visitor.cookies.has(SESSION_COOKIE)
const lastRefusals = (count: number) => refusals(use.gate).slice(-count)

/** The same bytes save for what is new on every page. */
const bare = ({ status, body }: Answer): string =>
  `${status} ${body.replaceAll(/data-options="[^"]*"|name="to" value="[^"]*"|[?&](?:amp;)?to=[^"]*/g, '')}`

/** Signs in with a statement that is bent, on the page that a fresh question stands on. */
const offer = (visitor: Visitor, page: Answer, credential: string): Promise<Answer> =>
  press(visitor, page, page.body.includes(`action="${CODE}"`) ? CODE : ALONE, { credential })

describe('a passkey after the password', () => {
  it('is made from the choice page, after another proof, and asked for at the next sign-in', async () => {
    const choice = await passPassword(use.visitor, WALKER.login, '/dcc/ui/page?x=1')
    says(choice, /Créer une clé d'accès/)
    const link = /href="([^"]*then=passkey[^"]*)"/.exec(choice.body)?.[1] ?? assert.fail('no link')
    const proving = await use.visitor.page(link.replaceAll('&amp;', '&'))
    const asked = await press(use.visitor, proving, CHOICE, { offer: 'email-code.registered' })
    const mail = await use.visitor.page(asked.location ?? '')
    const proved = await press(use.visitor, mail, CODE, { code: await mailedCode(use.gate) })
    assert.match(proved.location ?? '', new RegExp(`^${NEW}\\?to=`))
    const page = await use.visitor.page(proved.location ?? '')
    const authenticator = createAuthenticator(use.gate.origin)
    const made = await press(use.visitor, page, NEW, {
      label: 'Portable',
      credential: authenticator.create(optionsOn(page)),
    })
    assert.equal(made.location, '/dcc/ui/page?x=1')

    use.visitor.cookies.delete(SESSION_COOKIE)
    const again = await passPassword(use.visitor, WALKER.login)
    says(again, /Utiliser ma clé d'accès/)
    says(again, /Portable/)
    const chosen = await press(use.visitor, again, CHOICE, { offer: 'passkey.any', remember: 'yes' })
    const question = await use.visitor.page(chosen.location ?? '')
    const done = await offer(use.visitor, question, authenticator.get(optionsOn(question)))
    assert.equal(done.location, '/dcc/', done.body)
    assert.equal((await use.visitor.page('/dcc/')).status, 200)

    use.visitor.cookies.delete(SESSION_COOKIE)
    assert.match((await passPassword(use.visitor, WALKER.login)).body, /data-passkey="get"/)
  })

  it('proves nothing when it was made for another page or another site, answers another question, or knows nobody', async () => {
    const authenticator = await withPasskey(use.gate, use.visitor, COLLEAGUE.login)
    // Few enough at a time that nobody has to wait.
    for (const some of [WRONG.slice(0, 4), WRONG.slice(4)]) {
      use.visitor.cookies.delete(SESSION_COOKIE)
      let page = await reachQuestion(use.visitor, COLLEAGUE.login)
      for (const [detail, bent] of some) {
        page = await offer(use.visitor, page, authenticator.get(optionsOn(page), bent))
        assert.equal(page.status, 401, detail)
        says(page, /Cette clé d'accès n'a pas été acceptée/)
      }
      assert.deepEqual(
        lastRefusals(some.length),
        some.map(([detail]) => detail),
      )
      assert.ok(!hasSession(use.visitor))
      const done = await offer(use.visitor, page, authenticator.get(optionsOn(page)))
      assert.equal(done.location, '/dcc/', 'the right one goes on')
    }
  })

  it('is refused with a signature of another key, a foreign owner, or bytes that no browser sends, costing no fault', async () => {
    const authenticator = await withPasskey(use.gate, use.visitor, COLLEAGUE.login)
    use.visitor.cookies.delete(SESSION_COOKIE)
    let page = await reachQuestion(use.visitor, COLLEAGUE.login)
    const right = JSON.parse(authenticator.get(optionsOn(page))) as { response: Record<string, string> }
    const signature = Buffer.from(right.response['signature'] ?? '', 'base64url')
    signature.writeUInt8(signature.readUInt8(signature.length - 1) ^ 1, signature.length - 1)
    const bent = { ...right, response: { ...right.response, signature: signature.toString('base64url') } }
    page = await offer(use.visitor, page, JSON.stringify(bent))
    assert.equal(page.status, 401)
    page = await offer(use.visitor, page, authenticator.get(optionsOn(page), { userHandle: 'AAAAAAAAAAAAAAAAAAAAAA' }))
    assert.equal(page.status, 401)
    assert.deepEqual(lastRefusals(2), ['signature', 'foreign'])
    for (const nonsense of [
      '',
      '{}',
      'null',
      '[',
      '"x"',
      JSON.stringify({ ...right, id: '../..' }),
      '{"id":{"a":1}}',
    ]) {
      page = await offer(use.visitor, page, nonsense)
      assert.equal(page.status, 401, nonsense)
    }
    assert.deepEqual(
      use.gate.log.filter(({ level }) => level === 'error'),
      [],
    )
  })

  it('T-05: is one of this person’s own, and answers the question of this very sign-in', async () => {
    const theirs = createVisitor(use.gate)
    const foreign = await withPasskey(use.gate, theirs, LEAVER.login)
    const own = await withPasskey(use.gate, use.visitor, COLLEAGUE.login)
    use.visitor.cookies.delete(SESSION_COOKIE)
    const page = await reachQuestion(use.visitor, COLLEAGUE.login)
    const stranger = createAuthenticator(use.gate.origin)
    const invented = { rp: { id: 'dcc.example.test' }, user: { id: 'AAAA' }, challenge: 'AAAA' }
    stranger.create(JSON.stringify(invented))
    let next = await offer(use.visitor, page, foreign.get(optionsOn(page), { nth: 0 }))
    next = await offer(use.visitor, next, stranger.get(optionsOn(next), { nth: 0 }))
    assert.equal(next.status, 401)
    assert.deepEqual(lastRefusals(2), ['foreign', 'unknown'])

    const elsewhere = createVisitor(use.gate)
    const other = await reachQuestion(elsewhere, COLLEAGUE.login)
    const crossed = await offer(elsewhere, other, own.get(optionsOn(next)))
    assert.equal(crossed.status, 401)
    assert.deepEqual(lastRefusals(1), ['challenge'])
  })

  it('is refused and told of when its counter goes backwards: there are two of it', async () => {
    const authenticator = await withPasskey(use.gate, use.visitor, LEAVER.login)
    const copy = authenticator.copy()
    use.visitor.cookies.delete(SESSION_COOKIE)
    const first = await reachQuestion(use.visitor, LEAVER.login)
    assert.equal((await offer(use.visitor, first, copy.get(optionsOn(first)))).location, '/dcc/')
    use.visitor.cookies.delete(SESSION_COOKIE)
    const second = await reachQuestion(use.visitor, LEAVER.login)
    const refused = await offer(use.visitor, second, authenticator.get(optionsOn(second)))
    assert.equal(refused.status, 401)
    const silent = await offer(use.visitor, refused, authenticator.get(optionsOn(refused), { counter: 0 }))
    assert.equal(silent.status, 401, 'nor may it begin not to count')
    assert.deepEqual(lastRefusals(2), ['cloned', 'cloned'])
    // What is not signed accuses nobody.
    const bent = JSON.parse(authenticator.get(optionsOn(silent), { counter: 1 })) as { response: { signature: string } }
    bent.response.signature = Buffer.from(bent.response.signature, 'base64url').reverse().toString('base64url')
    await offer(use.visitor, silent, JSON.stringify(bent))
    assert.deepEqual(lastRefusals(1), ['signature'])
  })

  it('need not count: those of telephones always say 0, and may say later that they were copied', async () => {
    const telephone = createAuthenticator(use.gate.origin, { counts: false, isSynced: true })
    await withPasskey(use.gate, use.visitor, COLLEAGUE.login, telephone)
    for (const isCopied of [false, true, true]) {
      use.visitor.cookies.delete(SESSION_COOKIE)
      const page = await reachQuestion(use.visitor, COLLEAGUE.login)
      const done = await offer(use.visitor, page, telephone.get(optionsOn(page), { isCopied }))
      assert.equal(done.location, '/dcc/', done.body)
    }
  })

  it('T-02: the same statement sent twenty times opens one session', async () => {
    const authenticator = await withPasskey(use.gate, use.visitor, LEAVER.login)
    use.visitor.cookies.delete(SESSION_COOKIE)
    const page = await reachQuestion(use.visitor, LEAVER.login)
    const form = { ...hiddenFields(page.body, CODE), credential: authenticator.get(optionsOn(page)) }
    const answers = await Promise.all(Array.from({ length: 20 }, () => use.visitor.ask(CODE, { form })))
    const sessions = answers.flatMap(({ setCookies }) =>
      setCookies.filter((line) => line.startsWith(`${SESSION_COOKIE}=s`)),
    )
    assert.equal(sessions.length, 1)
  })

  it('T-06: is too late after five minutes, and the page has a new question ready', async () => {
    const authenticator = await withPasskey(use.gate, use.visitor, COLLEAGUE.login)
    use.visitor.cookies.delete(SESSION_COOKIE)
    const page = await reachQuestion(use.visitor, COLLEAGUE.login)
    use.clock.advance('5m')
    const late = await offer(use.visitor, page, authenticator.get(optionsOn(page)))
    assert.equal(late.status, 401)
    says(late, /La demande a expiré/)
    assert.equal((await offer(use.visitor, late, authenticator.get(optionsOn(late)))).location, '/dcc/')
  })
})

describe('a passkey alone', () => {
  it('signs in without a login, and the application is told so', async () => {
    const authenticator = await withPasskey(use.gate, use.visitor)
    const elsewhere = createVisitor(use.gate)
    const page = await reachInvitation(elsewhere, '/dcc/ui/page?x=1')
    assert.equal(page.status, 200)
    assert.doesNotMatch(optionsOn(page), new RegExp(PERSON.login))
    const before = use.gate.log.length
    const done = await offer(elsewhere, page, authenticator.get(optionsOn(page)))
    assert.equal(done.location, '/dcc/ui/page?x=1', done.body)
    const events = use.gate.log.slice(before).flatMap(({ message, fields }) => (message === 'audit' ? [fields] : []))
    assert.deepEqual(
      // The browser is new to this person, who is told of it by mail meanwhile.
      events.flatMap(({ event, login, method }) => (event === 'notice.sent' ? [] : [[event, login, method]])),
      ['sign-in.passkey-accepted', 'session.started'].map((event) => [event, PERSON.login, 'passkey']),
    )
    await elsewhere.page('/dcc/')
    const assertion = use.upstream.requests.at(-1)?.headers['x-portillon-assertion'] ?? ''
    const payload = JSON.parse(Buffer.from(String(assertion).split('.')[1] ?? '', 'base64url').toString()) as {
      login: string
      amr: string[]
      acr: string
    }
    assert.deepEqual([payload.login, payload.amr, payload.acr], [PERSON.login, ['pop', 'mfa'], 'urn:portillon:level:2'])
  })

  it('C-01: is refused alike for whatever reason: nobody’s, another page’s, a closed account’s', async () => {
    const admin = createAccountAdmin(use.gate.app.database, {
      clock: use.clock,
      random: systemRandom,
      hasher: createPasswordHasher(),
      trail: use.gate.app.trail,
      endSessions: () => Promise.resolve(0),
      actor: 'test',
    })
    const authenticator = await withPasskey(use.gate, use.visitor, LEAVER.login)
    const stranger = createAuthenticator(use.gate.origin)
    const invented = { rp: { id: 'dcc.example.test' }, user: { id: 'AAAA' }, challenge: 'AAAA' }
    stranger.create(JSON.stringify(invented))
    const realm = use.gate.site.realm
    const pages: string[] = []
    const tryWith = async (statement: (options: string) => string): Promise<void> => {
      const visitor = createVisitor(use.gate)
      // One browser after the other with one csrf, so that nothing but the answer could differ.
      for (const [name, value] of use.visitor.cookies) if (name !== SESSION_COOKIE) visitor.cookies.set(name, value)
      const page = await reachInvitation(visitor)
      const answer = await offer(visitor, page, statement(optionsOn(page)))
      assert.ok(!hasSession(visitor))
      pages.push(bare(answer))
    }
    await tryWith((options) => stranger.get(options))
    await tryWith((options) => authenticator.get(options, { origin: 'https://evil.test' }))
    await tryWith((options) => authenticator.get(options, { userHandle: null }))
    await admin.disable(realm, LEAVER.login)
    await tryWith((options) => authenticator.get(options))
    await admin.enable(realm, LEAVER.login)
    assert.deepEqual(lastRefusals(4), ['unknown', 'origin', 'foreign', 'disabled'])
    assert.deepEqual([...new Set(pages)], [pages[0]])
    assert.match(pages[0] ?? '', /^401 /)
  })

  it('T-05: answers the question of the browser that asked it, once', async () => {
    const authenticator = await withPasskey(use.gate, use.visitor)
    const [one, two] = [createVisitor(use.gate), createVisitor(use.gate)]
    const asked = await reachInvitation(one)
    const statement = authenticator.get(optionsOn(asked))
    const crossed = await offer(two, await reachInvitation(two), statement)
    assert.equal(crossed.status, 401)
    assert.equal((await offer(one, asked, statement)).location, '/dcc/')
    one.cookies.delete(SESSION_COOKIE)
    const replayed = await offer(one, asked, statement)
    assert.equal(replayed.status, 401)
    assert.deepEqual(lastRefusals(2), ['challenge', 'expired'])
  })

  it('C-16: takes no form of another site, and keeps nothing for a stranger who only asks', async () => {
    const stranger = createVisitor(use.gate)
    const sent = await stranger.page(`${ALONE}?to=`)
    assert.match(sent.location ?? '', /\/sign-in$/)
    const authenticator = await withPasskey(use.gate, use.visitor)
    const page = await reachInvitation(stranger)
    const form = { ...hiddenFields(page.body, ALONE), credential: authenticator.get(optionsOn(page)) }
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://elsewhere.example.test' }
    assert.equal((await stranger.ask(ALONE, { form, headers })).status, 403)
    assert.ok(!hasSession(stranger))
  })

  it('T-03: is asked for only so often from one place, whoever’s it is', async () => {
    const stranger = createAuthenticator(use.gate.origin)
    stranger.create(JSON.stringify({ rp: { id: 'dcc.example.test' }, user: { id: 'AAAA' }, challenge: 'AAAA' }))
    let page = await reachInvitation(use.visitor)
    const statuses: number[] = []
    for (let round = 0; round < 8; round += 1) {
      page = await offer(use.visitor, page, stranger.get(optionsOn(page)))
      statuses.push(page.status)
    }
    assert.deepEqual(
      statuses.slice(0, 5),
      Array.from({ length: 5 }, () => 401),
    )
    assert.equal(statuses.at(-1), 429)
    says(page, /Trop d'essais/)
  })
})

describe('my passkeys', () => {
  it('are listed with my names for them, and go when I take them away', async () => {
    const authenticator = await withPasskey(use.gate, use.visitor)
    const body = await use.visitor.page(ACCOUNT)
    says(body, /Ordinateur du cabinet/)
    const factors = [...body.body.matchAll(/name="factor" value="([^"]+)"/g)].map(([, id]) => id ?? '')
    for (const factor of factors)
      await press(use.visitor, await use.visitor.page(ACCOUNT), `${ACCOUNT}/factors/remove`, { factor })
    says(await use.visitor.page(ACCOUNT), /Aucune clé d'accès/)
    const elsewhere = createVisitor(use.gate)
    const page = await reachInvitation(elsewhere)
    const refused = await offer(elsewhere, page, authenticator.get(optionsOn(page)))
    assert.equal(refused.status, 401)
    assert.deepEqual(lastRefusals(1), ['unknown'])
  })

  it('T-19, C-14: are made after a fresh proof alone, for the session that asked, and once', async () => {
    const authenticator = createAuthenticator(use.gate.origin)
    assert.equal((await createVisitor(use.gate).page(NEW)).status, 303)
    await signInByMail(use.gate, use.visitor)
    const page = await use.visitor.page(NEW)
    const credential = authenticator.create(optionsOn(page))
    const other = createVisitor(use.gate)
    await signInByMail(use.gate, other, COLLEAGUE.login)
    const planted = await press(other, await other.page(NEW), NEW, { credential })
    assert.equal(planted.status, 400)
    use.clock.advance('11m')
    const late = await press(use.visitor, page, NEW, { credential })
    assert.match(late.location ?? '', /why=fresh/)
  })

  it('are not made by a page that imitates ours, without the person’s proof, or twice', async () => {
    await signInByMail(use.gate, use.visitor)
    for (const [detail, bent] of WRONG) {
      if (detail === 'malformed') continue
      const refused = await makePasskey(use.visitor, createAuthenticator(use.gate.origin), 'x', bent)
      assert.equal(refused.status, 400, detail)
      says(refused, /n'a pas pu être enregistrée/)
    }
    // Certificates name addresses that a reader of them asks for revocation lists.
    for (const attestation of ['packed', 'fido-u2f', 'tpm', 'apple', 'android-key', 'android-safetynet']) {
      const refused = await makePasskey(use.visitor, createAuthenticator(use.gate.origin), 'x', { attestation })
      assert.equal(refused.status, 400, attestation)
    }
    const page = await use.visitor.page(NEW)
    const credential = createAuthenticator(use.gate.origin).create(optionsOn(page))
    assert.equal((await press(use.visitor, page, NEW, { credential })).status, 303)
    const again = await press(use.visitor, page, NEW, { credential })
    assert.equal(again.status, 400)
    says(again, /La demande a expiré/)
  })

  it('are as many as the policy allows', async () => {
    await signInByMail(use.gate, use.visitor, COLLEAGUE.login)
    const answers: Answer[] = []
    for (let round = 0; round <= MOST; round += 1)
      answers.push(await makePasskey(use.visitor, createAuthenticator(use.gate.origin), `Clé ${round}`))
    const [last] = answers.slice(-1)
    assert.equal(last?.status, 400)
    says(last, /le nombre de clés d'accès permis/)
  })
})
