import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { CRLReasons } from '@peculiar/asn1-x509'
import type { CardSettings } from '../../src/config/instance.ts'
import { createCardLists, type CardLists } from '../../src/methods/cps/lists/keep-lists.ts'
import { isRevoked, type HeldList } from '../../src/methods/cps/lists/list.ts'
import { serialDigest } from '../../src/methods/cps/lists/serials.ts'
import { cardSettings } from '../kit/cards.ts'
import { createManualClock, type ManualClock } from '../kit/clock.ts'
import { CAMILLE, createTestIgcSante } from '../kit/igc-sante.ts'
import { startListHost, type ListHost } from '../kit/list-host.ts'
import { recordingLog, type LogLine } from '../kit/gate.ts'
import { createTempFolder } from '../kit/temp-folder.ts'

const NOW = Date.parse('2026-01-15T09:00:00Z')
const HOUR = 3_600_000
const pki = createTestIgcSante({ now: NOW })
const [one, two] = [pki.card('CPS', CAMILLE), pki.card('CPS', CAMILLE)]
const PATH = '/ACI-FO-PP.crl'
const DELTA = '/ACI-FO-PP_delta.crl'

/** What `lists` say of a card. */
const isGone = ([list]: readonly HeldList[], { serial }: { readonly serial: Uint8Array }): boolean =>
  list !== undefined && isRevoked(list, serialDigest(serial))

describe('lists of revoked cards', () => {
  let host: ListHost
  let clock: ManualClock
  let folder: ReturnType<typeof createTempFolder>
  let log: LogLine[]
  const open: CardLists[] = []

  const settingsFor = (given: Partial<CardSettings> = {}, of = pki.strong.commonName): CardSettings =>
    cardSettings(pki, folder.path, { lists: { strong: { of, url: host.url + PATH } }, timeout: 4_000, ...given })
  const openLists = (settings = settingsFor()): CardLists => {
    const lists = createCardLists({ settings, clock, log: recordingLog(log) })
    open.push(lists)
    return lists
  }
  /** Lists after their first fetch. */
  const fetched = async (settings = settingsFor()): Promise<CardLists> => {
    const lists = openLists(settings)
    await lists.start()
    await lists.refresh()
    return lists
  }
  const causes = (): string => log.map(({ fields }) => JSON.stringify(fields)).join('\n')

  before(async () => {
    host = await startListHost()
  })
  after(() => host.close())
  beforeEach(() => {
    clock = createManualClock(NOW)
    folder = createTempFolder('cards')
    log = []
    host.publish(PATH, pki.list(pki.strong, [{ serial: one.serial }]))
  })
  afterEach(() => {
    for (const lists of open.splice(0)) lists.close()
    folder[Symbol.dispose]()
  })

  it('K-06: are fetched, verified, and say who is revoked', async () => {
    const lists = await fetched()
    assert.deepEqual([isGone(lists.current(), one), isGone(lists.current(), two)], [true, false])
    const [state] = lists.states()
    assert.deepEqual(
      { ...state, bytes: 0 },
      {
        ...{ name: 'strong', state: 'fresh', until: (NOW + 24 * HOUR) / 1_000, issued: (NOW - HOUR) / 1_000 },
        ...{ entries: 1, bytes: 0, failures: 0 },
      },
    )
  })

  it('K-06: are swapped while they are in use, and the change is told', async () => {
    const lists = await fetched()
    const told: boolean[] = []
    lists.watch((now) => told.push(isGone(now, two)))
    host.publish(PATH, pki.list(pki.strong, [{ serial: one.serial }, { serial: two.serial }], { number: 2n }))
    await lists.refresh()
    assert.deepEqual(told, [true])
    assert.equal(isGone(lists.current(), two), true)
  })

  it('are not fetched again while the server says that nothing has changed', async () => {
    const lists = await fetched()
    const before = host.asked.length
    await lists.refresh()
    const last = host.asked.at(-1)
    assert.equal(host.asked.length, before + 1)
    assert.match(String(last?.headers['if-none-match']), /^"/)
    assert.equal(lists.states()[0]?.failures, 0)
  })

  it('K-06: survive a restart without the network, mode 0600', async () => {
    await fetched()
    assert.deepEqual(readdirSync(folder.path).sort(), ['strong.crl', 'strong.json'])
    assert.equal(statSync(join(folder.path, 'strong.crl')).mode & 0o777, 0o600)
    host.publish(PATH, (response) => response.writeHead(503).end())
    const lists = openLists()
    await lists.start()
    assert.equal(isGone(lists.current(), one), true)
    await lists.refresh()
    assert.equal(isGone(lists.current(), one), true, 'a failure changes nothing')
    assert.match(causes(), /status 503/)
  })

  it('K-06: that were changed in the folder are not believed', async () => {
    await fetched()
    const file = join(folder.path, 'strong.crl')
    const bytes = readFileSync(file)
    bytes.writeUInt8(bytes.readUInt8(200) ^ 1, 200)
    writeFileSync(file, bytes)
    const lists = openLists()
    host.publish(PATH, (response) => response.writeHead(503).end())
    await lists.start()
    assert.deepEqual(lists.current(), [])
    assert.equal(lists.states()[0]?.state, 'missing')
  })

  describe('K-06: are refused, and the one before stays in force,', () => {
    const refused: readonly (readonly [string, () => Uint8Array, RegExp])[] = [
      [
        'signed by another authority',
        () => pki.list(pki.strong, [], { number: 2n, signer: pki.standard.keys }),
        /wrong signature/,
      ],
      ['of another authority', () => pki.list(pki.standard, [], { number: 2n }), /the list of another authority/],
      ['with a lower number', () => pki.list(pki.strong, [], { number: 0n }), /number 0 after 1/],
      [
        'of the same number and older',
        () => pki.list(pki.strong, [], { thisUpdate: new Date(NOW - 2 * HOUR) }),
        /older than the one before/,
      ],
      [
        'from the future',
        () =>
          pki.list(pki.strong, [], {
            number: 2n,
            thisUpdate: new Date(NOW + HOUR),
            nextUpdate: new Date(NOW + 2 * HOUR),
          }),
        /from the future/,
      ],
      ['signed with SHA-1', () => pki.list(pki.strong, [], { number: 2n, hash: 'sha1' }), /weak signature/],
      [
        'without the date of the next one',
        () => pki.list(pki.strong, [], { number: 2n, nextUpdate: undefined }),
        /no date|tag/,
      ],
      ['that is a delta', () => pki.list(pki.strong, [], { number: 2n, base: 1n }), /a delta/],
      [
        'made on behalf of others',
        () => pki.list(pki.strong, [], { number: 2n, scope: { indirectCRL: true } }),
        /a list of something else/,
      ],
      ['cut off', () => pki.list(pki.strong, [], { number: 2n }).subarray(0, 200), /cut off/],
      [
        'with something behind it',
        () => Buffer.concat([pki.list(pki.strong, [], { number: 2n }), Buffer.of(0)]),
        /something follows/,
      ],
      ['that are a page', () => Buffer.from('<!doctype html><title>Maintenance</title>'), /tag|length|cut off/],
      ['that are empty', () => new Uint8Array(0), /cut off/],
    ]
    for (const [which, bytes, cause] of refused) {
      it(`those ${which}`, async () => {
        const lists = await fetched()
        host.publish(PATH, bytes())
        await lists.refresh()
        assert.match(causes(), cause)
        assert.equal(isGone(lists.current(), one), true)
        assert.equal(lists.states()[0]?.failures, 1)
      })
    }

    it('those that are too large, whatever the server says of their size', async () => {
      const lists = await fetched(settingsFor({ 'largest-list': 65_536 }))
      host.publish(PATH, (response) => {
        response.writeHead(200, { 'Transfer-Encoding': 'chunked' })
        response.end(Buffer.alloc(100_000))
      })
      await lists.refresh()
      assert.match(causes(), /too large/)
      assert.equal(isGone(lists.current(), one), true)
    })

    it('those of a host that does not end its answer', async () => {
      const lists = await fetched()
      host.publish(PATH, (response) => response.writeHead(200).write('0'))
      await lists.refresh()
      assert.match(causes(), /too slow/)
      assert.equal(isGone(lists.current(), one), true)
    })
  })

  it('K-06: are stale after their end, which the state says', async () => {
    const lists = await fetched()
    clock.advance('25h')
    assert.equal(lists.states()[0]?.state, 'stale')
    assert.equal(lists.isReady(), true, 'the instance serves those who come another way')
    await lists.renew(settingsFor({ 'needed-to-be-ready': true }))
    assert.equal(lists.isReady(), false)
    await lists.refresh()
    assert.match(causes(), /its source has no newer one/)
  })

  describe('with deltas', () => {
    const both = (): CardSettings =>
      settingsFor({
        lists: { strong: { of: pki.strong.commonName, url: host.url + PATH, 'delta-url': host.url + DELTA } },
      })

    it('K-06: say what both say together', async () => {
      host.publish(
        DELTA,
        pki.list(pki.strong, [{ serial: two.serial }, { serial: one.serial, reason: CRLReasons.removeFromCRL }], {
          number: 3n,
          base: 1n,
        }),
      )
      const lists = await fetched(both())
      assert.deepEqual([isGone(lists.current(), one), isGone(lists.current(), two)], [false, true])
    })

    it('K-06: are fresh for as long as the later of both', async () => {
      const nextUpdate = new Date(NOW + 48 * HOUR)
      host.publish(DELTA, pki.list(pki.strong, [], { number: 3n, base: 1n, nextUpdate }))
      const lists = await fetched(both())
      clock.advance('47h')
      assert.equal(lists.states()[0]?.state, 'fresh')
    })

    it('K-06: do without a delta that belongs to another list', async () => {
      host.publish(DELTA, pki.list(pki.strong, [{ serial: two.serial }], { number: 9n, base: 7n }))
      const lists = await fetched(both())
      assert.deepEqual([isGone(lists.current(), one), isGone(lists.current(), two)], [true, false])
    })

    it('K-06: let a delta go when a complete list has overtaken it', async () => {
      host.publish(
        DELTA,
        pki.list(pki.strong, [{ serial: one.serial, reason: CRLReasons.removeFromCRL }], { number: 3n, base: 1n }),
      )
      const lists = await fetched(both())
      assert.equal(isGone(lists.current(), one), false)
      host.publish(PATH, pki.list(pki.strong, [{ serial: one.serial }], { number: 4n }))
      await lists.refresh()
      assert.equal(isGone(lists.current(), one), true)
    })
  })

  it('come from a file that something else renews', async () => {
    const file = join(folder.path, 'given.crl')
    writeFileSync(file, pki.list(pki.strong, []))
    const lists = await fetched(settingsFor({ lists: { strong: { of: pki.strong.commonName, file } } }))
    assert.equal(isGone(lists.current(), two), false)
    writeFileSync(file, pki.list(pki.strong, [{ serial: two.serial }], { number: 2n }))
    utimesSync(file, new Date(NOW), new Date(NOW + 1_000))
    await lists.refresh()
    assert.equal(isGone(lists.current(), two), true)
    rmSync(file)
    await lists.refresh()
    assert.match(causes(), /ENOENT/)
    assert.equal(isGone(lists.current(), two), true)
  })

  it('stay when settings are renewed that do not concern them, and go with theirs', async () => {
    const lists = await fetched()
    const before = host.asked.length
    await lists.renew(settingsFor({ stale: HOUR }))
    assert.equal(host.asked.length, before)
    assert.equal(isGone(lists.current(), one), true)
    await lists.renew(undefined)
    assert.deepEqual([lists.current(), lists.states()], [[], []])
  })
})
