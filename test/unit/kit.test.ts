import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { createManualClock } from '../kit/clock.ts'
import { isListening } from '../kit/ports.ts'
import { runProcess, startProcess } from '../kit/processes.ts'
import { openRaw, sendRaw, sendRawAll, sendRawUntilQuiet } from '../kit/raw-http.ts'
import { plainAnswer, startHttpUpstream, startRawUpstream } from '../kit/upstream.ts'

// What the other tests lean on: a wire tool that corrected something by itself would hide the very fault it looks for.

describe('the raw visitor and the raw upstream', () => {
  it('carry every byte as written, oddities included', async (t) => {
    const upstream = await startRawUpstream()
    t.after(() => upstream.stop())
    const bytes = 'GET /a%2Fb;x?q=\xe9 HTTP/1.1\r\nhost:  A \r\nX_Y: 1\r\nx-y: 1\r\nX-Y : 2\r\n\r\n'
    const answer = await sendRaw(upstream, bytes)
    assert.deepEqual([answer.status, answer.body.toString('latin1')], [200, bytes])
    const request = await upstream.nextRequest()
    assert.deepEqual([request.method, request.target], ['GET', '/a%2Fb;x?q=\xe9'])
    assert.deepEqual(request.headers, [
      ['host', 'A'],
      ['X_Y', '1'],
      ['x-y', '1'],
      ['X-Y ', '2'],
    ])
    assert.deepEqual(request.all('X-Y'), ['1'])
  })

  it('keep pipelined requests apart, with fixed and chunked bodies', async (t) => {
    const upstream = await startRawUpstream(({ target, body }) => plainAnswer('200 OK', `${target}=${body.toString()}`))
    t.after(() => upstream.stop())
    const requests = [
      'POST /1 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc',
      'POST /2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1;x=y\r\nf\r\n0\r\nTrailer: 1\r\n\r\n',
      'GET /3 HTTP/1.1\r\n\r\n',
    ]
    const answers = await sendRawAll(upstream, requests.join(''), 3)
    assert.deepEqual(
      answers.map(({ text }) => text),
      ['/1=abc', '/2=def', '/3='],
    )
    assert.equal(upstream.connections(), 1)
    assert.deepEqual(
      upstream.requests.map(({ raw }) => raw.toString()),
      requests,
    )
  })

  it('decode chunked answers, follow interim ones, and read to the end where no length is announced', async (t) => {
    const upstream = await startRawUpstream(({ target }, socket) => {
      if (target === '/chunked') return 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'
      if (target === '/interim') return `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${plainAnswer('200 OK', 'x')}`
      socket.end('HTTP/1.0 200 OK\r\n\r\nuntil the end')
      return null
    })
    t.after(() => upstream.stop())
    const texts = ['/chunked', '/interim', '/close'].map(
      async (path) => (await sendRaw(upstream, `GET ${path} HTTP/1.1\r\n\r\n`)).text,
    )
    assert.deepEqual(await Promise.all(texts), ['abc', 'x', 'until the end'])
  })

  it('quote what came when the answer breaks off', async (t) => {
    const upstream = await startRawUpstream((_, socket) => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc')
      return null
    })
    t.after(() => upstream.stop())
    await assert.rejects(sendRaw(upstream, 'GET / HTTP/1.1\r\n\r\n'), /connection closed, after: ".*abc"/)
  })

  it('see answers that nobody asked for, and whether the connection was closed', async (t) => {
    const upstream = await startRawUpstream(() => plainAnswer('200 OK', 'one') + plainAnswer('200 OK', 'two'))
    t.after(() => upstream.stop())
    const seen = await sendRawUntilQuiet(upstream, 'GET / HTTP/1.1\r\n\r\n', 100)
    assert.deepEqual([seen.answers.map(({ text }) => text), seen.closed], [['one', 'two'], false])
  })

  it('leave the socket to the test after an upgrade', async (t) => {
    const upstream = await startRawUpstream((_, socket) => {
      socket.on('data', (bytes: Buffer) => socket.write(bytes.toString().toUpperCase()))
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: shout\r\nConnection: Upgrade\r\n\r\n')
      return null
    })
    const visitor = await openRaw(upstream)
    t.after(() => upstream.stop())
    visitor.write('GET / HTTP/1.1\r\nUpgrade: shout\r\nConnection: Upgrade\r\n\r\n')
    assert.equal((await visitor.answer()).status, 101)
    visitor.write('hello')
    await visitor.quiet(100)
    assert.equal(visitor.rest().toString(), 'HELLO')
  })
})

describe('the HTTP upstream', () => {
  it('tells what it received and stops with connections open', async () => {
    const upstream = await startHttpUpstream()
    const answer = await fetch(`${upstream.url}/x?y`, { method: 'POST', body: 'z' })
    const told = (await answer.json()) as { method: string; url: string; body: string }
    assert.deepEqual([told.method, told.url, told.body], ['POST', '/x?y', 'z'])
    assert.equal((await upstream.nextRequest()).body.toString(), 'z')
    await upstream.stop()
    assert.equal(await isListening(upstream.port), false)
  })
})

/** Resolves when the process is gone; one that only waits to be collected by its parent is gone. */
const gone = async (pid: number): Promise<void> => {
  const isAlive = () => {
    try {
      return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    } catch {
      return false
    }
  }
  for (let looks = 0; isAlive(); looks += 1) {
    assert.ok(looks < 100, `process ${pid} lives on`)
    await new Promise((next) => setTimeout(next, 20))
  }
}

describe('processes', () => {
  it('are ended with their children when the test stops them', async () => {
    const running = startProcess('/bin/sh', ['-c', 'sleep 600 & echo child $!; wait'])
    const [, child] = await running.waitFor(/child (\d+)/)
    await running.stop()
    await gone(Number(child))
  })

  it('are ended when the test process ends without stopping them, even by a signal', async () => {
    const kit = JSON.stringify(new URL('../kit/processes.ts', import.meta.url).href)
    const script = `import { startProcess } from ${kit}
      console.log('child', startProcess('/bin/sleep', ['600']).pid)
      if (process.argv[1] === 'throw') throw new Error('lost')
      process.kill(process.pid, 'SIGTERM')`
    for (const end of ['throw', 'signal']) {
      const { stdout, code } = await runProcess(process.execPath, ['--input-type=module', '-e', script, '--', end])
      const child = Number(/child (\d+)/.exec(stdout)?.[1])
      assert.equal(code, end === 'throw' ? 1 : 143)
      await gone(child)
    }
  })

  it('are ended at the end of the test process with those of their children that lead groups of their own', async () => {
    const kit = JSON.stringify(new URL('../kit/processes.ts', import.meta.url).href)
    const script = `import { startProcess } from ${kit}
      const running = startProcess('/bin/sh', ['-c', 'setsid sleep 600 & echo child $!; wait'])
      console.log((await running.waitFor(/child \\d+/))[0])
      await new Promise((next) => setTimeout(next, 100))
      process.exit()`
    const { stdout } = await runProcess(process.execPath, ['--input-type=module', '-e', script])
    await gone(Number(/child (\d+)/.exec(stdout)?.[1]))
  })

  it('quote what was written when they end before they are ready', async () => {
    const running = startProcess('/bin/sh', ['-c', 'echo cannot open the door >&2; exit 3'])
    await assert.rejects(running.waitFor(/ready/), /ended before \/ready\/.*\n.*cannot open the door/)
    assert.deepEqual(await running.ended, { code: 3, signal: null })
  })
})

describe('the manual clock', () => {
  it('stands still until it is moved', () => {
    const clock = createManualClock('2026-01-15T09:00:00Z')
    const start = clock.now()
    clock.advance('10m')
    clock.advance(1)
    assert.equal(clock.now() - start, 600_001)
    clock.set('2025-12-31T23:59:59Z')
    assert.equal(clock.now(), Date.UTC(2025, 11, 31, 23, 59, 59))
    assert.throws(() => clock.advance(-1), RangeError)
  })
})
