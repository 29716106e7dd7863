import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { AS_PAGE, assertDressed, startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import type { RawAnswer } from '../kit/raw-http.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'
import { createVisitor, giveCredentials, openSignIn } from '../kit/visitor.ts'

/** Things that break inside the gate: the request ends with a page that says nothing of the inside, and the gate goes on. */

const SECRET = 'the-inner-reason-4711'

const assertBland = (answer: RawAnswer, statuses: readonly number[]): void => {
  assert.ok(statuses.includes(answer.status), `${answer.status}: ${answer.text}`)
  assertDressed(answer)
  assert.match(answer.text, /[A-Z0-9]{6}-[A-Z0-9]{5}/)
  assert.doesNotMatch(answer.raw.toString('latin1'), new RegExp(SECRET))
  assert.doesNotMatch(
    answer.text,
    /\bat .*:\d+:\d+|\.ts\b|\.js\b(?!\?v=)|node_modules|\bnode\b|express|TypeError|v?\d+\.\d+\.\d+/i,
  )
}

/** Asks as a page and as a script; gives the references that were shown. */
const askBoth = async (behind: BehindGate, start: string, statuses: readonly number[]): Promise<void> => {
  for (const manner of [AS_PAGE, ['Accept: application/json']]) {
    const answer = await behind.askSignedIn(start, ...manner)
    assertBland(answer, statuses)
    const line = behind.gate.log.findLast(({ message }) => message === 'request refused')
    assert.ok(answer.text.includes(String(line?.fields['reference'])), 'the reference of the log is not shown')
    assert.equal(line?.level, 'error')
  }
}

describe('G-04: a fault in each layer', () => {
  for (const environment of [undefined, 'development', 'production']) {
    describe(`with NODE_ENV ${environment ?? 'unset'}`, () => {
      const former = process.env['NODE_ENV']
      const broken = { clock: false }
      const clock = {
        now: () => {
          if (broken.clock) throw new TypeError(SECRET)
          return Date.now()
        },
      }
      let behind: BehindGate

      before(async () => {
        if (environment === undefined) delete process.env['NODE_ENV']
        else process.env['NODE_ENV'] = environment
        behind = await startBehindGate({ clock })
      })
      beforeEach(() => behind.arrived())
      after(async () => {
        await behind.stop()
        if (former === undefined) delete process.env['NODE_ENV']
        else process.env['NODE_ENV'] = former
      })

      it('G-04: the store, on the way to the application', async () => {
        const { store } = behind.gate.app
        const working = { ...store }
        Object.assign(store, { get: () => Promise.reject(new TypeError(SECRET)), isSubscriptionLive: () => false })
        try {
          await askBoth(behind, 'GET /dcc/', [500])
          await askBoth(behind, 'GET /_portillon/sign-out', [500])
        } finally {
          Object.assign(store, working)
        }
        assert.equal(behind.arrived().length, 0)
        assert.equal((await behind.askSignedIn('GET /dcc/')).status, 200)
      })

      it('G-04: the accounts, behind the sign-in form', async () => {
        const { db } = behind.gate.app.database
        const visitor = createVisitor(behind.gate)
        const fields = await openSignIn(visitor)
        Object.assign(db, {
          selectFrom: () => {
            throw new TypeError(SECRET)
          },
        })
        try {
          const answer = await giveCredentials(visitor, fields)
          assert.ok([500, 503].includes(answer.status), `${answer.status}`)
          assert.doesNotMatch(answer.body, new RegExp(SECRET))
          assert.doesNotMatch(answer.body, /\bat .*:\d+:\d+|TypeError|node_modules/)
          assert.match(answer.body, /[A-Z0-9]{6}-[A-Z0-9]{5}/)
        } finally {
          Reflect.deleteProperty(db, 'selectFrom')
        }
        assert.equal((await giveCredentials(visitor, await openSignIn(createVisitor(behind.gate)))).status, 303)
      })

      it('G-04: a clock that fails, even while the refusal is written', async () => {
        broken.clock = true
        try {
          for (const start of ['GET /dcc/', 'GET /_portillon/sign-in', 'GET /a%2fb']) {
            const answer = await behind.askSignedIn(start, ...AS_PAGE)
            assert.equal(answer.status, 500)
            assert.match(answer.text, /[A-Z0-9]{6}-[A-Z0-9]{5}/)
            assert.doesNotMatch(answer.raw.toString('latin1'), new RegExp(`${SECRET}|TypeError|\\.ts`))
          }
        } finally {
          broken.clock = false
        }
        assert.equal(behind.arrived().length, 0)
        assert.equal((await behind.askSignedIn('GET /dcc/')).status, 200)
      })
    })
  }

  it('G-04, O-08: a template of a region that breaks, the refusal page included, costs one answer and not the process', async () => {
    const templates = await mkdtemp(join(tmpdir(), 'portillon-templates-'))
    await mkdir(join(templates, 'pages'))
    const breaking = (when: string) => `<% if (${when}) throw new Error('${SECRET}') %>ok`
    await writeFile(join(templates, 'pages/signed-out.eta'), breaking('it.signInHref !== ""'))
    await writeFile(join(templates, 'pages/refusal.eta'), breaking('it.code === "path-ambiguous"'))
    const behind = await startBehindGate({ site: { templates } })
    try {
      const page = await behind.ask('GET /_portillon/signed-out', ...AS_PAGE)
      assert.equal(page.status, 500)
      const refusal = await behind.ask('GET /a%2fb', ...AS_PAGE)
      assert.equal(refusal.status, 500)
      assert.match(refusal.text, /^Une erreur s'est produite\. Référence : [A-Z0-9]{6}-[A-Z0-9]{5}$/m)
      for (const { raw } of [page, refusal]) assert.doesNotMatch(raw.toString('latin1'), new RegExp(`${SECRET}|\\.eta`))
      assert.equal((await behind.askSignedIn('GET /dcc/')).status, 200)
    } finally {
      await behind.stop()
      await rm(templates, { recursive: true })
    }
  })
})

describe('the store', () => {
  let redis: RedisServer
  let behind: BehindGate

  before(async () => {
    redis = await startRedis()
    behind = await startBehindGate({ config: { store: { redis: redis.url, prefix: 'test:' } } })
  })
  after(async () => {
    await behind.stop()
    await redis.stop()
  })

  it('Q-01: is down: 503 in time as page and JSON, nothing reaches the application; is back: the same session', async () => {
    assert.equal((await behind.askSignedIn('GET /dcc/')).status, 200)
    behind.arrived()
    await redis.stop()
    const started = performance.now()
    await askBoth(behind, 'GET /dcc/', [503])
    assert.ok(performance.now() - started < 4_000)
    const page = await behind.askSignedIn('GET /dcc/', ...AS_PAGE)
    assert.equal(page.header('x-portillon'), 'store-unavailable')
    assert.match(page.text, /Votre référent RCP/)
    const handshake = await behind.askSignedIn(
      'GET /ws',
      ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='],
      ...['Sec-WebSocket-Version: 13', 'Origin: https://dcc.example.test'],
    )
    assertBland(handshake, [503])
    // Nobody is taken for a stranger because the store is away, and nobody can sign in or out meanwhile.
    await askBoth(behind, 'GET /_portillon/sign-out', [503])
    assert.equal((await behind.ask('GET /_portillon/jwks.json')).status, 200)
    const ready = await fetch(`http://127.0.0.1:${behind.gate.app.adminPort}/readyz`)
    assert.equal(ready.status, 503)
    assert.equal((await fetch(`http://127.0.0.1:${behind.gate.app.adminPort}/livez`)).status, 200)
    assert.equal(behind.arrived().length, 0)

    await redis.restart()
    const deadline = performance.now() + 10_000
    let answer = await behind.askSignedIn('GET /dcc/')
    while (answer.status === 503 && performance.now() < deadline) answer = await behind.askSignedIn('GET /dcc/')
    assert.equal(answer.status, 200)
    assert.equal(behind.onlyArrived().header('x-remote-user'), 'c.exemple')
  })

  it('Q-03: is frozen: 503 within the limits, then the same session again', async () => {
    redis.pause()
    try {
      const started = performance.now()
      // What was read in the last two seconds may still be known; after that only the store can say.
      let answer = await behind.askSignedIn('GET /dcc/')
      while (answer.status === 200 && performance.now() - started < 5_000)
        answer = await behind.askSignedIn('GET /dcc/')
      assert.equal(answer.status, 503)
    } finally {
      redis.resume()
    }
    const deadline = performance.now() + 10_000
    let answer = await behind.askSignedIn('GET /dcc/')
    while (answer.status === 503 && performance.now() < deadline) answer = await behind.askSignedIn('GET /dcc/')
    assert.equal(answer.status, 200)
  })
})
