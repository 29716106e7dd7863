import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { startGate, type Gate } from '../kit/gate.ts'
import { goToProvider, pscSite, SECRET } from '../kit/provider-gate.ts'
import { startScriptedProvider, type ScriptedProvider } from '../kit/scripted-provider.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { createVisitor, type Visitor } from '../kit/visitor.ts'

let upstream: HttpUpstream
let provider: ScriptedProvider
let gate: Gate
let visitor: Visitor

before(async () => {
  upstream = await startHttpUpstream()
  provider = await startScriptedProvider()
  gate = await startGate({
    upstream: upstream.url,
    site: pscSite(provider.issuer),
    providers: { 'pro-sante-connect': SECRET },
  })
})
after(async () => {
  await gate.stop()
  await provider.stop()
  await upstream.stop()
})
beforeEach(() => {
  visitor = createVisitor(gate)
  provider.says({})
})

describe('signing in by Pro Santé Connect', () => {
  it('asks by authorization code, PKCE S256, state, nonce, scope_all and eidas1, on the host of the wallet', async () => {
    const sent = await goToProvider(visitor)
    assert.equal(sent.status, 303)
    const { host, pathname, searchParams } = new URL(sent.location ?? '')
    assert.deepEqual([host, pathname], [`localhost:${provider.port}`, '/auth'])
    const fixed = ['response_type', 'scope', 'acr_values', 'code_challenge_method', 'client_id', 'redirect_uri']
    assert.deepEqual(
      fixed.map((name) => searchParams.get(name)),
      [
        ...['code', 'openid scope_all', 'eidas1', 'S256', 'portillon-test'],
        `${gate.origin}/_portillon/pro-sante-connect/callback`,
      ],
    )
    for (const name of ['state', 'nonce', 'code_challenge']) assert.match(searchParams.get(name) ?? '', /^[\w-]{43}$/)
  })

  it('opens the session of whoever has the PS_IdNat, and leads to the page that was asked for', async () => {
    const sent = await goToProvider(visitor, '/dcc/ui/patient.jsp?id=1024')
    const back = await visitor.page(provider.answerTo(sent.location ?? ''))
    assert.equal(back.status, 303, back.body)
    assert.equal(back.location, '/dcc/ui/patient.jsp?id=1024')
    const page = await visitor.page(back.location)
    assert.equal(page.status, 200)
    assert.equal(upstream.requests.at(-1)?.headers['x-user-rpps'], '99900000003')
  })
})
