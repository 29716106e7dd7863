import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startHeldUpstream, type HeldUpstream } from '../kit/held-upstream.ts'
import { beginSignIn, INSTANCE_HOST, signInByMail, startInstance, type Instance } from '../kit/instance.ts'
import { startNginx, type Nginx } from '../kit/nginx.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'
import { startSmtp, type SmtpSink } from '../kit/smtp.ts'
import { assertUnharmed, loadOf } from '../kit/steady-load.ts'
import { createVisitor } from '../kit/visitor.ts'

/** An upgrade at noon of two nodes behind nginx, as the runbook describes it. */

let redis: RedisServer
let smtp: SmtpSink
let upstream: HeldUpstream
let one: Instance
let two: Instance
let nginx: Nginx

const startNode = (shared: Readonly<Record<string, unknown>> = {}): Promise<Instance> =>
  startInstance({
    upstream: upstream.url,
    redis: redis.url,
    config: {
      workers: 1,
      'drain-notice': '1s',
      smtp: { host: '127.0.0.1', port: smtp.port, security: 'none' },
      ...shared,
    },
  })

before(async () => {
  ;[redis, smtp, upstream] = await Promise.all([startRedis(), startSmtp(), startHeldUpstream()])
  one = await startNode()
  two = await startNode({
    keys: `${one.folder}/keys`,
    database: { url: `sqlite:${one.folder}/accounts.sqlite` },
  })
  nginx = await startNginx(
    ([port = 0]) => `
      upstream gates {
        server 127.0.0.1:${one.port} max_fails=0;
        server 127.0.0.1:${two.port} max_fails=0;
        keepalive 32;
      }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://gates;
          proxy_http_version 1.1;
          proxy_set_header Host $http_host;
          proxy_set_header Connection "";
          proxy_next_upstream error;
        }
      }`,
  )
})
after(async () => {
  await nginx.stop()
  await Promise.all([one, two].map((node) => node.running().stop()))
  await Promise.all([redis.stop(), smtp.stop(), upstream.stop()])
})

describe('two nodes that are restarted in turn under steady load', () => {
  it('O-05: fail no request, keep everybody signed in, and let a sign-in begun before end after', async () => {
    const visitor = createVisitor(one)
    await signInByMail(visitor, smtp)
    const newcomer = createVisitor(one)
    const finish = await beginSignIn(newcomer, smtp)

    const stopLoad = loadOf(nginx.ports[0] ?? 0, INSTANCE_HOST, visitor.cookieHeader(), true)
    for (const node of [one, two]) {
      process.kill(node.mainPid(), 'SIGTERM')
      assert.deepEqual(await node.running().ended, { code: 0, signal: null })
      await node.restart()
      assert.equal((await node.readiness()).status, 200)
    }
    assertUnharmed(await stopLoad(), 3_000)

    const elsewhere = createVisitor(two)
    for (const [name, value] of newcomer.cookies) elsewhere.cookies.set(name, value)
    await finish(elsewhere)
    assert.equal((await elsewhere.page('/dcc/')).body, 'user c.exemple')
  })
})
