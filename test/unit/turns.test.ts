import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTurns } from '../../src/accounts/turns.ts'

/** Work that ends when the test says so. */
const held = () => {
  const begun: string[] = []
  const ends: (() => void)[] = []
  const work = (name: string) => () => {
    begun.push(name)
    return new Promise<string>((end) => ends.push(() => end(name)))
  }
  /** Ends what was begun first, and lets the next one begin. */
  const endOne = async (): Promise<void> => {
    ends.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { begun, work, endOne }
}

const busy = { name: 'Fault', code: 'sign-in-busy' }

describe('turns', () => {
  it('serve those who wait in rounds: who brings many waits longer than who brings one', async () => {
    const { begun, work, endOne } = held()
    const inTurn = createTurns(1, 10)
    const all = [
      ...['flood-1', 'flood-2', 'flood-3', 'flood-4'].map((name) => inTurn(work(name), 'flood')),
      inTurn(work('doctor'), 'hospital'),
      inTurn(work('nurse'), 'hospital'),
    ]
    for (let at = 0; at < all.length; at += 1) await endOne()
    await Promise.all(all)
    assert.deepEqual(begun, ['flood-1', 'flood-2', 'doctor', 'flood-3', 'nurse', 'flood-4'])
  })

  it('are bounded: beyond so many who wait the next is refused at once, and counted', async () => {
    const { work, endOne } = held()
    const inTurn = createTurns(1, 2)
    const all = [inTurn(work('a')), inTurn(work('b')), inTurn(work('c'))]
    await assert.rejects(inTurn(work('d')), busy)
    assert.deepEqual(inTurn.figures(), { running: 1, waiting: 2, refused: 1 })
    for (let at = 0; at < 3; at += 1) await endOne()
    assert.deepEqual(await Promise.all(all), ['a', 'b', 'c'])
    assert.deepEqual(inTurn.figures(), { running: 0, waiting: 0, refused: 1 })
  })

  it('push out the newest of the longest line, not somebody who brings one', async () => {
    const { begun, work, endOne } = held()
    const inTurn = createTurns(1, 3)
    const flood = ['1', '2', '3', '4'].map((name) => inTurn(work(name), 'flood'))
    const pushedOut = assert.rejects(flood[3] ?? assert.fail(), busy)
    const doctor = inTurn(work('doctor'), 'hospital')
    await pushedOut
    await assert.rejects(inTurn(work('5'), 'flood'), busy)
    for (let at = 0; at < 4; at += 1) await endOne()
    assert.equal(await doctor, 'doctor')
    await Promise.all(flood.slice(0, 3))
    assert.deepEqual(begun, ['1', '2', 'doctor', '3'])
  })

  it('go on after work that failed', async () => {
    const inTurn = createTurns(1, 1)
    await assert.rejects(
      inTurn(() => Promise.reject(new Error('no memory'))),
      /no memory/,
    )
    assert.equal(await inTurn(() => Promise.resolve('next')), 'next')
  })
})
