import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { servingAmong } from '../../src/database/limits.ts'
import { joinParts } from '../../src/server/health.ts'
import { inheritedSocket } from '../../src/server/inherited-socket.ts'
import { figuresText, workerFigures } from '../../src/server/metrics.ts'
import { restartPause } from '../../src/server/restart-pause.ts'

describe('the pause before a worker is replaced', () => {
  it('grows while successors die young, to half a minute', () => {
    const pauses = [0]
    for (let death = 0; death < 12; death += 1) pauses.push(restartPause(pauses.at(-1) ?? 0, 500))
    assert.deepEqual(pauses.slice(1, 6), [100, 200, 400, 800, 1_600])
    assert.equal(pauses.at(-1), 30_000)
  })

  it('is short again for one that had served for a minute', () => {
    assert.equal(restartPause(30_000, 60_000), 100)
  })
})

describe('a socket of the service manager', () => {
  const of = (count: string, pid: string) => inheritedSocket({ LISTEN_FDS: count, LISTEN_PID: pid }, 4711)

  it('is the third descriptor, when it was handed to this very process', () => {
    assert.equal(of('1', '4711'), 3)
    assert.equal(of('1', '4710'), null)
    assert.equal(of('0', '4711'), null)
    assert.equal(of('', '4711'), null)
    assert.equal(of('some', '4711'), null)
    assert.equal(inheritedSocket({}, 4711), null)
  })

  it('is not chosen among several', () => {
    assert.throws(() => of('2', '4711'), /2 sockets were handed over/)
  })
})

describe('what several workers say of themselves', () => {
  it('has failed in one part when one of them has', () => {
    assert.deepEqual(
      joinParts([
        { store: 'ok', accounts: 'failed' },
        { store: 'ok', accounts: 'ok' },
      ]),
      {
        store: 'ok',
        accounts: 'failed',
      },
    )
    assert.deepEqual(joinParts([{ store: 'ok' }, { store: 'failed' }]), { store: 'failed' })
    assert.deepEqual(joinParts([]), {})
  })

  it('is added up in the figures', async () => {
    const text = await figuresText([
      await workerFigures({ ready: 1, restarts: 2 }),
      await workerFigures({ ready: 3, restarts: 4 }),
    ])
    assert.match(text, /^portillon_workers 4$/m)
    assert.match(text, /^portillon_worker_restarts_total 6$/m)
  })
})

describe('connections to PostgreSQL', () => {
  it('are shared out among the workers of a machine', () => {
    const of = (workers: number) => servingAmong(workers).connections
    assert.deepEqual([1, 2, 4, 8, 16, 20, 64].map(of), [10, 10, 10, 5, 2, 2, 2])
  })
})
