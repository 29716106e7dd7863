import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { PERSON, startGate, type Gate } from '../kit/gate.ts'
import {
  ALONE,
  CODE,
  optionsOn,
  PASSKEY_WAYS,
  reachInvitation,
  reachQuestion,
  refusals,
  withPasskey,
} from '../kit/passkeys.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { SESSION_COOKIE } from '../kit/use-gate.ts'
import { createVisitor, hiddenFields, type Visitor } from '../kit/visitor.ts'

/** Somebody whose budget the first test does not spend. */
const SECOND = { ...PERSON, login: 's.seconde', email: 's.seconde@example.test' }

let redis: RedisServer
let upstream: HttpUpstream
let one: Gate
let two: Gate
const folder = createTempFolder('passkey-nodes')

const startNode = (people: readonly (typeof PERSON)[]): Promise<Gate> =>
  startGate({
    upstream: upstream.url,
    people,
    site: { ways: PASSKEY_WAYS },
    settings: { databaseUrl: `sqlite:${folder.path}/both.sqlite` },
    config: { store: { redis: redis.url, prefix: 'test:' }, keys: `${folder.path}/keys` },
  })

before(async () => {
  ;[redis, upstream] = await Promise.all([startRedis(), startHttpUpstream()])
  one = await startNode([PERSON, SECOND])
  two = await startNode([])
})
after(async () => {
  await Promise.all([one.stop(), two.stop()])
  await Promise.all([redis.stop(), upstream.stop()])
  folder[Symbol.dispose]()
})

/** The same browser, served by the other node. */
const at = (gate: Gate, visitor: Visitor): Visitor => {
  const other = createVisitor(gate)
  for (const [name, value] of visitor.cookies) other.cookies.set(name, value)
  return other
}

describe('passkeys on two nodes with one Redis', () => {
  it('R14, T-02: a question of one node is answered on the other, once, and never again on either', async () => {
    const visitor = createVisitor(one)
    const authenticator = await withPasskey(one, visitor)
    visitor.cookies.delete(SESSION_COOKIE)
    const page = await reachQuestion(visitor)
    const form = { ...hiddenFields(page.body, CODE), credential: authenticator.get(optionsOn(page)) }
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, round) => at(round % 2 === 0 ? two : one, visitor).ask(CODE, { form })),
    )
    const sessions = answers.flatMap(({ setCookies }) =>
      setCookies.filter((line) => line.startsWith(`${SESSION_COOKIE}=s`)),
    )
    assert.equal(sessions.length, 1)
  })

  it('T-02: a statement that was caught on one node opens nothing on the other', async () => {
    const visitor = createVisitor(one)
    const authenticator = await withPasskey(one, visitor, SECOND.login)
    visitor.cookies.delete(SESSION_COOKIE)
    const page = await reachInvitation(visitor)
    const form = { ...hiddenFields(page.body, ALONE), credential: authenticator.get(optionsOn(page)) }
    const elsewhere = at(two, visitor)
    assert.equal((await elsewhere.ask(ALONE, { form })).location, '/dcc/')
    // The page that says so has drawn a new question, which the caught statement does not answer either.
    for (const [gate, detail] of [
      [one, 'expired'],
      [two, 'challenge'],
    ] as const) {
      const replayed = await at(gate, visitor).ask(ALONE, { form })
      assert.equal(replayed.status, 401)
      assert.deepEqual(refusals(gate).slice(-1), [detail])
    }
  })
})
