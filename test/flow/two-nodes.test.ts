import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { Redis } from 'ioredis'
import { createSmtpTransport } from '../../src/mail/smtp.ts'
import { PERSON, startGate, type Gate } from '../kit/gate.ts'
import { startPostgres, type PostgresServer } from '../kit/postgres.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'
import { startSmtp, type ReceivedMail, type SmtpSink } from '../kit/smtp.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { createVisitor, hiddenFields, PREFIX, reachCodePage, type Visitor } from '../kit/visitor.ts'

const SESSION = '__Host-portillon'

let redis: RedisServer
let postgres: PostgresServer
let smtp: SmtpSink
let upstream: HttpUpstream
let one: Gate
let two: Gate
const keys = createTempFolder('keys')

/** Tests that spend somebody's budget of tries do it on people of their own. */
const person = (login: string) => ({ ...PERSON, login, email: `${login}@example.test` })
const [GUESSED, HURRIED, LEAVING, DUMPED] = ['devine', 'presse', 'partant', 'releve'].map(person)

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
  one = await startNode([PERSON, GUESSED, HURRIED, LEAVING, DUMPED].filter((someone) => someone !== undefined))
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

const codeOf = ({ text }: ReceivedMail): string =>
  /(?<!\d)(\d{3})[\s\u00a0](\d{3})(?!\d)/
    .exec(text ?? '')
    ?.slice(1)
    .join('') ?? assert.fail('no code in the mail')

let visitor: Visitor
beforeEach(() => {
  visitor = createVisitor(one)
})

describe('two nodes on one Redis, one PostgreSQL and one mail server', () => {
  it('R14: a sign-in that begins on one node ends on the other, and the session is good on both', async () => {
    const { fields } = await reachCodePage(visitor, '/dcc/ui/patient.jsp?id=7')
    const mail = await smtp.next()
    const elsewhere = at(two, visitor)
    const landed = await elsewhere.ask(`${PREFIX}/sign-in/code`, { form: { ...fields, code: codeOf(mail) } })
    assert.equal(landed.status, 303, landed.body)
    assert.equal(landed.location, '/dcc/ui/patient.jsp?id=7')
    assert.equal((await elsewhere.page('/dcc/')).status, 200)
    assert.equal((await at(one, elsewhere).page('/dcc/')).status, 200)
  })

  it('T-10, T-12: the mail goes to the stored address alone, from the sender of the policy, with no secret in its subject', async () => {
    await reachCodePage(visitor)
    const mail = await smtp.next()
    assert.deepEqual(mail.envelope, { from: 'webdcr@example.test', to: [PERSON.email] })
    assert.equal(mail.headers.get('auto-submitted'), 'auto-generated')
    assert.ok(!(mail.subject ?? '').includes(codeOf(mail)))
    assert.ok(String(mail.html).includes(codeOf(mail).slice(0, 3)))
    assert.doesNotMatch(String(mail.html), /<img[^>]+src="http/)
  })

  it('T-10: further addresses in the form change nothing', async () => {
    const { fields } = await reachCodePage(visitor)
    await smtp.next()
    const before = smtp.mails.length
    await visitor.ask(`${PREFIX}/sign-in/code/resend`, {
      form: [...Object.entries(fields), ['email', 'evil@example.test'], ['to', 'evil@example.test']],
    })
    await visitor.ask(`${PREFIX}/sign-in`, {
      form: { csrf: fields['csrf'] ?? '', login: `${PERSON.login}\r\nBcc: evil@example.test`, password: 'x' },
    })
    for (const { envelope } of smtp.mails.slice(before)) assert.deepEqual(envelope.to, [PERSON.email])
  })

  it('T-02: the right code sent to both nodes twenty times opens one session', async () => {
    const { fields } = await reachCodePage(visitor, '/dcc/', HURRIED?.login)
    const form = { ...fields, code: codeOf(await smtp.next()) }
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, round) =>
        at(round % 2 === 0 ? one : two, visitor).ask(`${PREFIX}/sign-in/code`, { form }),
      ),
    )
    const sessions = answers.flatMap(({ setCookies }) => setCookies.filter((line) => line.startsWith(`${SESSION}=s`)))
    assert.equal(sessions.length, 1)
  })

  it('T-03: wrong codes count once for both nodes', async () => {
    const { fields } = await reachCodePage(visitor, '/dcc/', GUESSED?.login)
    const code = codeOf(await smtp.next())
    const form = { ...fields, code: code === '000000' ? '000001' : '000000' }
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, round) =>
        at(round % 2 === 0 ? one : two, visitor).ask(`${PREFIX}/sign-in/code`, { form }),
      ),
    )
    const judged = answers.filter(({ status }) => status === 401)
    assert.ok(judged.length <= 6, `${judged.length} codes were judged`)
    assert.ok(answers.every(({ status }) => status === 401 || status === 429))
    const right = await visitor.ask(`${PREFIX}/sign-in/code`, { form: { ...fields, code } })
    assert.equal(right.status, 429, 'the account waits, at the other node too')
  })

  it('S-05: signing out on one node ends the session on the other at once, sockets and caches included', async () => {
    const { fields } = await reachCodePage(visitor, '/dcc/', LEAVING?.login)
    await visitor.ask(`${PREFIX}/sign-in/code`, { form: { ...fields, code: codeOf(await smtp.next()) } })
    const elsewhere = at(two, visitor)
    assert.equal((await elsewhere.page('/dcc/')).status, 200, 'remembered by the other node')
    const asked = await visitor.page(`${PREFIX}/sign-out`)
    const done = await visitor.ask(`${PREFIX}/sign-out`, { form: hiddenFields(asked.body, `${PREFIX}/sign-out`) })
    assert.equal(done.location, `${PREFIX}/signed-out`)
    const deadline = Date.now() + 1_000
    let status = 200
    while (status !== 302 && Date.now() < deadline) status = (await elsewhere.page('/dcc/')).status
    assert.equal(status, 302)
  })

  it('S-21: Redis holds no code, password, login, address, handle or cookie, and every key has an end', async () => {
    const { fields } = await reachCodePage(visitor, '/dcc/', DUMPED?.login)
    const code = codeOf(await smtp.next())
    await visitor.ask(`${PREFIX}/sign-in/code`, { form: { ...fields, code } })
    const again = createVisitor(one)
    const second = await reachCodePage(again, '/dcc/', DUMPED?.login)
    const pending = codeOf(await smtp.next())
    const client = new Redis(redis.url)
    try {
      const names = await client.keys('*')
      assert.ok(names.length > 4)
      const dump: string[] = []
      for (const name of names) {
        assert.notEqual(await client.pttl(name), -1, `${name} has no end`)
        const type = await client.type(name)
        dump.push(name, type === 'set' ? (await client.smembers(name)).join(' ') : ((await client.get(name)) ?? ''))
      }
      const cookie = decodeURIComponent(visitor.cookies.get(SESSION) ?? '')
      const browser = visitor.cookies.get('__Host-portillon-browser') ?? ''
      const secrets = [
        code,
        pending,
        'Une-phrase-de-passe',
        fields['attempt'],
        second.fields['attempt'],
        browser,
        cookie.slice(2, 34),
      ]
      for (const secret of secrets) {
        assert.ok(secret !== undefined && secret !== '')
        const line = dump.find((entry) => entry.includes(secret))
        assert.equal(line, undefined, `${secret} is stored`)
      }
    } finally {
      client.disconnect()
    }
  })
})
