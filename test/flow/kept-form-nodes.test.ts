import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { Redis } from 'ioredis'
import { createManualClock } from '../kit/clock.ts'
import { GATE_PASSWORD, PERSON, startGate, type Gate } from '../kit/gate.ts'
import { ACTION, follow, handleIn, NOTE, PAGE, press, sendForm, signInFrom } from '../kit/kept-form.ts'
import { startPostgres, type PostgresServer } from '../kit/postgres.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { SESSION_COOKIE } from '../kit/use-gate.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { createVisitor, signIn, type Visitor } from '../kit/visitor.ts'

const clock = createManualClock()
const keys = createTempFolder('keys')
let redis: RedisServer
let postgres: PostgresServer
let upstream: HttpUpstream
let one: Gate
let two: Gate
let visitor: Visitor

const startNode = (people: readonly (typeof PERSON)[]): Promise<Gate> =>
  startGate({
    upstream: upstream.url,
    people,
    clock,
    settings: { databaseUrl: postgres.url },
    config: { store: { redis: redis.url, prefix: 'test:' }, keys: `${keys.path}/keys` },
  })

before(async () => {
  ;[redis, postgres, upstream] = await Promise.all([startRedis(), startPostgres(), startHttpUpstream()])
  one = await startNode([PERSON])
  two = await startNode([])
})
after(async () => {
  await Promise.all([one.stop(), two.stop()])
  await Promise.all([redis.stop(), postgres.stop(), upstream.stop()])
  keys[Symbol.dispose]()
})
beforeEach(() => {
  clock.advance('2h')
  visitor = createVisitor(one)
})

/** The same browser, served by the other node. */
const at = (gate: Gate): Visitor => {
  const other = createVisitor(gate)
  for (const [name, value] of visitor.cookies) other.cookies.set(name, value)
  return other
}

/** Signed in, and the session is ended by somebody who looks after the gate: its cookie stays in the browser. */
const loseSession = async (): Promise<void> => {
  await signIn(one, visitor)
  const sessions = await one.app.lifecycle.find('')
  await one.app.lifecycle.end('signed-out', ...sessions.map(({ digest }) => digest))
  clock.advance('1m')
  upstream.forget()
}

describe('R7, R14: a kept form on two nodes', () => {
  it('is kept by one, offered by the other, and sent once however often and wherever the button is pressed', async () => {
    await loseSession()
    const challenged = await sendForm(one, visitor)
    const offer = await signInFrom(one, visitor, challenged.location)
    const { body } = await at(two).page(offer)
    const nodes = Array.from({ length: 12 }, (_, round) => (round % 2 === 0 ? one : two))
    const presses = await Promise.all(nodes.map((node) => press(node, at(node), offer, 'send', body)))
    const answers = await Promise.all(
      presses.map((pressed, round) => {
        const node = nodes[round] ?? one
        return follow(node, at(node), offer, pressed)
      }),
    )
    assert.deepEqual(
      answers.map(({ status }) => status).filter((status) => status !== 303),
      [200],
    )
    assert.deepEqual(
      upstream.requests.map(({ url, body: sent }) => [url, sent.toString()]),
      [[ACTION, NOTE]],
    )
    for (const node of [one, two]) assert.match((await at(node).page(offer)).body, /Votre saisie a été envoyée/)
  })

  it('S-21: a dump of Redis shows nothing of it: no word, no address, no name, no handle; and every key has an end', async () => {
    await loseSession()
    const secret = 'Carcinome-tres-secret'
    const { location } = await sendForm(one, visitor, { body: `patient=1024&note=${secret}` })
    const offer = await signInFrom(one, visitor, location)
    const client = new Redis(redis.url)
    try {
      const names = await client.keys('*')
      const kept = names.filter((name) => name.startsWith('test:kept-form:'))
      assert.equal(kept.length, 1)
      assert.ok((await client.pttl(kept[0] ?? '')) <= 30 * 60_000)
      const dump: string[] = []
      for (const name of names) {
        assert.ok((await client.pttl(name)) > 0, `${name} has no end`)
        if ((await client.type(name)) === 'string') dump.push(name, (await client.get(name)) ?? '')
      }
      const ciphertext = ((await client.get(kept[0] ?? '')) ?? '').split('.').at(-1) ?? ''
      assert.ok(ciphertext.length > 100)
      dump.push(Buffer.from(ciphertext, 'base64url').toString('latin1'))
      const session = decodeURIComponent(visitor.cookies.get(SESSION_COOKIE) ?? '').slice(2, 34)
      const hidden = [secret, 'Carcinome', 'rcp-note.jsp', PAGE, handleIn(offer), GATE_PASSWORD, session]
      for (const text of hidden) assert.ok(!dump.some((entry) => entry.includes(text)), text)
    } finally {
      client.disconnect()
    }
  })
})
