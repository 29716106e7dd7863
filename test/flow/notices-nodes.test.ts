import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Redis } from 'ioredis'
import { createSmtpTransport } from '../../src/mail/smtp.ts'
import { PERSON, startGate, type Gate } from '../kit/gate.ts'
import { NOT_ME, notMeLinkIn, openNotMe } from '../kit/notices.ts'
import { startPostgres, type PostgresServer } from '../kit/postgres.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'
import { startSmtp, type ReceivedMail, type SmtpSink } from '../kit/smtp.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { createVisitor, PREFIX, reachCodePage, type Visitor } from '../kit/visitor.ts'

let redis: RedisServer
let postgres: PostgresServer
let smtp: SmtpSink
let upstream: HttpUpstream
let one: Gate
let two: Gate
const keys = createTempFolder('keys')

const startNode = (people: Parameters<typeof startGate>[0]['people']): Promise<Gate> =>
  startGate({
    upstream: upstream.url,
    people: people ?? [],
    site: { 'email-code': { from: 'WebDCR <webdcr@example.test>', 'per-hour': 60, 'resend-after': '1s' } },
    settings: {
      databaseUrl: postgres.url,
      transport: createSmtpTransport({ host: '127.0.0.1', port: smtp.port, security: 'none', timeout: 5_000 }),
      outbox: null,
    },
    config: { store: { redis: redis.url, prefix: 'test:' }, keys: `${keys.path}/keys` },
  })

before(async () => {
  ;[redis, postgres, smtp, upstream] = await Promise.all([
    startRedis(),
    startPostgres(),
    startSmtp(),
    startHttpUpstream(),
  ])
  one = await startNode([PERSON])
  two = await startNode([])
})
after(async () => {
  await Promise.all([one.stop(), two.stop()])
  await Promise.all([redis.stop(), postgres.stop(), smtp.stop(), upstream.stop()])
  keys[Symbol.dispose]()
})

/** The same browser, served by the other node. */
const at = (gate: Gate, visitor: Visitor): Visitor => {
  const other = createVisitor(gate)
  for (const [name, value] of visitor.cookies) other.cookies.set(name, value)
  return other
}

const codeIn = ({ text }: ReceivedMail): string =>
  /(?<!\d)(\d{3})[\s\u00a0](\d{3})(?!\d)/
    .exec(text ?? '')
    ?.slice(1)
    .join('') ?? assert.fail('no code in the mail')

const signIn = async (gate: Gate): Promise<Visitor> => {
  const visitor = createVisitor(gate)
  const { fields } = await reachCodePage(visitor)
  const form = { ...fields, code: codeIn(await smtp.next()) }
  assert.equal((await visitor.ask(`${PREFIX}/sign-in/code`, { form })).status, 303)
  return visitor
}

describe('a sign-in from a new device, on two nodes with one Redis, one PostgreSQL and one mail server', () => {
  it('T-02, S-08: is told by mail; its link is taken once on both nodes together and ends the sessions of both', async () => {
    const owner = await signIn(one)
    const intruder = await signIn(two)
    const notice = await smtp.next()
    assert.deepEqual(notice.envelope, { from: 'webdcr@example.test', to: [PERSON.email] })
    assert.equal(notice.headers.get('auto-submitted'), 'auto-generated')
    assert.match(notice.subject ?? '', /depuis un nouvel appareil/)
    const link = notMeLinkIn(notice, one.origin)
    const token = link.slice(link.indexOf('=') + 1)
    assert.ok(String(notice.html).includes(token))
    assert.doesNotMatch(String(notice.html), /<img|src=|@import/)
    assert.ok(!(notice.subject ?? '').includes(token))

    const client = new Redis(redis.url)
    try {
      const names = await client.keys('*not-me*')
      assert.equal(names.length, 1)
      for (const name of names) {
        assert.ok(!name.includes(token) && !((await client.get(name)) ?? '').includes(token), 'S-21')
        assert.ok((await client.pttl(name)) > 0, 'it has an end')
      }
    } finally {
      client.disconnect()
    }

    const browser = createVisitor(one)
    const { fields } = await openNotMe(browser, link)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, round) => at(round % 2 === 0 ? one : two, browser).ask(NOT_ME, { form: fields })),
    )
    const statuses = answers.map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 200).length, 1)
    assert.equal(statuses.filter((status) => status === 410).length, 19)
    const deadline = Date.now() + 3_000
    let alive: number[] = []
    do
      alive = await Promise.all(
        [owner, at(two, owner), intruder, at(one, intruder)].map(async (each) => (await each.page('/dcc/')).status),
      )
    while (alive.some((status) => status !== 302) && Date.now() < deadline)
    assert.deepEqual(alive, [302, 302, 302, 302])
  })
})
