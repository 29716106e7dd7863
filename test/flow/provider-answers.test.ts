import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createManualClock } from '../kit/clock.ts'
import { PERSON, startGate } from '../kit/gate.ts'
import { CLIENT_ID, startScriptedProvider } from '../kit/scripted-provider.ts'
import {
  assertRefused,
  eventsOf,
  goToProvider,
  PSC_WAY,
  pscSite,
  SECRET,
  useProviderGate,
} from '../kit/provider-gate.ts'
import { createVisitor, PREFIX } from '../kit/visitor.ts'

const use = useProviderGate()
const EXPIRED = { kind: 'expired', cause: 'state' }

describe('J-01: the state of an answer', () => {
  const goThere = async () => {
    const { visitor } = use
    return { visitor, back: use.provider.answerTo((await goToProvider(visitor)).location ?? '') }
  }

  it('J-01: is refused when it is wrong, missing, or there twice', async () => {
    const { visitor, back } = await goThere()
    const wrong = back.replace(/state=[\w-]{43}/, `state=${'A'.repeat(43)}`)
    await assertRefused(use, visitor, await visitor.page(wrong), EXPIRED)
    await assertRefused(use, visitor, await visitor.page(back.replace(/&?state=[\w-]{43}/, '')), EXPIRED)
    const twice = `${back}&state=${'A'.repeat(43)}`
    await assertRefused(use, visitor, await visitor.page(twice), { kind: 'expired', cause: 'malformed' })
  })

  it('J-01: serves once, whatever came of it', async () => {
    const { visitor, back } = await goThere()
    assert.equal((await visitor.page(back)).location, '/dcc/')
    const thief = createVisitor(use.gate)
    for (const [name, value] of visitor.cookies) if (name.includes('browser')) thief.cookies.set(name, value)
    await assertRefused(use, thief, await thief.page(back), EXPIRED)
  })

  it('J-01: among twenty of the same at once one opens a session', async () => {
    const { visitor, back } = await goThere()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => visitor.ask(back, { headers: { accept: 'text/html' } })),
    )
    assert.equal(answers.filter(({ location }) => location === '/dcc/').length, 1)
  })

  it('J-01: of another browser is refused, and stays good for the browser that began', async () => {
    const { visitor, back } = await goThere()
    const other = createVisitor(use.gate)
    await assertRefused(use, other, await other.page(back), EXPIRED)
    await other.page(`${PREFIX}/sign-in`)
    await assertRefused(use, other, await other.page(back), EXPIRED)
    assert.equal((await visitor.page(back)).location, '/dcc/')
  })

  it('J-01: of one provider is none of another, nor the other way round', async () => {
    const { visitor, back } = await goThere()
    assert.equal((await visitor.page(back.replace('/pro-sante-connect/', '/oidc/'))).status, 404)
  })

  it('J-01: older than its life is refused', async () => {
    const clock = createManualClock(Date.now())
    const gate = await startGate({
      upstream: use.upstream.url,
      site: pscSite(use.provider.issuer),
      providers: { 'pro-sante-connect': SECRET },
      clock,
    })
    try {
      const visitor = createVisitor(gate)
      const back = use.provider.answerTo((await goToProvider(visitor)).location ?? '')
      clock.advance('16m')
      await assertRefused({ gate, provider: use.provider }, visitor, await visitor.page(back), EXPIRED)
    } finally {
      await gate.stop()
    }
  })

  it('does nothing to somebody who is signed in and goes back to it in their browser', async () => {
    const { visitor, back } = await goThere()
    await visitor.page(back)
    const cookies = new Map(visitor.cookies)
    assert.equal((await visitor.page(back)).location, '/')
    assert.deepEqual(visitor.cookies, cookies)
  })
})

describe('J-03: nonce, code verifier and code', () => {
  it('J-03: an ID token without the nonce, or with another, opens nothing', async () => {
    for (const nonce of [undefined, '', 'another', 7]) {
      use.provider.says({ claims: { nonce } })
      const { visitor } = use
      const answer = await use.comeBack()
      const { detail } = eventsOf(use.gate).at(-1) ?? {}
      assert.match(detail ?? '', /^(?:nonce-wrong|token-malformed) /)
      assert.match(answer.location ?? '', /refused\?why=refused/)
      assert.equal((await visitor.page('/dcc/')).status, 302)
    }
  })

  it('J-03: an older ID token, with the right nonce of then, opens nothing', async () => {
    const { visitor } = use
    let old = ''
    use.provider.says({ idToken: (made) => (old = made) })
    assert.equal((await use.comeBack()).location, '/dcc/')
    const other = createVisitor(use.gate)
    use.provider.says({ idToken: () => old })
    const answer = await use.comeBack(other)
    assert.match(answer.location ?? '', /refused\?why=refused/)
    assert.equal((await other.page('/dcc/')).status, 302)
    assert.equal((await visitor.page('/dcc/')).status, 200)
  })

  it('J-03: the code of another start, with its other verifier, is refused at the provider', async () => {
    const [mine, theirs] = [createVisitor(use.gate), createVisitor(use.gate)]
    const [here, there] = [await goToProvider(mine), await goToProvider(theirs)]
    const own = use.provider.answerTo(here.location ?? '')
    const foreign = new URL(use.provider.answerTo(there.location ?? ''), 'http://x').searchParams.get('code') ?? ''
    const injected = own.replace(/code=[\w-]+/, `code=${foreign}`)
    await assertRefused(use, mine, await mine.page(injected), { kind: 'refused', cause: 'refused-there' })
  })

  it('J-03: the same code twice is refused at the provider, behind another state', async () => {
    const { visitor } = use
    const first = use.provider.answerTo((await goToProvider(visitor)).location ?? '')
    const used = new URL(first, 'http://x').searchParams.get('code') ?? ''
    await visitor.page(first)
    const other = createVisitor(use.gate)
    const second = use.provider.answerTo((await goToProvider(other)).location ?? '')
    const again = await other.page(second.replace(/code=[\w-]+/, `code=${used}`))
    await assertRefused(use, other, again, { kind: 'refused', cause: 'refused-there' })
  })
})

describe('J-04: an answer is that of the provider that was asked', () => {
  const WRONG = { kind: 'refused', cause: 'issuer' }

  it('J-04: a wrong or missing `iss` is refused before the code is shown to anybody', async () => {
    const { token } = use.provider.asked
    const issuers = [
      null,
      '',
      'https://evil.example.test',
      `${use.provider.issuer}/`,
      use.provider.issuer.toUpperCase(),
    ]
    for (const iss of issuers) {
      use.provider.says({ answer: { iss } })
      const visitor = createVisitor(use.gate)
      await assertRefused(use, visitor, await use.comeBack(visitor), WRONG)
    }
    assert.equal(use.provider.asked.token, token)
  })

  it('J-04: of two providers, neither takes the answer to the start of the other', async () => {
    const other = await startScriptedProvider()
    const gate = await startGate({
      upstream: use.upstream.url,
      people: [PERSON],
      site: {
        ...pscSite(use.provider.issuer),
        ways: [PSC_WAY, { id: 'hospital', methods: ['oidc'] }],
        oidc: {
          name: 'CHU de test',
          issuer: other.issuer,
          discovery: '/.well-known/wallet-openid-configuration',
          'client-id': CLIENT_ID,
          'client-secret-file': 'x',
          key: 'national-id',
          'national-id': ['SubjectNameID'],
          acr: { accepted: { eidas1: 2 } },
        },
      },
      providers: { 'pro-sante-connect': SECRET, oidc: SECRET },
    })
    try {
      const visitor = createVisitor(gate)
      // The browser was sent to the hospital; the answer comes from Pro Santé Connect, to the address of either.
      const asked = (await goToProvider(visitor, '/dcc/', 'oidc')).location ?? ''
      const mixed = use.provider.answerTo(asked)
      for (const path of [mixed.replace('/oidc/', '/pro-sante-connect/'), mixed]) {
        const answer = await visitor.page(path)
        assert.match(answer.location ?? '', /refused\?why=(?:expired|refused)/)
        assert.equal((await visitor.page('/dcc/')).status, 302)
      }
      assert.deepEqual([use.provider.asked.token, other.asked.token].slice(1), [0])
      // Each for itself lets people in.
      const right = other.answerTo((await goToProvider(visitor, '/dcc/', 'oidc')).location ?? '')
      assert.equal((await visitor.page(right)).location, '/dcc/')
    } finally {
      await gate.stop()
      await other.stop()
    }
  })

  it('J-04: a description that speaks for another issuer is not believed: the button says so, and nobody is sent there', async () => {
    const provider = await startScriptedProvider()
    provider.says({ description: { issuer: 'https://evil.example.test' } })
    const gate = await startGate({
      upstream: use.upstream.url,
      site: pscSite(provider.issuer),
      providers: { 'pro-sante-connect': SECRET },
    })
    try {
      const visitor = createVisitor(gate)
      await visitor.page(`${PREFIX}/sign-in`)
      const answer = await visitor.page(`${PREFIX}/pro-sante-connect`)
      await assertRefused({ gate, provider }, visitor, answer, { kind: 'unavailable', cause: 'issuer' })
      const page = await visitor.page(`${PREFIX}/sign-in`)
      assert.match(page.body, /aria-disabled="true"[^>]*>[^]*?PRO SANTÉ CONNECT/)
      assert.match(page.body, /Momentanément indisponible/)
    } finally {
      await gate.stop()
      await provider.stop()
    }
  })
})

describe('J-12: errors of the provider', () => {
  const comeBackWith = async (fields: Readonly<Record<string, string>>) => {
    const { visitor } = use
    use.provider.says({ answer: { code: null, ...fields } })
    const answer = await use.comeBack(visitor)
    return { visitor, answer }
  }

  it('J-12: somebody who cancels there finds the other ways, and their page is kept', async () => {
    const { visitor, answer } = await comeBackWith({ error: 'access_denied', error_description: 'User cancelled' })
    await assertRefused(use, visitor, answer, { kind: 'cancelled', cause: 'access_denied' })
    const page = await visitor.page(answer.location ?? '')
    assert.equal(page.status, 200)
    assert.match(page.body, /Connexion annulée/)
    assert.doesNotMatch(page.body, /User cancelled/)
    const back = /href="(\/_portillon\/sign-in\?to=[^"]+)"/.exec(page.body)?.[1] ?? ''
    assert.match((await visitor.page(back)).body, /vers votre page|conduit à votre page/)
  })

  it('J-12: nothing that the provider writes is shown, sent on or written down', async () => {
    const evil = `<script>alert(1)</script>${'x'.repeat(10_000)}`
    const { visitor, answer } = await comeBackWith({ error: evil.slice(0, 300), error_description: evil })
    await assertRefused(use, visitor, answer, { kind: 'refused', cause: 'unknown' })
    const page = await visitor.page(answer.location ?? '')
    const everywhere = [page.body, answer.location, JSON.stringify(use.gate.log)].join('\n')
    assert.doesNotMatch(everywhere, /alert\(1\)|xxxxx/)
  })

  it('J-12: each error ends on one page that goes nowhere by itself', async () => {
    for (const error of ['login_required', 'invalid_request', 'server_error', 'temporarily_unavailable', 'brand_new']) {
      const { visitor, answer } = await comeBackWith({ error })
      assert.equal(answer.status, 303)
      const page = await visitor.page(answer.location ?? '')
      assert.ok([403, 503].includes(page.status), String(page.status))
      assert.equal(page.location, undefined)
      assert.doesNotMatch(page.body, /http-equiv="refresh"/i)
    }
  })
})

describe('J-17: codes and tokens', () => {
  it('J-17: are in no page, cookie, address, log or trail, and no Referer tells the address that they came by', async () => {
    const { visitor } = use
    let idToken = ''
    use.provider.says({ idToken: (made) => (idToken = made) })
    const sent = await goToProvider(visitor, '/dcc/')
    const back = use.provider.answerTo(sent.location ?? '')
    const query = new URL(back, 'http://x').searchParams
    const answer = await visitor.page(back)
    assert.equal(answer.headers['referrer-policy'], 'strict-origin')
    const pages = [
      answer,
      ...(await Promise.all(['/dcc/', `${PREFIX}/account`, `${PREFIX}/session`].map((path) => visitor.page(path)))),
    ]
    const secrets = [query.get('code'), query.get('state'), idToken, idToken.split('.')[1], 'access-1', CLIENT_ID + ':']
    const told = [
      ...pages.map(({ body, location, headers }) => `${body}${location ?? ''}${JSON.stringify(headers)}`),
      visitor.cookieHeader(),
      JSON.stringify(use.gate.log),
      JSON.stringify(use.upstream.requests.map(({ headers }) => headers)),
    ].join('\n')
    for (const secret of secrets)
      assert.ok(secret !== null && secret !== undefined && secret !== '' && !told.includes(secret), secret ?? 'none')
  })

  it('J-17: what is kept to sign out there is encrypted, and opens with what the browser holds alone', async () => {
    const { visitor } = use
    let idToken = ''
    use.provider.says({ idToken: (made) => (idToken = made) })
    await use.comeBack(visitor)
    const { store } = use.gate.app
    const keys = await store.scan('', 10_000)
    const content = await Promise.all(keys.map((key) => store.get(key).catch(() => null)))
    const dump = [...keys, ...content].join('\n')
    assert.ok(keys.some((key) => key.startsWith('provider-session:')))
    for (const part of idToken.split('.')) assert.ok(!dump.includes(part))
    const handle = visitor.cookies.get('__Host-portillon-provider') ?? assert.fail('no handle')
    assert.ok(!dump.includes(handle))
  })
})
