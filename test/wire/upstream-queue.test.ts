import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { AS_PAGE, assertDressed, startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { eventually } from '../kit/instance.ts'
import { openRaw, type RawAnswer, type RawConnection } from '../kit/raw-http.ts'
import { plainAnswer, startHttpUpstream } from '../kit/upstream.ts'

/** More requests than the application takes: so many are with it, so many wait for so long, and the rest is told (U-10). */

const CONNECTIONS = 3
const QUEUE = 4

/** Of the figures, what is said of an application. */
const figuresOf = async ({ gate }: BehindGate): Promise<Record<string, number>> => {
  const text = await (await fetch(`http://127.0.0.1:${gate.app.adminPort}/metrics`)).text()
  const lines = [...text.matchAll(/^portillon_upstream_(\w+)\{site="[^"]+"\} (\d+)$/gm)]
  return Object.fromEntries(lines.map(([, name = '', value]): [string, number] => [name, Number(value)]))
}

const assertBusy = (answer: RawAnswer): void => {
  assert.deepEqual(
    [answer.status, answer.header('x-portillon'), answer.header('retry-after'), answer.header('cache-control')],
    [503, 'upstream-busy', '30', 'no-store'],
  )
  assertDressed(answer)
}

describe('more requests than the application takes', () => {
  let behind: BehindGate
  let open: RawConnection[] = []
  let held: (() => void)[] = []
  let atOnce = 0
  let most = 0
  let isHolding = true

  before(async () => {
    behind = await startBehindGate({
      patience: { connections: CONNECTIONS, queue: QUEUE, 'queue-time': '1m' },
    })
  })
  beforeEach(() => {
    behind.arrived()
    most = 0
    isHolding = true
    behind.upstream.answerWith(async ({ target }) => {
      most = Math.max(most, (atOnce += 1))
      if (isHolding) await new Promise<void>((letGo) => held.push(letGo))
      atOnce -= 1
      return plainAnswer('200 OK', target)
    })
  })
  const letGo = () => {
    isHolding = false
    for (const go of held) go()
    held = []
  }
  afterEach(async () => {
    letGo()
    for (const connection of open) connection.destroy()
    open = []
    await eventually(async () => (await figuresOf(behind))['running'] === 0, 'all requests have ended')
  })
  after(() => behind.stop())

  const start = async (begin: string, ...headers: readonly string[]): Promise<RawConnection> => {
    const connection = await openRaw(behind.at)
    open.push(connection)
    connection.write(behind.request(begin, behind.signedIn, ...headers))
    return connection
  }
  const figures = async (running: number, waiting: number) => {
    const says = async () => {
      const { running: go, waiting: wait } = await figuresOf(behind)
      return go === running && wait === waiting
    }
    await eventually(says, `${running} with the application and ${waiting} waiting`)
  }
  /** As many as go, and as many as may wait, one after the other. */
  const fill = async (waiting = QUEUE): Promise<RawConnection[]> => {
    const connections: RawConnection[] = []
    for (let nth = 1; nth <= CONNECTIONS + waiting; nth += 1) {
      connections.push(await start(`GET /dcc/${nth}`))
      await figures(Math.min(nth, CONNECTIONS), Math.max(0, nth - CONNECTIONS))
    }
    return connections
  }

  it('U-10: so many go, so many wait and are served in their order; the rest is told at once, as page and JSON', async () => {
    const connections = await fill()
    const french = await behind.askSignedIn('GET /dcc/', ...AS_PAGE)
    assertBusy(french)
    assert.match(french.text, /L’application est très sollicitée|L&#39;application est très sollicitée/)
    assert.match(french.text, /Votre référent RCP/)
    const english = await behind.askSignedIn('GET /dcc/', ...AS_PAGE, 'Accept-Language: en')
    assertBusy(english)
    assert.match(english.text, /The application is very busy/)
    for (const start of ['GET /dcc/', 'POST /dcc/']) {
      const json = await behind.askSignedIn(start, 'Accept: application/json', 'Content-Length: 0')
      assertBusy(json)
      assert.equal((JSON.parse(json.text) as { error: string }).error, 'upstream-busy')
    }
    const line = behind.gate.log.findLast(({ message }) => message === 'request refused')
    assert.deepEqual([line?.fields['error'], line?.fields['detail']], ['upstream-busy', 'queue-full'])

    letGo()
    const answers = await Promise.all(connections.map((connection) => connection.answer()))
    assert.deepEqual(
      answers.map(({ status, text }) => [status, text]),
      answers.map((_, at) => [200, `/dcc/${at + 1}`]),
    )
    assert.deepEqual(
      behind.arrived().map(({ target }) => target),
      answers.map((_, at) => `/dcc/${at + 1}`),
    )
    assert.equal(most, CONNECTIONS)
    assert.equal((await behind.askSignedIn('GET /dcc/')).status, 200)
  })

  it('U-10: a visitor who leaves leaves the queue, makes room, and is never sent', async () => {
    const connections = await fill()
    connections[CONNECTIONS]?.destroy()
    await figures(CONNECTIONS, QUEUE - 1)
    const last = await start('GET /dcc/last')
    await figures(CONNECTIONS, QUEUE)
    letGo()
    assert.equal((await last.answer()).text, '/dcc/last')
    const seen = behind.arrived().map(({ target }) => target)
    assert.ok(!seen.includes(`/dcc/${CONNECTIONS + 1}`), seen.join())
  })

  it('U-10: one that goes and is given up by its visitor makes room for one that waits', async () => {
    const connections = await fill(1)
    connections[0]?.destroy()
    await eventually(() => behind.upstream.requests.length === CONNECTIONS + 1, 'the one that waited')
    assert.equal(behind.upstream.requests.at(-1)?.target, `/dcc/${CONNECTIONS + 1}`)
  })

  it('U-10, U-08: an upload that waits is not read meanwhile, and arrives whole', async () => {
    await fill(0)
    const body = Buffer.alloc(8_000_000, 'x')
    const upload = await start('POST /dcc/upload', `Content-Length: ${body.length}`)
    upload.write(body)
    await figures(CONNECTIONS, 1)
    await new Promise((later) => setTimeout(later, 100))
    assert.ok(upload.socket.writableLength > 0, 'it has been read already')
    letGo()
    assert.equal((await upload.answer()).status, 200)
    assert.equal(behind.arrived().at(-1)?.body.length, body.length)
  })
})

describe('an application that one request keeps busy', () => {
  const QUEUE_TIME = 300

  /** With one request that stays with the application. */
  const startBusy = async (queue: number): Promise<BehindGate> => {
    const behind = await startBehindGate({
      patience: { connections: 1, queue, 'queue-time': `${QUEUE_TIME}ms` },
      site: { 'sign-out': { 'upstream-paths': ['/dcc/logout'] } },
    })
    behind.upstream.answerWith(({ target }) => (target === '/dcc/long' ? null : plainAnswer('200 OK', target)))
    const connection = await openRaw(behind.at)
    connection.write(behind.request('GET /dcc/long', behind.signedIn))
    await behind.upstream.nextRequest()
    behind.arrived()
    return {
      ...behind,
      stop: async () => {
        connection.destroy()
        await behind.stop()
      },
    }
  }

  it('U-10: nobody waits without limit, and what waited too long is never sent', async () => {
    const behind = await startBusy(4)
    try {
      const started = performance.now()
      const form = await openRaw(behind.at)
      form.write(`${behind.request('POST /dcc/form', behind.signedIn, 'Content-Length: 5', ...AS_PAGE)}hello`)
      assertBusy(await form.answer())
      assert.ok(performance.now() - started >= QUEUE_TIME - 50)
      const line = behind.gate.log.findLast(({ message }) => message === 'request refused')
      assert.equal(line?.fields['detail'], 'queue-time')
      form.destroy()
      const [long] = behind.upstream.requests
      assert.equal(long, undefined)
    } finally {
      await behind.stop()
    }
  })

  it('U-10: signing out of the application signs out here, however busy it is', async () => {
    const behind = await startBusy(0)
    try {
      const farewell = await behind.askSignedIn('GET /dcc/logout', ...AS_PAGE)
      assert.deepEqual([farewell.status, farewell.header('location')], [303, '/_portillon/signed-out'])
      assert.equal((await behind.askSignedIn('GET /dcc/', ...AS_PAGE)).status, 302)
    } finally {
      await behind.stop()
    }
  })
})

describe('a rush', () => {
  it('U-10: 800 at once to an application with 5 threads: never more than the cap there, an answer or 503 for each, then calm', async () => {
    let atOnce = 0
    let most = 0
    const application = await startHttpUpstream(async (_request, response) => {
      most = Math.max(most, (atOnce += 1))
      await new Promise((later) => setTimeout(later, 5))
      atOnce -= 1
      response.end('served')
    })
    const behind = await startBehindGate({
      application: application.url,
      patience: { connections: 5, queue: 100, 'queue-time': '5s' },
    })
    try {
      const answers = await Promise.all(Array.from({ length: 800 }, () => behind.askSignedIn('GET /dcc/')))
      const served = answers.filter(({ status, text }) => status === 200 && text === 'served').length
      const told = answers.filter(({ status }) => status === 503)
      assert.equal(served + told.length, answers.length)
      assert.ok(served >= 105, `${served} served`)
      for (const answer of told) assertBusy(answer)
      assert.ok(most <= 5, `${most} at once`)
      assert.deepEqual(await figuresOf(behind), { running: 0, waiting: 0, web_sockets: 0 })
      assert.equal((await behind.askSignedIn('GET /dcc/')).status, 200)
    } finally {
      await behind.stop()
      await application.stop()
    }
  })
})

describe('more WebSockets than the site allows', () => {
  it('U-10: the handshake is answered 503; one that closes makes room', async () => {
    const application = await startHttpUpstream()
    const server = new WebSocketServer({ server: application.server })
    const behind = await startBehindGate({ application: application.url, patience: { 'web-sockets': 2 } })
    const { gate, visitor } = behind
    const headers = { host: gate.host, origin: gate.origin, cookie: visitor.cookieHeader() }
    const connect = () => new WebSocket(`ws://127.0.0.1:${gate.port}/ws`, { headers })
    try {
      const [first, second] = [connect(), connect()]
      await Promise.all([once(first, 'open'), once(second, 'open')])
      const third = connect()
      const [error] = (await once(third, 'error')) as [Error]
      assert.match(error.message, /503/)
      assert.equal((await figuresOf(behind))['web_sockets'], 2)
      assert.equal((await behind.askSignedIn('GET /dcc/')).status, 200)
      first.close()
      await once(first, 'close')
      await eventually(async () => (await figuresOf(behind))['web_sockets'] === 1, 'room for another')
      const fourth = connect()
      await once(fourth, 'open')
      for (const socket of [second, fourth]) socket.terminate()
    } finally {
      server.close()
      await behind.stop()
      await application.stop()
    }
  })
})
