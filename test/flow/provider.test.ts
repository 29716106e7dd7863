import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GATE_PASSWORD, PERSON, startGate } from '../kit/gate.ts'
import { eventsOf, goToProvider, pscSite, SECRET, useProviderGate } from '../kit/provider-gate.ts'
import { CAMILLE } from '../kit/scripted-provider.ts'
import { COLLEAGUE, SESSION_COOKIE } from '../kit/use-gate.ts'
import { createVisitor, openSignIn, PREFIX } from '../kit/visitor.ts'

const ALIX = { ...COLLEAGUE, nationalId: '899900000011' }
const use = useProviderGate({}, { people: [PERSON, ALIX] })
const AS_ALIX = { ...CAMILLE, sub: 'f:0:899900000011', SubjectNameID: '899900000011' }

describe('signing in by Pro Santé Connect', () => {
  it('asks by authorization code, PKCE S256, state, nonce, scope_all and eidas1, on the host of the wallet', async () => {
    const sent = await goToProvider(use.visitor)
    assert.equal(sent.status, 303)
    const { host, pathname, searchParams } = new URL(sent.location ?? '')
    assert.deepEqual([host, pathname], [`localhost:${use.provider.port}`, '/auth'])
    const fixed = ['response_type', 'scope', 'acr_values', 'code_challenge_method', 'client_id', 'redirect_uri']
    assert.deepEqual(
      fixed.map((name) => searchParams.get(name)),
      [
        ...['code', 'openid scope_all', 'eidas1', 'S256', 'portillon-test'],
        `${use.gate.origin}/_portillon/pro-sante-connect/callback`,
      ],
    )
    for (const name of ['state', 'nonce', 'code_challenge']) assert.match(searchParams.get(name) ?? '', /^[\w-]{43}$/)
  })

  it('opens the session of whoever has the PS_IdNat, and leads to the page that was asked for', async () => {
    const back = await use.comeBack(use.visitor, '/dcc/ui/patient.jsp?id=1024')
    assert.equal(back.status, 303, back.body)
    assert.equal(back.location, '/dcc/ui/patient.jsp?id=1024')
    assert.equal((await use.visitor.page(back.location)).status, 200)
    const { headers } = use.upstream.requests.at(-1) ?? assert.fail('nothing arrived')
    assert.deepEqual([headers['x-remote-user'], headers['x-user-rpps']], [PERSON.login, '99900000003'])
    const { event, method, detail } =
      eventsOf(use.gate).findLast((one) => one.event === 'sign-in.evidence-accepted') ?? {}
    assert.deepEqual([event, method, detail], ['sign-in.evidence-accepted', 'pro-sante-connect', use.provider.issuer])
  })

  it('completes a password: of the same person, and of nobody else', async () => {
    const ways = [{ id: 'password-psc', methods: ['password' as const, 'pro-sante-connect' as const] }]
    const gate = await startGate({
      upstream: use.upstream.url,
      people: [PERSON, ALIX],
      site: { ...pscSite(use.provider.issuer), ways },
      providers: { 'pro-sante-connect': SECRET },
    })
    try {
      for (const [userinfo, status] of [
        [AS_ALIX, 403],
        [CAMILLE, 303],
      ] as const) {
        use.provider.says({ userinfo })
        const visitor = createVisitor(gate)
        const fields = await openSignIn(visitor)
        const form = { ...fields, login: PERSON.login, password: GATE_PASSWORD, way: 'password-psc' }
        const asked = await visitor.ask(`${PREFIX}/sign-in`, { form })
        assert.match(asked.location ?? asked.body, /\/pro-sante-connect\?attempt=/)
        const sent = await visitor.page(asked.location ?? '')
        const answer = await visitor.page(use.provider.answerTo(sent.location ?? ''))
        assert.equal(answer.status, status, answer.body)
        assert.equal((await visitor.page('/dcc/')).status, status === 303 ? 200 : 302)
      }
    } finally {
      await gate.stop()
    }
  })

  it('sends a browser that never saw a page of ours to the sign-in page, and one that begins for ever away', async () => {
    const stranger = createVisitor(use.gate)
    assert.match((await stranger.page(`${PREFIX}/pro-sante-connect`)).location ?? '', /\/sign-in$/)
    const statuses = new Set<number>()
    await use.visitor.page(`${PREFIX}/sign-in`)
    for (let round = 0; round < 45; round += 1)
      statuses.add((await use.visitor.page(`${PREFIX}/pro-sante-connect`)).status)
    assert.deepEqual([...statuses], [303, 429])
  })

  it('takes no POST where the browser comes back', async () => {
    assert.equal((await use.visitor.ask(`${PREFIX}/pro-sante-connect/callback`, { form: { code: 'x' } })).status, 405)
  })
})

describe('S-01, S-20, J-16: a session before', () => {
  it('S-01: a session opened by Pro Santé Connect has a new id, whatever the browser held', async () => {
    const { visitor } = use
    await visitor.page(`${PREFIX}/sign-in`)
    visitor.cookies.set(SESSION_COOKIE, 's%3Achosen-by-somebody-else.AAAA')
    await use.comeBack()
    const first = visitor.cookies.get(SESSION_COOKIE) ?? ''
    assert.doesNotMatch(first, /chosen-by-somebody-else/)
    // Linked or not, proving it anew gives another id, and the former one is dead (S-20).
    const sent = await visitor.page(`${PREFIX}/pro-sante-connect`)
    assert.equal(new URL(sent.location ?? '').searchParams.get('prompt'), 'login')
    await visitor.page(use.provider.answerTo(sent.location ?? ''))
    assert.notEqual(visitor.cookies.get(SESSION_COOKIE), first)
    const thief = createVisitor(use.gate)
    thief.cookies.set(SESSION_COOKIE, first)
    assert.equal((await thief.page('/dcc/')).status, 302)
  })

  const again = async (script: Parameters<typeof use.provider.says>[0]) => {
    const { visitor } = use
    await use.comeBack()
    const before = visitor.cookies.get(SESSION_COOKIE) ?? ''
    const sent = await visitor.page(`${PREFIX}/pro-sante-connect`)
    use.provider.says(script)
    const answer = await visitor.page(use.provider.answerTo(sent.location ?? ''))
    return { visitor, before, answer }
  }
  const whoIs = async (cookie: string): Promise<unknown> => {
    const browser = createVisitor(use.gate)
    browser.cookies.set(SESSION_COOKIE, cookie)
    const { status } = await browser.page('/dcc/')
    return status === 200 ? use.upstream.requests.at(-1)?.headers['x-remote-user'] : null
  }

  it('J-16: proving anew and cancelling there leaves the session with its person', async () => {
    const { visitor, before, answer } = await again({ answer: { code: null, error: 'access_denied' } })
    assert.match(answer.location ?? '', /why=cancelled/)
    assert.equal(visitor.cookies.get(SESSION_COOKIE), before)
    assert.equal(await whoIs(before), PERSON.login)
  })

  it('J-16: finishing as another person ends the old session and opens a new one; none is swapped in place', async () => {
    const { visitor, before } = await again({ userinfo: AS_ALIX })
    const now = visitor.cookies.get(SESSION_COOKIE) ?? ''
    assert.notEqual(now, before)
    assert.deepEqual([await whoIs(before), await whoIs(now)], [null, ALIX.login])
  })

  it('J-16: a proof that is older than the wish to prove anew is none', async () => {
    const { visitor, before, answer } = await again({ claims: { auth_time: Math.floor(Date.now() / 1_000) - 120 } })
    assert.match(answer.location ?? '', /why=stale/)
    assert.equal(visitor.cookies.get(SESSION_COOKIE), before)
    assert.equal(await whoIs(before), PERSON.login)
  })
})
