import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { CARD_HOST, CARD_TLS, CARD_WAYS, inBrowser, reachCardPage, showCard } from '../kit/card-gate.ts'
import { CAMILLE, createTestIgcSante, type TestCard } from '../kit/igc-sante.ts'
import { eventually, startInstance, type Instance } from '../kit/instance.ts'
import { startListHost, type ListHost } from '../kit/list-host.ts'
import { freePort } from '../kit/ports.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { createVisitor } from '../kit/visitor.ts'

const PATH = '/ACI-FO-PP.crl'

describe('K-06: lists of revoked cards, of an instance with two workers', () => {
  const igc = createTestIgcSante({ now: Date.now() })
  const [one, two] = [igc.card('CPS', CAMILLE), igc.card('CPS', CAMILLE)]
  let redis: RedisServer
  let upstream: HttpUpstream
  let host: ListHost
  let instance: Instance
  let port: number
  let cards: Readonly<Record<string, unknown>>

  before(async () => {
    ;[redis, upstream, host, port] = await Promise.all([startRedis(), startHttpUpstream(), startListHost(), freePort()])
    host.publish(PATH, igc.list(igc.strong, [{ serial: one.serial }]))
    cards = {
      ...{ authorities: ['chain.pem'], issuers: [igc.strong.commonName], folder: 'lists', timeout: '1s' },
      lists: { strong: { of: igc.strong.commonName, url: host.url + PATH } },
    }
    const pages = await freePort()
    instance = await startInstance({
      port: pages,
      upstream: upstream.url,
      redis: redis.url,
      site: { ways: CARD_WAYS, cps: { address: `https://${CARD_HOST}` } },
      config: {
        ...{ workers: 2, drain: '1s', 'drain-notice': '10ms', cards },
        listen: {
          port: pages,
          'trusted-proxies': ['192.0.2.1'],
          cards: { port, tls: { certificate: 'cards.crt', key: 'cards.key' } },
        },
      },
      files: { 'chain.pem': igc.pem, 'cards.crt': CARD_TLS.cert, 'cards.key': CARD_TLS.key },
    })
  })
  after(async () => {
    await instance.running().stop()
    await Promise.all([redis.stop(), upstream.stop(), host.close()])
  })

  /** What became of a card: where it led, or why it was refused. */
  const show = async (card: TestCard): Promise<string> => {
    const visitor = createVisitor(instance)
    const back = await showCard(visitor, await reachCardPage(visitor), { port, card: inBrowser(card) })
    const { location = '' } = await visitor.page(back)
    return /[?&]why=([a-z-]+)/.exec(location)?.[1] ?? location
  }
  /** Often enough that both workers have been met. */
  const showOften = async (card: TestCard): Promise<readonly string[]> => {
    const seen = new Set<string>()
    for (let time = 0; time < 8; time += 1) seen.add(await show(card))
    return [...seen]
  }
  const inForce = (): Promise<unknown> => instance.logged(/a list of revoked cards is in force/)
  const standing = async (): Promise<unknown> =>
    ((await instance.readiness()) as { 'card-lists'?: unknown })['card-lists']

  it('are fetched once for both, and both refuse who is on it', async () => {
    await inForce()
    assert.deepEqual(await standing(), { strong: 'fresh' })
    assert.equal(host.asked.length, 1)
    assert.deepEqual(await showOften(one), ['revoked'])
    assert.deepEqual(await showOften(two), ['/dcc/'])
    const figures = await instance.metrics()
    assert.match(figures, /^portillon_card_list_fresh\{list="strong"\} 1$/m)
    assert.match(figures, /^portillon_card_list_entries\{list="strong"\} 1$/m)
  })

  it('are there after a restart, and in a worker that was replaced, without the network', async () => {
    host.publish(PATH, (response) => response.writeHead(503).end())
    await instance.running().stop()
    await instance.restart()
    assert.deepEqual(await showOften(one), ['revoked'])
    const [killed = 0] = instance.workers()
    process.kill(killed, 'SIGKILL')
    await eventually(async () => (await instance.readiness()).workers.ready < 2, 'a worker ends')
    await eventually(async () => (await instance.readiness()).workers.ready === 2, 'another one serves')
    assert.deepEqual(await showOften(one), ['revoked'])
    assert.deepEqual(await showOften(two), ['/dcc/'])
    assert.match(await instance.metrics(), /^portillon_card_list_failures\{list="strong"\} [1-9]/m)
  })

  it('are exchanged without a restart when another one comes', async () => {
    host.publish(PATH, igc.list(igc.strong, [{ serial: two.serial }], { number: 2n }))
    // Another address is fetched at once.
    host.publish('/new.crl', igc.list(igc.strong, [{ serial: two.serial }], { number: 2n }))
    const lists = { strong: { of: igc.strong.commonName, url: `${host.url}/new.crl` } }
    instance.writeInstance({ cards: { ...cards, lists } })
    instance.reload()
    await eventually(async () => (await show(two)) === 'revoked', 'the new list')
    assert.deepEqual(await showOften(two), ['revoked'])
  })

  it('that are missing make the instance unready only where its settings say so', async () => {
    const lists = { other: { of: igc.strong.commonName, url: `${host.url}/none.crl` } }
    instance.writeInstance({ cards: { ...cards, lists, folder: 'elsewhere' } })
    instance.reload()
    await eventually(async () => JSON.stringify(await standing()) === '{"other":"missing"}', 'the list is missing')
    assert.equal((await instance.readiness()).status, 200)
    instance.writeInstance({ cards: { ...cards, lists, folder: 'elsewhere', 'needed-to-be-ready': true } })
    instance.reload()
    await eventually(async () => (await instance.readiness()).status === 503, 'unready')
    assert.match(await instance.metrics(), /^portillon_card_list_fresh\{list="other"\} 0$/m)
  })
})
