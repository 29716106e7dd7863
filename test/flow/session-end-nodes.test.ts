import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { GATE_PASSWORD, PERSON } from '../kit/gate.ts'
import { startHeldUpstream, type HeldUpstream } from '../kit/held-upstream.ts'
import { eventually, signInByMail, startInstance, type Instance } from '../kit/instance.ts'
import { listenTo, type Listener } from '../kit/listener.ts'
import { runCli } from '../kit/processes.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'
import { startRelay, type Relay } from '../kit/relay.ts'
import { startSmtp, type SmtpSink } from '../kit/smtp.ts'
import { createVisitor, hiddenFields, PREFIX, type Visitor } from '../kit/visitor.ts'

/** What somebody has open at two nodes, each an instance of its own, when the session ends at one of them. */

const LAST = 'event: portillon\ndata: {"code":4401,"error":"session-ended"}\n\n'

/** After so long everything must be closed, whatever happened (R11), milliseconds. */
const LIMIT = 10_000

let redis: RedisServer
let relay: Relay
let smtp: SmtpSink
let upstream: HeldUpstream
let one: Instance
let two: Instance
let visitor: Visitor

const site = {
  rules: [],
  'sign-out': { 'upstream-paths': ['/dcc/logout'] },
  'email-code': { from: 'WebDCR@example.test', 'per-hour': 60 },
}

const startNode = (redisUrl: string, shared: Readonly<Record<string, unknown>> = {}): Promise<Instance> =>
  startInstance({
    upstream: upstream.url,
    redis: redisUrl,
    site,
    config: { workers: 1, drain: '1s', smtp: { host: '127.0.0.1', port: smtp.port, security: 'none' }, ...shared },
  })

before(async () => {
  ;[redis, smtp, upstream] = await Promise.all([startRedis(), startSmtp(), startHeldUpstream()])
  relay = await startRelay(redis.url)
  one = await startNode(redis.url)
  two = await startNode(relay.url, {
    keys: join(one.folder, 'keys'),
    database: { url: `sqlite:${join(one.folder, 'accounts.sqlite')}` },
  })
})
after(async () => {
  await Promise.all([one, two].map((node) => node.running().stop()))
  await relay.stop()
  await Promise.all([redis.stop(), smtp.stop(), upstream.stop()])
})
beforeEach(async () => {
  visitor = createVisitor(one)
  await signInByMail(visitor, smtp)
})

interface Open {
  readonly streams: readonly Listener[]
  /** With which codes the WebSockets close. */
  readonly codes: Promise<readonly number[]>
}

const openSocket = async (node: Instance): Promise<{ readonly code: Promise<number> }> => {
  const headers = { host: node.host, origin: node.origin, cookie: visitor.cookieHeader() }
  const socket = new WebSocket(`ws://127.0.0.1:${node.port}/dcc/ws`, { headers })
  await once(socket, 'open')
  return { code: once(socket, 'close').then(([code]) => code as number) }
}

/** At both nodes an event stream and a WebSocket, which work. */
const openAll = async (): Promise<Open> => {
  const streams = await Promise.all([one, two].map((node) => listenTo(node, visitor, '/app/events')))
  for (const stream of streams) await stream.hears(/data: event\n\n/)
  const sockets = await Promise.all([one, two].map(openSocket))
  return { streams, codes: Promise.all(sockets.map(({ code }) => code)) }
}

const within = async <Value>(work: Promise<Value>, what: string): Promise<Value> => {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`${what}: not within ${LIMIT} ms`)), LIMIT)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** Everything has been told and closed; nothing opens again, at either node, for whoever still has the cookie. */
const assertAllEnded = async ({ streams, codes }: Open, cookie: string): Promise<void> => {
  assert.deepEqual(await within(codes, 'WebSockets'), [4_401, 4_401])
  for (const stream of streams) {
    assert.equal(await within(stream.over, 'event streams'), 'whole')
    assert.equal(stream.heard(), `data: event\n\n${LAST}`)
  }
  const holder = { cookieHeader: () => cookie }
  for (const node of [one, two]) {
    const again = await listenTo(node, holder, '/app/events')
    assert.equal(again.status, 401)
    const headers = { host: node.host, origin: node.origin, cookie }
    await assert.rejects(once(new WebSocket(`ws://127.0.0.1:${node.port}/dcc/ws`, { headers }), 'open'), /401/)
  }
}

/** An operator's command on the machine of node one. */
const operate = async (words: readonly string[], input?: string): Promise<void> => {
  const args = [...words, '--config', join(one.folder, 'instance.yaml')]
  const { code, stderr } = await runCli(args, input === undefined ? {} : { input })
  assert.equal(code, 0, stderr)
}
const revoke = () => operate(['sessions', 'revoke', '--login', PERSON.login])

/** What the sign-in page says to the visitor, who still has the cookie. */
const saidOnReturn = async (): Promise<string> => {
  const challenged = await visitor.page('/dcc/page')
  const { body } = await visitor.page(challenged.location ?? '')
  return body.replaceAll('&#39;', "'")
}

describe('S-08, W-04, R11, G3: what is open at two nodes ends with the session', () => {
  it('S-05: at sign-out by the gate’s page', async () => {
    const open = await openAll()
    const cookie = visitor.cookieHeader()
    const asked = await visitor.page(`${PREFIX}/sign-out`)
    await visitor.ask(`${PREFIX}/sign-out`, { form: hiddenFields(asked.body, `${PREFIX}/sign-out`) })
    await assertAllEnded(open, cookie)
  })

  it('R16: at sign-out by the application’s own address', async () => {
    const open = await openAll()
    const cookie = visitor.cookieHeader()
    await visitor.page('/dcc/logout')
    await assertAllEnded(open, cookie)
  })

  it('when an operator revokes it', async () => {
    const open = await openAll()
    await revoke()
    await assertAllEnded(open, visitor.cookieHeader())
    assert.match(await saidOnReturn(), /fermée par l'équipe/)
  })

  it('when the account gets a new password', async () => {
    const open = await openAll()
    await operate(['accounts', 'set-password', PERSON.login, '--password-stdin', '--permanent'], GATE_PASSWORD)
    await assertAllEnded(open, visitor.cookieHeader())
    assert.match(await saidOnReturn(), /Votre mot de passe a été changé/)
  })

  it('when the account is closed', async () => {
    const open = await openAll()
    await operate(['accounts', 'disable', PERSON.login])
    await assertAllEnded(open, visitor.cookieHeader())
    assert.match(await saidOnReturn(), /fermée par l'équipe/)
    await operate(['accounts', 'enable', PERSON.login])
  })
})

describe('R11: when a node cannot hear that a session has ended', () => {
  const download = () => listenTo(two, visitor, '/app/download', {})

  it('S-08, W-04: it asks, and closes what is open all the same; the cache holds nothing for longer than two seconds', async () => {
    const open = await openAll()
    const half = await download()
    const elsewhere = createVisitor(two)
    for (const [name, value] of visitor.cookies) elsewhere.cookies.set(name, value)
    assert.equal((await elsewhere.page('/dcc/page')).status, 200)
    relay.silenceMessages()
    await revoke()
    const since = performance.now()
    while ((await elsewhere.page('/dcc/page')).status === 200) {
      assert.ok(performance.now() - since < 3_000, 'still served from memory')
      await pause(50)
    }
    await assertAllEnded(open, visitor.cookieHeader())
    assert.equal(await within(half.over, 'the download'), 'broken off')
    relay.mend()
  })

  it('Q-01: cut off from the store, it closes what is open, and afterwards the same session is good again', async () => {
    const { streams, codes } = await openAll()
    relay.silenceAll()
    const [atOne, atTwo] = streams
    assert.equal(await within(atTwo?.over ?? assert.fail(), 'the event stream'), 'whole')
    assert.equal(atTwo?.heard(), 'data: event\n\n')
    const elsewhere = createVisitor(two)
    for (const [name, value] of visitor.cookies) elsewhere.cookies.set(name, value)
    assert.equal((await elsewhere.page('/dcc/page')).status, 503)
    relay.mend()
    await eventually(async () => (await elsewhere.page('/dcc/page')).status === 200, 'the store is back')
    assert.doesNotMatch(atOne?.heard() ?? '', /portillon/, 'the other node knew all the time')
    await revoke()
    assert.deepEqual(await within(codes, 'WebSockets'), [4_401, 1_001])
  })
})

describe('S-07: time passes at two nodes', () => {
  it('G17: who does nothing is signed out although everything stays open; who does something, at the longest time', async () => {
    for (const node of [one, two]) {
      node.writeSite({ session: { idle: '5s', absolute: '9s' } })
      node.reload()
      await node.logged(/new settings are in force/)
    }
    visitor = createVisitor(one)
    await signInByMail(visitor, smtp)
    const idle = await openAll()
    const active = createVisitor(two)
    await signInByMail(active, smtp)
    const stream = await listenTo(one, active, '/app/events')
    // Until the longest time is over: then the page is no longer theirs.
    const working = (async () => {
      while ((await active.page('/dcc/page')).status === 200) await pause(500)
    })()
    assert.deepEqual(await idle.codes, [4_401, 4_401])
    for (const { over } of idle.streams) assert.equal(await over, 'whole')
    assert.match(await saidOnReturn(), /sans activité/)
    assert.equal(await stream.over, 'whole')
    await working
    const challenged = await active.page('/dcc/page')
    assert.match((await active.page(challenged.location ?? '')).body, /durée maximale/)
  })
})
