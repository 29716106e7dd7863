import assert from 'node:assert/strict'
import { ServerResponse, IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, it, mock, type TestContext } from 'node:test'
import fc from 'fast-check'
import { endsAnEvent, eventStreamEnd } from '../../src/gateway/event-stream-end.ts'
import { createOpenAnswers, type OpenAnswer } from '../../src/gateway/open-answers.ts'
import { Fault } from '../../src/lib/errors.ts'
import { silentLog } from '../../src/lib/log.ts'
import { createSessionEnds } from '../../src/session/ends.ts'
import { watchOpen } from '../../src/session/watch-open.ts'
import { keys } from '../../src/store/keys.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { createManualClock } from '../kit/clock.ts'

describe('watching over what sessions have open', () => {
  const setUp = (context: TestContext) => {
    const clock = createManualClock()
    const store = createMemoryStore({ clock })
    const ends = createSessionEnds({ store, clock })
    const open: string[] = []
    const over: string[] = []
    const lines: string[] = []
    let asked = 0
    let isAway = false
    const watch = watchOpen({
      store: {
        timeToLive: (key) => {
          asked += 1
          return isAway ? Promise.reject(new Fault('store-unavailable', 'away')) : store.timeToLive(key)
        },
      },
      ends,
      open: () => open,
      over: (session, how) => over.push(`${session} ${how}`),
      log: { ...silentLog, error: (_fields, message) => lines.push(message) },
      every: 3_600_000,
    })
    context.after(() => watch.close())
    const live = async (digest: string) => {
      await store.set(keys.session(digest), 'record', 60_000)
      await ends.begin(digest, { endsAt: clock.now() + 3_600_000 })
      open.push(digest)
    }
    return {
      ...{ clock, store, ends, open, over, lines, watch, live },
      asked: () => asked,
      away: (now: boolean) => {
        isAway = now
      },
    }
  }

  it('asks once for each session, however much it has open, and for nobody when nothing is', async (context) => {
    const { watch, live, open, asked, over } = setUp(context)
    await watch.look()
    assert.equal(asked(), 0)
    await live('a')
    open.push('a', 'a')
    await watch.look()
    assert.deepEqual([asked(), over], [1, []])
  })

  it('W-04, S-07: tells of one that became idle, and of one that was revoked and the message missed', async (context) => {
    const { watch, live, over, clock, store, ends } = setUp(context)
    await live('idle')
    clock.advance('30s')
    await live('revoked')
    await live('left')
    for (const [digest, reason] of [
      ['revoked', 'revoked'],
      ['left', 'signed-out'],
    ] as const) {
      await store.delete(keys.session(digest))
      await ends.tell(digest, reason, { endsAt: clock.now() + 3_600_000 })
    }
    clock.advance('30s')
    await watch.look()
    assert.deepEqual(over, ['idle ended', 'revoked revoked', 'left ended'])
  })

  it('Q-01: one silence of the store closes nothing, two in a row do; afterwards it begins anew', async (context) => {
    const { watch, live, over, lines, away } = setUp(context)
    await live('a')
    away(true)
    await watch.look()
    assert.deepEqual(over, [])
    away(false)
    await watch.look()
    away(true)
    await watch.look()
    assert.deepEqual(over, [])
    await watch.look()
    assert.deepEqual(over, ['a unknown'])
    assert.equal(lines.length, 1)
  })

  it('O-08: a fault while closing is a line of the log, and the next look comes', async (context) => {
    const { clock, store, ends } = setUp(context)
    const lines: string[] = []
    const watch = watchOpen({
      store,
      ends,
      open: () => ['gone'],
      over: () => assert.fail('closing failed'),
      log: { ...silentLog, error: (_fields, message) => lines.push(message) },
      every: 3_600_000,
    })
    context.after(() => watch.close())
    clock.advance(1)
    await watch.look()
    await watch.look()
    assert.equal(lines.length, 2)
  })
})

describe('answers under way', () => {
  const answerOf = (session: string | null, stream = false) => {
    const done: string[] = []
    const answer: OpenAnswer = {
      place: -1,
      session,
      stream: stream ? { pass: () => undefined, end: (isTold) => done.push(isTold ? 'told' : 'ended') } : undefined,
      cut: () => done.push('cut'),
    }
    return { answer, done }
  }

  it('G3: go on for ten minutes after their session, and no longer; streams end at once', (context) => {
    mock.timers.enable({ apis: ['setTimeout'] })
    context.after(() => mock.timers.reset())
    const answers = createOpenAnswers()
    const all = [answerOf('a'), answerOf('a', true), answerOf('b'), answerOf(null)]
    for (const { answer } of all) answers.add(answer)
    assert.deepEqual([...answers.sessions()], ['a', 'a', 'b'])
    for (let look = 0; look < 3; look += 1) answers.end('a', 'ended')
    mock.timers.tick(599_999)
    assert.deepEqual(all[0]?.done, [])
    mock.timers.tick(1)
    assert.deepEqual(
      all.map(({ done }) => [...new Set(done)]),
      [['cut'], ['told'], [], []],
    )
  })

  it('are not touched any more once they are over', (context) => {
    mock.timers.enable({ apis: ['setTimeout'] })
    context.after(() => mock.timers.reset())
    const answers = createOpenAnswers()
    const { answer, done } = answerOf('a')
    answers.add(answer)
    answers.end('a', 'ended')
    answers.delete(answer)
    answers.end('a', 'revoked')
    mock.timers.tick(600_000)
    assert.deepEqual(done, [])
    assert.deepEqual([...answers.sessions()], [])
  })

  it('are found however many came and left, in whatever order, and leaving twice takes nobody else away', () => {
    const sequence = fc.array(fc.tuple(fc.boolean(), fc.nat(20)), { maxLength: 60 })
    fc.assert(
      fc.property(sequence, (steps) => {
        const answers = createOpenAnswers()
        const known = new Map<number, OpenAnswer>()
        const open = new Set<number>()
        for (const [comes, number] of steps) {
          const answer = known.get(number) ?? answerOf(String(number)).answer
          known.set(number, answer)
          if (comes && !open.has(number)) answers.add(answer)
          if (!comes) answers.delete(answer)
          if (comes) open.add(number)
          else open.delete(number)
        }
        assert.deepEqual([...answers.sessions()].sort(), [...open].map(String).sort())
      }),
    )
  })

  it('end without a word when the store does not say: the page shall connect again', () => {
    const answers = createOpenAnswers()
    const [stream, download] = [answerOf('a', true), answerOf('a')]
    for (const { answer } of [stream, download]) answers.add(answer)
    answers.end('a', 'unknown')
    assert.deepEqual([stream.done, download.done], [['ended'], []])
  })
})

describe('the end of an event', () => {
  const line = fc.constantFrom('data: 1', 'event: a', ': ping', 'id:', 'é')
  const lineEnd = fc.constantFrom('\n', '\r\n', '\r')

  it('is known wherever the network cuts the stream, for all three spellings of a line end', () => {
    const events = fc.array(fc.tuple(fc.array(line, { minLength: 1, maxLength: 3 }), lineEnd), { maxLength: 4 })
    fc.assert(
      fc.property(events, fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 40 }), (all, sizes) => {
        const texts = all.map(([lines, end]) => lines.map((text) => text + end).join('') + end)
        const stream = Buffer.from(texts.join(''))
        let tail = ''
        let at = 0
        for (const size of [...sizes, stream.length]) {
          const chunk = stream.subarray(at, at + size)
          tail = (tail + chunk.toString('latin1')).slice(-4)
          at = Math.min(stream.length, at + size)
          const before = stream.subarray(0, at).toString('latin1').replaceAll('\r\n', '\n')
          assert.equal(endsAnEvent(tail), before === '' || /(?:\n|\r)(?:\n|\r)$/.test(before))
        }
      }),
    )
  })

  it('is looked for in event streams alone', () => {
    const response = new ServerResponse(new IncomingMessage(new Socket()))
    const end = (...headers: string[]) => eventStreamEnd(response, headers) !== undefined
    assert.ok(end('Content-Type', 'text/event-stream'))
    assert.ok(end('X-A', 'b', 'content-type', 'Text/Event-Stream; charset=utf-8'))
    for (const other of ['text/html', 'text/event-streams', 'application/x-text/event-stream'])
      assert.ok(!end('Content-Type', other), other)
    assert.ok(!end('X-Type', 'text/event-stream', 'Content-Type', 'text/plain'))
    assert.ok(!end())
  })
})
