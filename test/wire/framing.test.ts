import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { AS_PAGE, assertDressed, startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { framingVectors } from '../kit/framing-vectors.ts'
import { openRaw, sendRaw } from '../kit/raw-http.ts'
import { plainAnswer } from '../kit/upstream.ts'

/** Where one message ends and the next begins, and what is too large or unknown to be read at all. */

let behind: BehindGate

before(async () => {
  behind = await startBehindGate({
    site: { rules: [{ id: 'public', match: { path: '/public/**' }, allow: 'anyone' }] },
  })
})

beforeEach(() => {
  behind.arrived()
  behind.upstream.answerWith(() => plainAnswer('200 OK', 'of the application'))
})

after(() => behind.stop())

const SECOND = 'GET /public/smuggled HTTP/1.1\r\nHost: dcc.example.test\r\n\r\n'

/** Sends bytes and expects one refusal, the connection closed after it, and nothing at the application. */
const assertRefusedOnce = async (bytes: string, statuses: readonly number[] = [400]): Promise<void> => {
  const [answer, ...more] = await behind.untilClosed(bytes)
  assert.ok(statuses.includes(answer?.status ?? 0), answer?.startLine)
  assert.equal(more.length, 0, 'more answers')
  const reached = behind.arrived().filter(({ target }) => target.includes('smuggled') || target.includes('first'))
  assert.deepEqual(reached, [])
}

const post = (...headers: readonly string[]) => behind.request('POST /public/first', behind.signedIn, ...headers)

describe('two readings of where a request ends', () => {
  for (const { row, name, version = '1.1', headers, body } of framingVectors(SECOND)) {
    it(`${row}: ${name}: refused once, closed, and the second request is never seen`, async () => {
      const bytes = post(...headers).replace('HTTP/1.1', `HTTP/${version}`)
      await assertRefusedOnce(bytes + body + SECOND, row === 'F-04' ? [400, 501] : [400])
    })
  }

  it('F-03, F-04, F-06: nor is it served when a connection to the application is free at that very moment', async () => {
    // Node goes on reading a segment after it has ended its connection.
    for (const { name, version = '1.1', headers, body } of framingVectors(SECOND)) {
      assert.equal((await behind.askSignedIn('GET /dcc/')).status, 200)
      behind.arrived()
      await assertRefusedOnce(post(...headers).replace('HTTP/1.1', `HTTP/${version}`) + body + SECOND, [400, 501])
      assert.equal((await behind.askSignedIn('GET /dcc/last')).status, 200)
      assert.deepEqual(
        behind.arrived().map(({ target }) => target),
        ['/dcc/last'],
        name,
      )
    }
  })

  it('F-13, W-01: neither is a handshake behind a refused request', async () => {
    const upgrade = [
      ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Origin: https://dcc.example.test'],
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ]
    for (const headers of [['Transfer-Encoding: gzip, chunked'], ['Transfer-Encoding: identity, chunked']]) {
      const refused = `${post(...headers)}5\r\nhello\r\n0\r\n\r\n`
      await assertRefusedOnce(refused + behind.request('GET /public/smuggled', behind.signedIn, ...upgrade))
      await assertRefusedOnce(refused + behind.request('CONNECT dcc.example.test:80', behind.signedIn))
    }
    assert.equal((await behind.askSignedIn('GET /dcc/last')).status, 200)
    assert.deepEqual(
      behind.arrived().map(({ target }) => target),
      ['/dcc/last'],
    )
  })

  it('F-04, F-06: what has one reading is served, whatever it looks like', async () => {
    for (const [headers, body] of [
      [['transfer-encoding:CHUNKED'], '5\r\nhello\r\n0\r\n\r\n'],
      [['Transfer-Encoding: \tchunked \t'.trimEnd()], '00005;a="b, c";d\r\nhello\r\n000\r\nX: y\r\n\r\n'],
      [['Content-Length:5'], 'hello'],
      [['Content-Length: \t 5'], 'hello'],
    ] as const) {
      const answers = await behind.onlyAnswers(post(...headers) + body + SECOND, 2)
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200],
      )
      assert.deepEqual(
        behind.arrived().map(({ target, text }) => [target, text]),
        [
          ['/public/first', 'hello'],
          ['/public/smuggled', ''],
        ],
      )
    }
  })

  it('F-10: a GET with a body is one request, and what stands in its body is none', async () => {
    for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS']) {
      const bytes = `${behind.request(`${method} /public/first`, behind.signedIn, `Content-Length: ${SECOND.length}`)}${SECOND}`
      const connection = await openRaw(behind.at)
      connection.write(bytes)
      assert.equal((await connection.answer(method)).status, 200)
      await connection.quiet(30)
      assert.equal(connection.rest().length, 0)
      connection.destroy()
      assert.deepEqual(
        behind.arrived().map(({ target, text }) => [target, text]),
        [['/public/first', SECOND]],
      )
    }
  })

  it('F-08: a chunk extension of 50 MB, sent slowly, is cut at a small limit, and nothing of it is kept', async () => {
    const connection = await openRaw(behind.at)
    connection.write(`${post('Transfer-Encoding: chunked')}5;`)
    const piece = 'x'.repeat(4_096)
    let sent = 0
    while (sent < 50_000_000 && !(await connection.closed(5))) {
      connection.write(piece)
      sent += piece.length
    }
    assert.ok(sent < 1_000_000, `${sent} bytes were taken`)
    assert.equal((await connection.answer()).status, 413)
    connection.destroy()
    assert.deepEqual(behind.arrived(), [])
  })

  it('F-10: the body of a refused request is never read as another request', async () => {
    const body = SECOND
    for (const start of ['POST /dcc/', 'POST /a%2fb', 'POST /_portillon/sign-in', 'POST /_portillon/none']) {
      const bytes = behind.request(start, `Content-Length: ${body.length}`) + body
      const [answer] = await behind.onlyAnswers(bytes, 1)
      assert.ok([303, 400, 401, 403, 404].includes(answer?.status ?? 0), `${start}: ${answer?.status ?? 0}`)
    }
    assert.equal(behind.arrived().length, 0)
  })

  it('F-13: six requests in one segment are judged one by one and answered in order', async () => {
    const mine = (path: string) => behind.request(`GET ${path}`, behind.signedIn)
    const bytes =
      ['/public/1', '/dcc/2', '/a%2fb', '/_portillon/none', '/dcc/5'].map(mine).join('') + behind.request('GET /dcc/6')
    // The answer to a doubtful path ends the connection.
    const answers = await behind.untilClosed(bytes)
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 400],
    )
    const rest = await behind.onlyAnswers(mine('/dcc/5') + behind.request('GET /dcc/6') + mine('/dcc/7'), 3)
    assert.deepEqual(
      rest.map(({ status }) => status),
      [200, 302, 200],
    )
  })
})

describe('what is sent ahead of its turn', () => {
  const first = () => behind.request('GET /dcc/slow', behind.signedIn)
  const handshake = [
    ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Origin: https://dcc.example.test'],
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ]
  for (const [what, second] of [
    ['a handshake', () => behind.request('GET /dcc/ws', behind.signedIn, ...handshake)],
    ['a CONNECT', () => behind.request('CONNECT dcc.example.test:443', behind.signedIn)],
    ['noise', () => 'noise\r\n\r\n'],
    ['a broken request', () => behind.request('GET /dcc/', 'X-Remote-User : root')],
  ] as const) {
    it(`F-13, O-08: ${what} behind a request under way: that one is answered, nothing else, and the gate goes on`, async () => {
      behind.upstream.answerWith(async () => {
        await new Promise((later) => setTimeout(later, 30))
        return plainAnswer('200 OK', 'slow')
      })
      const answers = await behind.untilClosed(first() + second())
      assert.deepEqual(
        answers.map(({ status, text }) => [status, text]),
        [[200, 'slow']],
      )
      assert.deepEqual(
        behind.arrived().map(({ target }) => target),
        ['/dcc/slow'],
      )
      assert.equal((await behind.ask('GET /public/first')).status, 200)
    })
  }

  it('O-08: a visitor who leaves with a handshake behind a request under way takes nothing with them', async () => {
    behind.upstream.answerWith(() => null)
    const connection = await openRaw(behind.at)
    connection.write(first() + behind.request('GET /dcc/ws', behind.signedIn, ...handshake))
    await behind.upstream.nextRequest()
    connection.socket.resetAndDestroy()
    behind.upstream.answerWith(() => plainAnswer('200 OK', 'of the application'))
    assert.equal((await behind.ask('GET /public/first')).status, 200)
  })
})

describe('more headers than a parser looks at', () => {
  const many = (count: number) => Array.from({ length: count }, (_, at) => `a${at}: 1`)

  it('H-07: an identity header or a session behind 2,005 others: 431, and the application sees nothing', async () => {
    for (const last of ['X-Remote-User: root', behind.signedIn, 'Host: evil.test']) {
      const answer = await behind.ask('GET /public/first', ...many(2_005), last)
      assert.ok([400, 431].includes(answer.status), `${answer.status}`)
      // Of a request with two hosts nobody knows whether its site is an https one.
      assertDressed(answer, answer.status === 431)
    }
    assert.equal(behind.arrived().length, 0)
  })

  it('F-02: a length behind 2,005 headers hides no second request', async () => {
    for (const last of [`Content-Length: ${SECOND.length}`, 'Transfer-Encoding: chunked']) {
      const bytes = behind.request('GET /public/first', ...many(2_005), last) + SECOND
      const connection = await openRaw(behind.at)
      connection.write(bytes)
      assert.equal((await connection.answer()).status, 431)
      await connection.quiet(50)
      // What cannot be read as chunks may be refused once more; what hides there is never served.
      assert.match(connection.rest().toString('latin1'), /^(?:HTTP\/1\.1 400 [^]*)?$/)
      assert.deepEqual(behind.arrived(), [])
      connection.destroy()
    }
  })

  it('H-07: 150 headers pass whole', async () => {
    await behind.askSignedIn('GET /dcc/', ...many(150))
    assert.equal(behind.onlyArrived().headers.filter(([name]) => /^a\d+$/.test(name)).length, 150)
  })
})

describe('what is too large', () => {
  const BIG = 'x'.repeat(65_536)

  for (const [name, start, headers, status] of [
    ['a header of 64 kB', 'GET /public/first', [`X: ${BIG}`], 431],
    ['a cookie of 64 kB', 'GET /public/first', [`Cookie: a=${BIG}`], 431],
    [
      '1,600 bytes in each of 40 cookies',
      'GET /public/first',
      Array.from({ length: 40 }, (_, at) => `Cookie: c${at}=${BIG.slice(0, 1_600)}`),
      431,
    ],
    ['a request line of 64 kB', `GET /public/${BIG}`, [], 431],
    ['a target of 9 kB', `GET /public/first?${BIG.slice(0, 9_000)}`, [], 414],
    ['a path of 9 kB', `GET /${BIG.slice(0, 9_000)}`, [], 414],
  ] as const) {
    it(`F-22: ${name} is ${status} with a readable page, and the next connection is fine`, async () => {
      const before = behind.gate.log.length
      const answer = await behind.ask(start, ...AS_PAGE, ...headers)
      assert.equal(answer.status, status)
      assert.equal(answer.header('content-type'), 'text/html; charset=utf-8')
      assert.match(answer.text, /<h1\b/)
      assert.equal(Number(answer.header('content-length')), answer.body.length)
      assertDressed(answer, status === 414)
      const line = behind.gate.log.slice(before).find(({ message }) => message === 'request refused')
      const reference = String(line?.fields['reference'])
      assert.match(reference, /^[A-Z0-9]{6}-[A-Z0-9]{5}$/)
      assert.ok(answer.text.includes(reference), 'the reference of the log is not on the page')
      assert.equal(behind.arrived().length, 0)
      assert.equal((await behind.ask('GET /public/first')).status, 200)
    })
  }

  it('F-22: 16 kB of cookies are an ordinary request', async () => {
    const cookies = Array.from({ length: 40 }, (_, at) => `c${at}=${BIG.slice(0, 400)}`).join('; ')
    await behind.ask('GET /public/first', `Cookie: ${cookies}`)
    assert.equal(behind.onlyArrived().header('cookie'), cookies)
  })
})

describe('what is no request at all', () => {
  for (const [name, bytes] of [
    ['noise', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['a future version', 'GET / HTTP/1.2\r\nHost: dcc.example.test\r\n\r\n'],
    ['HTTP/2 in text', 'GET / HTTP/2.0\r\nHost: dcc.example.test\r\n\r\n'],
    ['no version', 'GET /\r\n\r\n'],
    ['no version and a Host', 'GET /public/x\r\nHost: dcc.example.test\r\n\r\n'],
    ['a version of three digits', 'GET / HTTP/1.10\r\nHost: dcc.example.test\r\n\r\n'],
    ['LF alone', 'GET / HTTP/1.1\nHost: dcc.example.test\n\n'],
    ['a blank before the first header', 'GET / HTTP/1.1\r\n X: a\r\nHost: dcc.example.test\r\n\r\n'],
    ['a blank before the colon', 'GET / HTTP/1.1\r\nHost: dcc.example.test\r\nX : a\r\n\r\n'],
    ['the byte 0x85 in a name', 'GET / HTTP/1.1\r\nHost: dcc.example.test\r\nX\u0085: a\r\n\r\n'],
    ['a line without a colon', 'GET / HTTP/1.1\r\nHost: dcc.example.test\r\nX\r\n\r\n'],
    ['AJP', '\x12\x34\x00\x05\x02\x02\x00\x08HTTP/1.1'],
    ['a bare CR in a value', 'GET / HTTP/1.1\r\nHost: dcc.example.test\r\nX: a\rb\r\n\r\n'],
    ['an obsolete fold', 'GET / HTTP/1.1\r\nHost: dcc.example.test\r\nX: a\r\n b\r\n\r\n'],
    ['no name before the colon', 'GET / HTTP/1.1\r\nHost: dcc.example.test\r\n: a\r\n\r\n'],
    ['NUL in a value', 'GET / HTTP/1.1\r\nHost: dcc.example.test\r\nX: a\0b\r\n\r\n'],
    ['an odd end of the headers', 'GET / HTTP/1.1\r\nHost: dcc.example.test\r\n\rX\r\n\r\n'],
  ] as const) {
    it(`F-09, F-20: ${name}: a dressed page with a reference, then the end`, async () => {
      const before = behind.gate.log.length
      const [answer, ...more] = await behind.untilClosed(bytes)
      assert.equal(more.length, 0)
      assert.ok(answer !== undefined && [400, 501, 505].includes(answer.status), answer?.startLine)
      assertDressed(answer, false)
      const line = behind.gate.log.slice(before).find(({ message }) => message === 'request refused')
      assert.ok(answer.text.includes(String(line?.fields['reference'])))
      assert.equal(answer.header('x-portillon'), line?.fields['error'])
      assert.equal(line?.fields['address'], '127.0.0.1')
      assert.equal(behind.arrived().length, 0)
    })
  }

  it('H-08: trailers end at the gate', async () => {
    const trailers = 'X-Remote-User: root\r\nAuthorization: x\r\nHost: evil.test\r\nCookie: a=1\r\n'
    const start = `${post('Transfer-Encoding: chunked', 'Trailer: X-Remote-User')}5\r\nhello\r\n0\r\n${trailers}`
    assert.equal((await sendRaw(behind.at, `${start}\r\n`)).status, 200)
    const request = behind.onlyArrived()
    assert.equal(request.text, 'hello')
    assert.doesNotMatch(request.raw.toString('latin1'), /root|evil|a=1|trailer/i)
    assert.equal((await sendRaw(behind.at, `${start}Content-Length: 5\r\n\r\n`)).status, 400)
    assert.equal(behind.arrived().length, 0)
  })
})
