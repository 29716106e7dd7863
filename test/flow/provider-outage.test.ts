import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GATE_PASSWORD, PERSON, startGate, type Gate, type GateOptions } from '../kit/gate.ts'
import { makeCertificate } from '../kit/certificate.ts'
import { createManualClock } from '../kit/clock.ts'
import { freePort } from '../kit/ports.ts'
import { startScriptedProvider, type Script } from '../kit/scripted-provider.ts'
import { assertRefused, eventsOf, goToProvider, pscSite, SECRET, useProviderGate } from '../kit/provider-gate.ts'
import { createVisitor, PREFIX, signIn } from '../kit/visitor.ts'

const use = useProviderGate({ timeout: '2s' })
type Answering = NonNullable<Script['instead']['token']>

const AWAY = /Momentanément indisponible/

/** A gate of its own before the same application, for one test. */
const withGate = async (options: Partial<GateOptions>, act: (gate: Gate) => Promise<void>): Promise<void> => {
  const gate = await startGate({ upstream: use.upstream.url, providers: { 'pro-sante-connect': SECRET }, ...options })
  try {
    await act(gate)
  } finally {
    await gate.stop()
  }
}

const bad: Readonly<Record<string, { readonly answer: Answering; readonly cause: RegExp }>> = {
  '500': { answer: (_, response) => response.writeHead(500).end('oops'), cause: /^server-error / },
  'HTML in place of JSON': {
    answer: (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>busy</html>'),
    cause: /^(?:token-malformed|userinfo-type) /,
  },
  'a redirect': {
    answer: (_, response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
    cause: /^redirect /,
  },
  '100 MB': {
    answer: (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 104_857_600 })
      const chunk = Buffer.alloc(1_048_576, 0x20)
      const send = (left: number): void => {
        if (left > 0 && !response.destroyed) response.write(chunk, () => send(left - 1))
      }
      send(100)
    },
    cause: /^too-large /,
  },
  'an answer in codings': {
    answer: (_, response) =>
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip, br, gzip' })
        .end(Buffer.alloc(64)),
    cause: /^encoded /,
  },
  'no answer at all': { answer: () => undefined, cause: /^timeout / },
  'an answer that stops in the middle': {
    answer: (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"access_token":')
    },
    cause: /^timeout /,
  },
  'a connection that is cut': { answer: (_, response) => response.destroy(), cause: /^unreachable / },
  'JSON that is none': {
    answer: (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":'),
    cause: /^(?:token-malformed|userinfo-malformed) /,
  },
}

describe('J-13: bad answers of a provider', () => {
  for (const endpoint of ['token', 'userinfo'] as const) {
    for (const [name, { answer, cause }] of Object.entries(bad)) {
      it(`J-13: ${name}, from the ${endpoint} endpoint: no session, a page, a line in the trail, and the gate lives`, async () => {
        const { gate, visitor } = use
        const back = use.provider.answerTo((await goToProvider(visitor)).location ?? '')
        use.provider.says({ instead: { [endpoint]: answer } })
        const refused = await visitor.page(back)
        assert.match(refused.location ?? refused.body, /\/refused\?why=(?:unavailable|refused)&/)
        assert.match(eventsOf(gate).at(-1)?.detail ?? '', cause)
        assert.equal((await visitor.page('/dcc/')).status, 302)
        use.provider.says({})
        assert.equal((await use.comeBack(createVisitor(gate))).location, '/dcc/')
      })
    }
  }

  it('J-13: a certificate that is not that of the provider ends every call, before anything secret is sent', async () => {
    const [right, wrong] = [makeCertificate('127.0.0.1'), makeCertificate('127.0.0.1')]
    const provider = await startScriptedProvider({ tls: wrong })
    const credentials = (ca: string) => ({ 'pro-sante-connect': { ...SECRET, ca } })
    try {
      await withGate({ site: pscSite(provider.issuer), providers: credentials(right.cert) }, async (gate) => {
        const visitor = createVisitor(gate)
        await visitor.page(`${PREFIX}/sign-in`)
        const answer = await visitor.page(`${PREFIX}/pro-sante-connect`)
        await assertRefused({ gate, provider }, visitor, answer, { kind: 'unavailable', cause: 'certificate' })
        assert.equal(provider.asked.discovery, 0)
      })
      await withGate({ site: pscSite(provider.issuer), providers: credentials(wrong.cert) }, async (gate) => {
        const visitor = createVisitor(gate)
        const back = provider.answerTo((await goToProvider(visitor)).location ?? '')
        assert.equal((await visitor.page(back)).location, '/dcc/')
      })
    } finally {
      await provider.stop()
    }
  })
})

describe('a client certificate on the calls to the provider (RFC 8705)', () => {
  it('opens them where it is asked for, in place of a secret; another one, or none, does not', async () => {
    const [server, ours, another] = [makeCertificate('127.0.0.1'), makeCertificate('gate'), makeCertificate('gate')]
    const provider = await startScriptedProvider({ tls: { ...server, ca: ours.cert } })
    const credentials = (client: typeof ours) => ({
      'pro-sante-connect': { secret: null, certificate: client.cert, key: client.key, ca: server.cert },
    })
    try {
      for (const [client, isRight] of [
        [ours, true],
        [another, false],
      ] as const) {
        await withGate({ site: pscSite(provider.issuer), providers: credentials(client) }, async (gate) => {
          const visitor = createVisitor(gate)
          const answer = await visitor.page(provider.answerTo((await goToProvider(visitor)).location ?? ''))
          if (isRight) assert.equal(answer.location, '/dcc/')
          else await assertRefused({ gate, provider }, visitor, answer, { kind: 'refused', cause: 'refused-there' })
        })
      }
    } finally {
      await provider.stop()
    }
  })

  it('a secret may also be sent in the form, where the provider wants it so', async () => {
    const site = pscSite(use.provider.issuer, { authentication: 'client-secret-post' })
    await withGate({ site }, async (gate) => {
      const visitor = createVisitor(gate)
      const back = use.provider.answerTo((await goToProvider(visitor)).location ?? '')
      assert.equal((await visitor.page(back)).location, '/dcc/')
    })
  })
})

describe('E-03: a provider that is down', () => {
  it('E-03: at the start: the gate starts, other ways work, the button stays and says why; it recovers by itself', async () => {
    const port = await freePort()
    const issuer = `http://127.0.0.1:${port}/auth/realms/esante-wallet`
    const clock = createManualClock(Date.now())
    await withGate({ site: pscSite(issuer), people: [PERSON], clock }, async (gate) => {
      const visitor = createVisitor(gate)
      await visitor.page(`${PREFIX}/sign-in`)
      const refused = await visitor.page(`${PREFIX}/pro-sante-connect`)
      await assertRefused({ gate, provider: { issuer } as typeof use.provider }, visitor, refused, {
        kind: 'unavailable',
        cause: 'unreachable',
      })
      const page = await visitor.page(`${PREFIX}/sign-in`)
      assert.match(page.body, AWAY)
      assert.doesNotMatch(page.body, /href="\/_portillon\/pro-sante-connect/)
      await signIn(gate, createVisitor(gate), '/dcc/', PERSON.login, GATE_PASSWORD)
      const provider = await startScriptedProvider({ port })
      try {
        clock.advance('30s')
        await visitor.page(`${PREFIX}/pro-sante-connect`)
        const back = provider.answerTo((await goToProvider(visitor)).location ?? '')
        assert.equal((await visitor.page(back)).location, '/dcc/')
        assert.doesNotMatch((await createVisitor(gate).page(`${PREFIX}/sign-in`)).body, AWAY)
      } finally {
        await provider.stop()
      }
    })
  })

  it('E-03: stopped while somebody is there: one page, no loop; the same person gets in when it is back', async () => {
    const { visitor } = use
    const back = use.provider.answerTo((await goToProvider(visitor)).location ?? '')
    await use.provider.stop()
    try {
      const answer = await visitor.page(back)
      await assertRefused(use, visitor, answer, { kind: 'unavailable', cause: 'unreachable' })
      const page = await visitor.page(answer.location ?? '')
      assert.equal(page.status, 503)
      assert.match(page.body, /Pro Santé Connect ne répond pas/)
      assert.equal(page.location, undefined)
    } finally {
      await use.provider.start()
    }
    assert.equal((await use.comeBack()).location, '/dcc/')
  })

  it('E-03: slow on each of its endpoints: other people wait for nothing, and after some failures nobody waits', async () => {
    const clock = createManualClock(Date.now())
    await withGate({ site: pscSite(use.provider.issuer, { timeout: '2s' }), clock }, async (gate) => {
      const sent = await Promise.all(
        Array.from({ length: 3 }, async () => {
          const visitor = createVisitor(gate)
          return { visitor, back: use.provider.answerTo((await goToProvider(visitor)).location ?? '') }
        }),
      )
      use.provider.says({ instead: { token: () => undefined, userinfo: () => undefined, discovery: () => undefined } })
      const order: string[] = []
      const waiting = sent.map(async ({ visitor, back }) => {
        await visitor.page(back)
        order.push('provider')
      })
      const other = createVisitor(gate)
      await signIn(gate, other, '/dcc/', PERSON.login, GATE_PASSWORD)
      assert.equal((await other.page('/dcc/')).status, 200)
      order.push('other')
      await Promise.all(waiting)
      assert.deepEqual(order, ['other', 'provider', 'provider', 'provider'])
      // Left alone now: told at once, without a call, and the button says so.
      const before = { ...use.provider.asked }
      const late = createVisitor(gate)
      await late.page(`${PREFIX}/sign-in`)
      const told = await late.page(`${PREFIX}/pro-sante-connect`)
      await assertRefused({ gate, provider: use.provider }, late, told, { kind: 'unavailable', cause: 'paused' })
      assert.match((await late.page(`${PREFIX}/sign-in`)).body, AWAY)
      assert.deepEqual(use.provider.asked, before)
      use.provider.says({})
      clock.advance('25s')
      const back = use.provider.answerTo((await goToProvider(late)).location ?? '')
      assert.equal((await late.page(back)).location, '/dcc/')
    })
  })

  it('R37: a session that it opened goes on by its own terms while it is down, and the figures say that it is', async () => {
    const { visitor } = use
    await use.comeBack()
    const figure = async () => {
      const { body } = { body: await (await fetch(`http://127.0.0.1:${use.gate.app.adminPort}/metrics`)).text() }
      return /portillon_provider_up\{[^}]*\} (\d)/.exec(body)?.[1]
    }
    assert.equal(await figure(), '1')
    await use.provider.stop()
    try {
      for (const other of Array.from({ length: 3 }, () => createVisitor(use.gate))) {
        await other.page(`${PREFIX}/sign-in`)
        const sent = await goToProvider(other)
        await other.page(use.provider.answerTo(sent.location ?? ''))
      }
      assert.equal(await figure(), '0')
      assert.equal((await visitor.page('/dcc/')).status, 200)
    } finally {
      await use.provider.start()
    }
  })
})
