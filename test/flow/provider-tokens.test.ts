import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { afterEach, describe, it } from 'node:test'
import { createManualClock } from '../kit/clock.ts'
import { startGate } from '../kit/gate.ts'
import { CAMILLE, CLIENT_ID, makeKey, type Script } from '../kit/scripted-provider.ts'
import { assertRefused, goToProvider, pscSite, SECRET, useProviderGate } from '../kit/provider-gate.ts'
import { createVisitor, PREFIX } from '../kit/visitor.ts'

const use = useProviderGate()

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Holds that no session came of it, and that the page and the trail say so. */
const refuses = async (script: Partial<Script>, cause: RegExp, label: string): Promise<void> => {
  use.provider.says(script)
  const visitor = createVisitor(use.gate)
  const answer = await use.comeBack(visitor)
  assert.match(answer.location ?? answer.body, /\/refused\?why=/, label)
  const event = use.gate.log.filter(({ message }) => message === 'audit').at(-1)?.fields
  assert.match(String(event?.['detail']), cause, label)
  assert.equal((await visitor.page('/dcc/')).status, 302, label)
}

describe('J-05: the signature of an ID token', () => {
  const resigned = (head: object, key: string) => (_made: string, claims: Readonly<Record<string, unknown>>) => {
    const input = `${encode(head)}.${encode(claims)}`
    return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`
  }

  it('J-05: without one, or with an HMAC under what is public, opens nothing', async () => {
    const jwk = JSON.stringify(use.provider.signingKey().jwk)
    const unsigned = (_made: string, claims: object) => `${encode({ alg: 'none' })}.${encode(claims)}.`
    await refuses({ idToken: unsigned }, /./, 'none')
    await refuses({ idToken: resigned({ alg: 'HS256', kid: 'key-1' }, jwk) }, /./, 'HS256 under the JWK')
    await refuses(
      { idToken: resigned({ alg: 'HS256' }, 'a-secret-of-the-tests-alone') },
      /./,
      'HS256 under the client secret',
    )
  })

  it('J-05: of a key that the token brings or points to opens nothing', async () => {
    const evil = await makeKey('key-1')
    const { port } = use.provider
    const headers = [
      { jwk: evil.jwk },
      { jku: `http://127.0.0.1:${port}/keys` },
      { x5u: `http://127.0.0.1:${port}/keys` },
      { x5c: ['MIIB'] },
      { b64: true },
    ]
    for (const header of headers) {
      const idToken = (_made: string, claims: Readonly<Record<string, unknown>>) =>
        use.provider.sign(claims, header, evil)
      await refuses({ idToken }, /header-refused|token-malformed/, JSON.stringify(header))
    }
    const idToken = (_made: string, claims: Readonly<Record<string, unknown>>) => use.provider.sign(claims, {}, evil)
    await refuses({ idToken }, /signature-wrong/, 'a strange key under our name')
  })

  it('J-05: that is cut, changed, or under an algorithm that the site does not list opens nothing', async () => {
    await refuses({ idToken: (made) => made.slice(0, -8) }, /signature-wrong|not-compact/, 'cut')
    const other = (made: string, claims: object) =>
      made.replace(/\.[^.]+\./, `.${encode({ ...claims, sub: 'somebody' })}.`)
    await refuses({ idToken: other }, /signature-wrong|userinfo-subject/, 'another body')
    const rs512 = await makeKey('key-1', 'RS512')
    const idToken = (_made: string, claims: Readonly<Record<string, unknown>>) => use.provider.sign(claims, {}, rs512)
    await refuses({ idToken }, /algorithm-refused|token-malformed/, 'RS512')
  })
})

describe('J-06: the claims of an ID token', () => {
  const now = () => Math.floor(Date.now() / 1_000)

  it('J-06: another issuer, audience or party opens nothing, nor does a list with others', async () => {
    const issuer = use.provider.issuer
    const wrong: Readonly<Record<string, unknown>>[] = [
      { iss: `${issuer}/` },
      { iss: issuer.toUpperCase() },
      { iss: undefined },
      { aud: 'another' },
      { aud: [] },
      { aud: [CLIENT_ID, 'another'] },
      { aud: [CLIENT_ID, 'another'], azp: undefined },
      { aud: undefined },
      { azp: 'another' },
    ]
    for (const claims of wrong) await refuses({ claims }, /./, JSON.stringify(claims))
  })

  it('J-06: an audience in a list of one, and no party at all, are right', async () => {
    for (const claims of [{ aud: [CLIENT_ID] }, { azp: undefined }]) {
      use.provider.says({ claims })
      assert.equal((await use.comeBack(createVisitor(use.gate))).location, '/dcc/')
    }
  })

  it('J-06: times beyond the leeway of 30 s, missing, or that are no numbers, open nothing', async () => {
    const wrong: Readonly<Record<string, unknown>>[] = [
      { exp: now() - 40 },
      { exp: undefined },
      { exp: String(now() + 60) },
      { iat: now() + 60, exp: now() + 120 },
      { iat: undefined },
      { iat: now() - 3_600, exp: now() + 60 },
      { nbf: now() + 60 },
      { exp: (now() + 60) * 1_000 },
    ]
    for (const claims of wrong) await refuses({ claims }, /./, JSON.stringify(claims))
    use.provider.says({ claims: { iat: now() + 15, exp: now() + 100 } })
    assert.equal((await use.comeBack(createVisitor(use.gate))).location, '/dcc/')
  })

  it('J-06: a subject that is empty, a number, missing, or another one in the userinfo opens nothing', async () => {
    for (const sub of ['', 12, undefined, null, 'x'.repeat(300)]) await refuses({ claims: { sub } }, /./, String(sub))
    await refuses(
      { userinfo: { ...CAMILLE, sub: 'f:0:somebody' }, claims: { sub: CAMILLE.sub } },
      /userinfo-subject/,
      'sub',
    )
    const { sub: _sub, ...without } = CAMILLE
    await refuses({ userinfo: without, claims: { sub: CAMILLE.sub } }, /userinfo-subject/, 'no sub')
  })

  it('J-06: a name twice, in the token or in the userinfo, opens nothing', async () => {
    const text = JSON.stringify(CAMILLE).replace('{', '{"SubjectNameID":"899900000011",')
    const instead = {
      userinfo: (
        _request: unknown,
        response: { writeHead: (status: number, head: object) => { end: (text: string) => void } },
      ) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(text)
      },
    }
    await refuses({ instead: instead as Script['instead'] }, /userinfo-malformed/, 'userinfo')
  })
})

describe('J-08, J-09: keys of the provider', () => {
  const first = async () => makeKey('key-1')
  afterEach(async () => use.provider.rotate(await first()))

  it('J-08: logout tokens of 2,000 unknown keys cost one fetch at most, and people sign in meanwhile', async () => {
    const before = use.provider.asked.keys
    const strange = await makeKey('key-strange')
    const claims = { iss: use.provider.issuer, aud: CLIENT_ID, iat: Math.floor(Date.now() / 1_000), jti: 'x', sub: 'y' }
    const token = await use.provider.sign(claims, {}, strange)
    const [, ...rest] = token.split('.')
    const tell = (kid: string) => {
      const logoutToken = [encode({ alg: 'RS256', kid }), ...rest].join('.')
      const body = new URLSearchParams({ logout_token: logoutToken }).toString()
      return createVisitor(use.gate).ask(`${PREFIX}/pro-sante-connect/back-channel-logout`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
    }
    const statuses = new Set<number>()
    for (let round = 0; round < 20; round += 1) {
      const answers = await Promise.all(Array.from({ length: 100 }, (_, at) => tell(`kid-${round}-${at}`)))
      for (const { status } of answers) statuses.add(status)
    }
    assert.deepEqual([...statuses].sort(), [400, 429])
    assert.ok(use.provider.asked.keys - before <= 2, `${use.provider.asked.keys - before} fetches`)
  })

  it('J-09: a new key serves without a restart, once the cool-down is over; the old one is refused when it is gone', async () => {
    const clock = createManualClock(Date.now())
    const gate = await startGate({
      upstream: use.upstream.url,
      site: pscSite(use.provider.issuer, { 'clock-skew': '2m' }),
      providers: { 'pro-sante-connect': SECRET },
      clock,
    })
    const at = { gate, provider: use.provider }
    const comeBack = async () => {
      const visitor = createVisitor(gate)
      const answer = await visitor.page(use.provider.answerTo((await goToProvider(visitor)).location ?? ''))
      return { visitor, answer }
    }
    try {
      assert.equal((await comeBack()).answer.location, '/dcc/')
      const [old, next] = [use.provider.signingKey(), await makeKey('key-2')]
      use.provider.rotate(next, [next.jwk])
      clock.advance('31s')
      assert.equal((await comeBack()).answer.location, '/dcc/')
      use.provider.rotate(old, [next.jwk])
      const { visitor, answer } = await comeBack()
      await assertRefused(at, visitor, answer, { kind: 'refused', cause: 'key-unknown' })
      // The address of the keys is down, then returns HTML: those that were read carry on, and the log says so.
      use.provider.rotate(next, [next.jwk])
      for (const body of ['<html>busy</html>', null]) {
        const keys: Script['instead']['keys'] = (_request, response) => {
          if (body === null) response.destroy()
          else response.writeHead(200, { 'content-type': 'text/html' }).end(body)
        }
        use.provider.says({ instead: { keys } })
        assert.equal((await comeBack()).answer.location, '/dcc/')
      }
    } finally {
      await gate.stop()
    }
  })
})
