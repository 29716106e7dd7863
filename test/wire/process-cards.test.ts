import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { CARD_HOST, CARD_TLS, askCardListener } from '../kit/card-gate.ts'
import { FRONT_SECRET } from '../kit/card-fronts.ts'
import { makeCertificate } from '../kit/certificate.ts'
import { createTestIgcSante } from '../kit/igc-sante.ts'
import { eventually, startInstance, type Instance } from '../kit/instance.ts'
import { freePort } from '../kit/ports.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'

const igc = createTestIgcSante({ now: Date.now() })

/** Settings of an instance with cards; the lists are not asked for here. */
const settings = (listener: object) => ({
  workers: 2,
  drain: '1s',
  'drain-notice': '10ms',
  listen: { address: '127.0.0.1', port: 0, 'trusted-proxies': ['127.0.0.1'], cards: listener },
  cards: {
    authorities: ['chain.pem'],
    issuers: [igc.strong.commonName],
    lists: { strong: { of: igc.strong.commonName, file: 'strong.crl' } },
    folder: 'lists',
  },
})
const site = {
  ways: [{ id: 'card', methods: ['cps'], level: 3 }],
  cps: { address: `https://${CARD_HOST}` },
}
const files = {
  'chain.pem': igc.pem,
  'cards.pem': CARD_TLS.cert,
  'cards-key.pem': CARD_TLS.key,
  secret: FRONT_SECRET,
}

describe('an instance with two workers that shows cards', () => {
  const folder = createTempFolder('process-cards')
  let redis: RedisServer
  let upstream: HttpUpstream
  before(async () => {
    ;[redis, upstream] = await Promise.all([startRedis(), startHttpUpstream()])
  })
  after(async () => {
    await Promise.all([redis.stop(), upstream.stop()])
    folder[Symbol.dispose]()
  })
  const start = async (listener: object): Promise<Instance> => {
    const port = await freePort()
    const config = settings(listener)
    return startInstance({
      upstream: upstream.url,
      redis: redis.url,
      site,
      files,
      config: { ...config, listen: { ...config.listen, port } },
      port,
    })
  }

  it('O-04: is there on its socket whichever worker ends, and leaves none of it behind', async () => {
    const socket = join(folder.path, 'cards.sock')
    const instance = await start({ socket, front: { form: 'nginx', 'secret-file': 'secret' } })
    const ask = () =>
      new Promise<number>((resolve) => {
        const headers = { host: CARD_HOST, 'x-portillon-front': FRONT_SECRET }
        const asked = request({ socketPath: socket, path: '/?journey=x', headers, agent: false }, (answer) => {
          answer.resume()
          resolve(answer.statusCode ?? 0)
        })
        asked.on('error', () => resolve(0))
        asked.end()
      })
    try {
      assert.equal(await ask(), 410)
      for (const pid of instance.workers()) {
        process.kill(pid, 'SIGKILL')
        await eventually(async () => (await ask()) === 410, 'another worker takes the socket')
        await eventually(async () => (await instance.readiness()).status === 200, 'a new worker')
      }
      assert.equal(await ask(), 410)
    } finally {
      await instance.running().stop()
    }
    const left = readdirSync(folder.path).filter((name) => /\d$/.test(name))
    assert.deepEqual(left, [])
    assert.ok(existsSync(folder.path))
  })

  it('takes up a new certificate of the listener by a reload, and refuses one that cannot be used', async () => {
    const port = await freePort()
    const instance = await start({ port, tls: { certificate: 'cards.pem', key: 'cards-key.pem' } })
    const isServedWith = async (ca: string): Promise<boolean> => {
      try {
        return (await askCardListener('/?journey=x', { port, ca })).status === 410
      } catch {
        return false
      }
    }
    try {
      assert.ok(await isServedWith(CARD_TLS.cert))
      const renewed = makeCertificate(CARD_HOST)
      instance.writeFile('cards.pem', renewed.cert)
      instance.reload()
      await instance.logged(/not taken up/)
      assert.ok(await isServedWith(CARD_TLS.cert), 'the certificate does not fit its key: that of before stays')
      instance.writeFile('cards-key.pem', renewed.key)
      instance.reload()
      await instance.logged(/new settings are in force/)
      await eventually(() => isServedWith(renewed.cert), 'the new certificate')
    } finally {
      await instance.running().stop()
    }
  })
})
