import assert from 'node:assert/strict'
import { describe, it, mock, type TestContext } from 'node:test'
import { watchPulse } from '../../src/server/worker-pulse.ts'

const setUp = (context: TestContext) => {
  mock.timers.enable({ apis: ['setInterval'] })
  const serving = new Set(['a', 'b'])
  const hanging = new Set<string>()
  const asked: string[] = []
  const silent: string[] = []
  const end = watchPulse<string>({
    workers: () => [...serving],
    ask: (worker) => {
      asked.push(worker)
      return hanging.has(worker) ? new Promise(() => undefined) : Promise.resolve()
    },
    patience: () => 5_000,
    onSilent: (worker) => silent.push(worker),
  })
  context.after(() => {
    end()
    mock.timers.reset()
  })
  const seconds = async (count: number): Promise<void> => {
    for (let second = 0; second < count; second += 1) {
      mock.timers.tick(1_000)
      await new Promise(setImmediate)
    }
  }
  return { serving, hanging, asked, silent, seconds, end }
}

describe('the pulse of workers', () => {
  it('is asked for every second, and nobody who answers is told of', async (context) => {
    const { asked, silent, seconds } = setUp(context)
    await seconds(60)
    assert.equal(asked.length, 120)
    assert.deepEqual(silent, [])
  })

  it('tells once of a worker that is silent for as long as was said, and goes on with the others', async (context) => {
    const { hanging, silent, seconds, serving } = setUp(context)
    await seconds(3)
    hanging.add('a')
    await seconds(5)
    assert.deepEqual(silent, [])
    await seconds(1)
    assert.deepEqual(silent, ['a'])
    await seconds(20)
    assert.deepEqual(silent, ['a'], 'it is on its way out')
    serving.delete('a')
    hanging.add('b')
    await seconds(6)
    assert.deepEqual(silent, ['a', 'b'])
  })

  it('leaves alone whoever does not serve, and everybody once it has ended', async (context) => {
    const { serving, hanging, silent, asked, seconds, end } = setUp(context)
    hanging.add('a').add('b')
    await seconds(2)
    serving.delete('a')
    end()
    const before = asked.length
    await seconds(60)
    assert.equal(asked.length, before)
    assert.deepEqual(silent, [])
  })

  it('a question that fails is no silence: the end of a worker is told in another way', async (context) => {
    mock.timers.enable({ apis: ['setInterval'] })
    const silent: string[] = []
    const end = watchPulse<string>({
      workers: () => ['a'],
      ask: () => Promise.reject(new Error('the worker has ended')),
      patience: () => 2_000,
      onSilent: (worker) => silent.push(worker),
    })
    context.after(() => {
      end()
      mock.timers.reset()
    })
    for (let second = 0; second < 20; second += 1) {
      mock.timers.tick(1_000)
      await new Promise(setImmediate)
    }
    assert.deepEqual(silent, [])
  })
})
