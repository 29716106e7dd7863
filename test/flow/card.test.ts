import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { KeyUsageFlags } from '@peculiar/asn1-x509'
import { SERVICE_CARD, type TestCard } from '../../deploy/demo/igc-sante/card.ts'
import {
  askCardListener,
  CARD_PAGE,
  CARD_RETURN,
  inBrowser,
  leaveForListener,
  reachCardPage,
  showCard,
  startCardGate,
  type CardGate,
} from '../kit/card-gate.ts'
import { PERSON } from '../kit/gate.ts'
import { ALIX, CAMILLE, createTestIgcSante } from '../kit/igc-sante.ts'
import { passPassword } from '../kit/passkeys.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { COLLEAGUE, SESSION_COOKIE } from '../kit/use-gate.ts'
import { createVisitor, hiddenFields, PREFIX, signIn, type Visitor } from '../kit/visitor.ts'

const OWN = { ...PERSON, nationalId: CAMILLE.nationalId }
const OTHER = { ...COLLEAGUE, nationalId: ALIX.nationalId }
const CLOSED = { ...PERSON, login: 'f.erme', email: 'f.erme@example.test', nationalId: '899900000011' }
const TWICE = ['u.n', 'd.eux'].map((login) => ({
  ...PERSON,
  login,
  email: `${login}@example.test`,
  nationalId: '899900000029',
}))

let upstream: HttpUpstream
let gate: CardGate
let visitor: Visitor
const igc = createTestIgcSante({ now: Date.now() })
const camille = igc.card('CPS', CAMILLE)
const alix = igc.card('CPE', ALIX)

before(async () => {
  upstream = await startHttpUpstream()
  gate = await startCardGate({
    igc,
    upstream: upstream.url,
    people: [OWN, OTHER, CLOSED, ...TWICE],
    site: {
      cps: { address: 'https://carte.dcc.example.test', kinds: ['CPS', 'CPE'] },
      rules: [{ id: 'strong', match: { path: '/dcc/strong/**' }, allow: { level: 3 } }],
    },
  })
  await gate.app.database.db.updateTable('accounts').set({ disabled_at: 1 }).where('login', '=', CLOSED.login).execute()
})
after(async () => {
  await gate.stop()
  await upstream.stop()
})
beforeEach(() => {
  visitor = createVisitor(gate)
})

const show = (page: { body: string }, card: TestCard | null): Promise<string> =>
  showCard(visitor, page, { port: gate.cardPort, card: card === null ? null : inBrowser(card) })

/** « Réessayer » or « Continuer », the card in the reader, and the page on which that ends. */
const present = async (page: { body: string }, card: TestCard | null) => {
  const returned = await visitor.page(await show(page, card))
  return returned.status === 303
    ? { ...(await visitor.page(returned.location ?? '')), location: returned.location }
    : returned
}

const events = (event: string) => gate.log.filter(({ fields }) => fields['event'] === event).map(({ fields }) => fields)
const lastDetail = (event: string): string => String(events(event).at(-1)?.['detail'])

const isSignedIn = async () => (await visitor.page('/dcc/')).status === 200
const sessionOf = ({ cookies }: Visitor) => cookies.get(SESSION_COOKIE)

const reachAfterPassword = async (login: string, path = '/dcc/') => {
  const choice = await passPassword(visitor, login, path)
  const offered = hiddenFields(choice.body, `${PREFIX}/sign-in/choice`)
  const chosen = await visitor.ask(`${PREFIX}/sign-in/choice`, { form: { ...offered, offer: 'cps.own' } })
  assert.match(chosen.location ?? '', new RegExp(`^${CARD_PAGE}\\?attempt=`), chosen.body)
  return visitor.page(chosen.location ?? '')
}

describe('a card', () => {
  it('lets its owner in alone, to the page that was asked for', async () => {
    const page = await reachCardPage(visitor, '/dcc/ui/page?x=1')
    assert.match(page.body, /Insérez votre carte,/)
    const done = await visitor.page(await show(page, camille))
    assert.equal(done.location, '/dcc/ui/page?x=1', done.body)
    assert.ok(await isSignedIn())
    assert.match(
      lastDetail('sign-in.evidence-accepted'),
      /^serial [0-9A-F]+, issuer .*TEST AC IGC-SANTE FORT PERSONNES/,
    )
  })

  it('completes a sign-in that its owner has begun with their password', async () => {
    const page = await reachAfterPassword(OWN.login, '/dcc/ui/page?x=2')
    const done = await visitor.page(await show(page, camille))
    assert.equal(done.location, '/dcc/ui/page?x=2', done.body)
    const { method, login } = events('session.started').at(-1) ?? {}
    assert.deepEqual([method, login], ['password+cps', OWN.login])
  })

  it('of another person than the one whose password was given lets nobody in', async () => {
    const page = await reachAfterPassword(OWN.login)
    const refused = await present(page, alix)
    assert.equal(refused.status, 403)
    assert.match(refused.body, /pas la personne dont le mot de passe/)
    assert.match(lastDetail('sign-in.evidence-refused'), /^another-person serial /)
    assert.equal(sessionOf(visitor), undefined)
    const [, retry = ''] = new RegExp(`href="(${CARD_PAGE}[^"]*)"`).exec(refused.body) ?? []
    const again = await visitor.page(retry.replaceAll('&amp;', '&'))
    assert.equal(
      (await visitor.page(await show(again, camille))).location,
      '/dcc/',
      'their own card still completes it',
    )
  })

  const others: readonly (readonly [string, () => TestCard | null, RegExp, RegExp])[] = [
    ['none', () => null, /Aucune carte/, /^none$/],
    ['expired', () => igc.card('CPS', CAMILLE, { notAfter: new Date(Date.now() - 1) }), /a expiré/, /^expired, /],
    [
      'not-yet-valid',
      () => igc.card('CPS', CAMILLE, { notBefore: new Date(Date.now() + 3_600_000) }),
      /pas encore valable/,
      /^not-yet-valid, /,
    ],
    [
      'not-for-authentication',
      () => igc.card('CPS', CAMILLE, { keyUsage: KeyUsageFlags.nonRepudiation }),
      /pas le bon certificat/,
      /^not-for-authentication, /,
    ],
    ['not-personal', () => igc.card('CPE', ALIX, { subject: SERVICE_CARD }), /nominative/, /^not-personal, /],
    ['kind-not-accepted', () => igc.card('CPA', ALIX), /type de carte/, /^kind-not-accepted, /],
    [
      'untrusted',
      () => createTestIgcSante({ now: Date.now() }).card('CPS', CAMILLE),
      /pas accepté ici/,
      /^untrusted, .*serial [0-9A-F]+, issuer /,
    ],
  ]
  for (const [reason, card, said, detail] of others) {
    it(`K-12: that is ${reason} comes back as a page that says so, with another try and the other ways`, async () => {
      const refused = await present(await reachCardPage(visitor), card())
      assert.equal(refused.status, 403)
      assert.match(refused.body, said)
      assert.match(refused.body, /Utiliser un autre moyen/)
      assert.match(lastDetail('sign-in.card-refused'), detail)
      const { reference } = events('sign-in.card-refused').at(-1) ?? {}
      assert.ok(refused.body.includes(String(reference)), 'the page quotes what the trail has')
      assert.ok(!(await isSignedIn()))
      const done = await visitor.page(await show(refused, camille))
      assert.equal(done.location, '/dcc/', 'the next try begins on this very page')
    })
  }

  it('K-12: that was revoked says so', async () => {
    const gone = igc.card('CPS', CAMILLE)
    await gate.revoke({ serial: gone.serial })
    const refused = await present(await reachCardPage(visitor), gone)
    assert.match(refused.body, /a été révoquée/)
    assert.match(lastDetail('sign-in.card-refused'), /^revoked, /)
    assert.equal((await visitor.page(await show(refused, camille))).location, '/dcc/')
  })

  it('K-12: of which nobody can tell today whether it was revoked says so', async () => {
    const bare = await startCardGate({ igc, upstream: upstream.url, people: [OWN], hasLists: false })
    try {
      const other = createVisitor(bare)
      const options = { port: bare.cardPort, card: inBrowser(camille) }
      const returned = await other.page(await showCard(other, await reachCardPage(other), options))
      assert.match(returned.location ?? '', /why=revocation-unknown/)
      assert.match((await other.page(returned.location ?? '')).body, /ne peut pas être vérifiée/)
    } finally {
      await bare.stop()
    }
  })

  for (const [cause, nationalId] of [
    ['unknown', '899900000037'],
    ['disabled', CLOSED.nationalId],
    ['ambiguous', TWICE[0]?.nationalId ?? ''],
  ] as const) {
    it(`K-13: whose account is ${cause} gets the same page as any other, and a line with serial and issuer`, async () => {
      const card = igc.card('CPS', { ...CAMILLE, nationalId })
      const refused = await present(await reachCardPage(visitor), card)
      assert.equal(refused.status, 403)
      const said = /<main.*<\/main>/s.exec(refused.body)?.[0].replaceAll(/[0-9A-Z]{6}-[0-9A-Z]{5}|to=[\w.-]+/g, '')
      assert.match(said ?? '', /référent|assistance/)
      pages.add(said ?? '')
      assert.equal(pages.size, 1)
      assert.match(lastDetail('sign-in.evidence-refused'), new RegExp(`^${cause} serial [0-9A-F]+, issuer `))
    })
  }
  const pages = new Set<string>()

  it('S-01: opens a session of a new id at every change of level', async () => {
    const seen = [sessionOf(visitor)]
    const first = await visitor.page(await show(await reachCardPage(visitor), camille))
    assert.equal(first.location, '/dcc/')
    seen.push(sessionOf(visitor))
    const before = visitor.cookieHeader()
    const again = await visitor.page(CARD_PAGE)
    assert.match(again.body, new RegExp(`Vous êtes connecté en tant que ${OWN.givenName}`))
    await visitor.page(await show(again, camille))
    seen.push(sessionOf(visitor))
    assert.equal(new Set(seen).size, 3)
    const old = await visitor.ask('/dcc/', { bare: true, headers: { cookie: before, accept: 'text/html' } })
    assert.notEqual(old.status, 200, 'the former session is over')
  })

  it('S-20: of somebody else, under a live session, ends it and begins one of its own', async () => {
    await visitor.page(await show(await reachCardPage(visitor), camille))
    const before = visitor.cookieHeader()
    const page = await visitor.page(CARD_PAGE)
    assert.match(page.body, /cette session prendra fin/)
    const done = await visitor.page(await show(page, alix))
    assert.equal(done.status, 303)
    assert.equal(events('session.started').at(-1)?.['login'], OTHER.login)
    assert.deepEqual(
      ['event', 'login', 'detail'].map((name) => events('session.ended').at(-1)?.[name]),
      ['session.ended', OWN.login, 'replaced'],
    )
    const old = await visitor.ask('/dcc/', { bare: true, headers: { cookie: before, accept: 'text/html' } })
    assert.notEqual(old.status, 200)
  })

  it('S-20: that is refused leaves a live session as it was', async () => {
    await visitor.page(await show(await reachCardPage(visitor), camille))
    const session = sessionOf(visitor)
    const refused = await present(await visitor.page(CARD_PAGE), null)
    assert.match(refused.body, /Vous êtes connecté en tant que/)
    assert.equal(sessionOf(visitor), session)
    assert.ok(await isSignedIn())
  })

  it('is asked for by a page that wants more than a mailed code, and opens it', async () => {
    const page = await reachCardPage(visitor, '/dcc/strong/dossier?id=1')
    const done = await visitor.page(await show(page, camille))
    assert.equal(done.location, '/dcc/strong/dossier?id=1')
    assert.equal((await visitor.page('/dcc/strong/dossier?id=1')).status, 200)
  })
})

const { nationalId: _none, ...unnumbered } = COLLEAGUE

describe('G19: a card that leads to no account yet', () => {
  it('is linked by its holder, who has signed in another way, and lets them in from then on', async () => {
    const bare = await startCardGate({
      igc,
      upstream: upstream.url,
      people: [unnumbered],
      site: {
        ways: [
          { id: 'password-card', methods: ['password', 'cps'], level: 3 },
          { id: 'mailed-code', methods: ['password', 'email-code'], homologation: 'test' },
        ],
      },
    })
    try {
      const person = createVisitor(bare)
      const options = { port: bare.cardPort, card: inBrowser(igc.card('CPS', CAMILLE)) }
      await signIn(bare, person, '/dcc/', COLLEAGUE.login)
      const account = await person.page(`${PREFIX}/account`)
      const [, href = ''] = new RegExp(`href="(${CARD_PAGE}\\?to=[^"]*)"`).exec(account.body) ?? []
      const page = await person.page(href.replaceAll('&amp;', '&'))
      assert.equal(page.status, 200, page.location)
      const asked = await person.page(await showCard(person, page, options))
      const question = await person.page(asked.location ?? '')
      assert.match(question.body, new RegExp(CAMILLE.nationalId))
      const linked = await person.ask(`${PREFIX}/account/link`, {
        form: hiddenFields(question.body, `${PREFIX}/account/link`),
      })
      assert.match(linked.location ?? '', /done=linked/)

      const later = createVisitor(bare)
      const choice = await passPassword(later, COLLEAGUE.login)
      const offered = hiddenFields(choice.body, `${PREFIX}/sign-in/choice`)
      const chosen = await later.ask(`${PREFIX}/sign-in/choice`, { form: { ...offered, offer: 'cps.own' } })
      const shown = await showCard(later, await later.page(chosen.location ?? ''), options)
      assert.equal((await later.page(shown)).location, '/dcc/')
    } finally {
      await bare.stop()
    }
  })
})

describe('the way to the card listener and back', () => {
  it('serves once: neither its address nor its ticket does anything a second time', async () => {
    const { pathname, search } = await leaveForListener(visitor, await reachCardPage(visitor))
    const first = await askCardListener(`${pathname}${search}`, { port: gate.cardPort, card: inBrowser(camille) })
    assert.equal(first.status, 303)
    const second = await askCardListener(`${pathname}${search}`, { port: gate.cardPort, card: inBrowser(camille) })
    assert.equal(second.status, 410)
    const back = new URL(first.location ?? '')
    const elsewhere = createVisitor(gate)
    for (const name of ['ticket=x', 'x=1']) assert.equal((await elsewhere.page(`${CARD_RETURN}?${name}`)).status, 303)
    const done = await Promise.all([1, 2, 3].map(() => visitor.page(`${back.pathname}${back.search}`)))
    assert.deepEqual(done.map(({ location }) => location === '/dcc/').sort(), [false, false, true])
  })

  it('S-02: is of one browser: what another one brings back opens nothing, and is used up', async () => {
    const victim = createVisitor(gate)
    await reachCardPage(victim)
    const back = await show(await reachCardPage(visitor), camille)
    const theirs = await victim.page(back)
    assert.match(theirs.location ?? '', /\/card\/refused\?why=over/)
    assert.equal(sessionOf(victim), undefined)
    assert.match(lastDetail('sign-in.card-refused'), /^over$/)
    const own = await visitor.page(back)
    assert.match(own.location ?? '', /\/card\/refused\?why=over/)
  })

  it('S-02: completes no other sign-in than the one that it was begun for', async () => {
    const page = await reachAfterPassword(OTHER.login)
    const alone = await show(await reachCardPage(visitor), camille)
    const { attempt = '' } = hiddenFields(page.body, CARD_PAGE)
    const bent = await visitor.page(`${alone}&attempt=${attempt}`)
    assert.match(bent.location ?? '', /why=over/)
    assert.equal(sessionOf(visitor), undefined)
  })

  it('begins with a form of this browser alone, and only while the policy lets a card in', async () => {
    const { csrf = '' } = hiddenFields((await reachCardPage(visitor)).body, CARD_PAGE)
    const foreign = await createVisitor(gate).ask(CARD_PAGE, { form: { csrf, to: '' } })
    assert.equal(foreign.status, 403)
    const late = await visitor.page(`${CARD_PAGE}?attempt=AAAAAAAAAAAAAAAAAAAAAAAA&to=`)
    assert.match(late.location ?? '', /\/sign-in\?/)
  })

  it('leaves nothing but digests and the answer in the store, each with an end', async () => {
    const { search } = await leaveForListener(visitor, await reachCardPage(visitor))
    const handle = new URLSearchParams(search).get('journey') ?? ''
    const keys = await gate.app.store.scan('card-', 100)
    assert.ok(keys.length > 0)
    for (const key of keys) {
      assert.ok(!key.includes(handle))
      assert.ok(((await gate.app.store.timeToLive(key)) ?? Infinity) <= 600_000, key)
    }
  })
})

describe('the card listener', () => {
  it('serves nothing else: no application, no pages, no other methods, and ends every connection', async () => {
    for (const path of [
      '/',
      '/dcc/',
      `${PREFIX}/sign-in`,
      '/?journey=',
      '/x?journey=AAAAAAAAAAAAAAAAAAAAAAAA',
      '//x',
    ]) {
      const answer = await askCardListener(path, { port: gate.cardPort, card: inBrowser(camille) })
      assert.equal(answer.status, 404, path)
      assert.equal(answer.headers.connection, 'close')
      assert.equal(answer.headers['cache-control'], 'no-store')
      assert.deepEqual(answer.setCookies, [])
    }
    const { pathname, search } = await leaveForListener(visitor, await reachCardPage(visitor))
    for (const method of ['HEAD', 'POST', 'PUT', 'OPTIONS']) {
      const answer = await askCardListener(`${pathname}${search}`, { port: gate.cardPort, method })
      assert.equal(answer.status, 405, method)
    }
    const upgraded = await askCardListener(`${pathname}${search}`, {
      port: gate.cardPort,
      headers: { upgrade: 'websocket', connection: 'upgrade', 'sec-websocket-key': 'x', 'sec-websocket-version': '13' },
    })
    assert.equal(upgraded.status, 404)
    const still = await askCardListener(`${pathname}${search}`, { port: gate.cardPort, card: inBrowser(camille) })
    assert.equal(still.status, 303, 'none of it has used the address up')
  })

  it('K-01: ignores certificates in headers, and tells of them', async () => {
    const { pathname, search } = await leaveForListener(visitor, await reachCardPage(visitor))
    const forged = Buffer.from(camille.certificate).toString('base64')
    const shown = await askCardListener(`${pathname}${search}`, {
      port: gate.cardPort,
      headers: { 'Client-Cert': `:${forged}:`, 'X-SSL-Client-Verify': 'SUCCESS', 'X-SSL-Client-DER': forged },
    })
    const back = new URL(shown.location ?? '')
    const refused = await visitor.page(`${back.pathname}${back.search}`)
    assert.match(refused.location ?? '', /why=none/)
    assert.match(lastDetail('identity.forged'), /Client-Cert/)
  })
})
