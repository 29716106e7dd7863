import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { AS_PAGE, assertDressed, startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
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
  const chunked = '0\r\n\r\n'
  for (const [name, headers, body] of [
    ['CL.TE', ['Content-Length: 6', 'Transfer-Encoding: chunked'], `${chunked}G`],
    ['TE.CL', ['Transfer-Encoding: chunked', 'Content-Length: 4'], `5c\r\n${SECOND}\r\n${chunked}`],
    ['zero length', ['Content-Length: 0', 'Transfer-Encoding: chunked'], `${chunked}${SECOND}`],
    [
      'lower case',
      ['content-length: 5', 'transfer-encoding: chunked', 'connection: keep-alive'],
      `${chunked}${SECOND}`,
    ],
    ['odd case of the coding', ['Transfer-Encoding: Chunked', 'Content-Length: 5'], `${chunked}${SECOND}`],
    [
      'named away by Connection',
      ['Connection: Content-Length', 'Content-Length: 5', 'Transfer-Encoding: chunked'],
      chunked,
    ],
  ] as const) {
    it(`F-03: both lengths, ${name}: 400, closed, and the second request is never seen`, async () => {
      await assertRefusedOnce(post(...headers) + body + SECOND)
    })
  }

  for (const header of [
    ...['Transfer-Encoding: xchunked', 'Transfer-Encoding: identity', 'Transfer-Encoding: chunked, identity'],
    ...['Transfer-Encoding: chunked;a=b', 'Transfer-Encoding: \u000bchunked', 'Transfer-Encoding:\0chunked'],
    ...['Transfer-Encoding : chunked', 'Transfer-Encoding\t: chunked', ' Transfer-Encoding: chunked'],
    ...['Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', 'X: y\r\n Transfer-Encoding: chunked'],
  ]) {
    it(`F-04: ${JSON.stringify(header)} is 400`, async () => {
      await assertRefusedOnce(post(header) + chunked + SECOND, [400, 501])
    })
  }

  for (const length of [
    '+5',
    '-0',
    '0x5',
    '',
    '5, 5',
    '5, 6',
    '5 5',
    '5\r\nContent-Length: 6',
    '18446744073709551616',
    '1e1',
  ]) {
    it(`F-06: Content-Length ${JSON.stringify(length)} is 400`, async () => {
      await assertRefusedOnce(`${post(`Content-Length: ${length}`)}hello${SECOND}`)
    })
  }

  for (const body of [
    ...[
      '0x5\r\nhello\r\n0\r\n\r\n',
      '+5\r\nhello\r\n0\r\n\r\n',
      '5 \nhello\r\n0\r\n\r\n',
      '5\nhello\n0\n\n',
      '5\rhello\r\n0\r\n\r\n',
    ],
    ...[
      '5\r\nhello0\r\n\r\n',
      '11111111111111111\r\nhello',
      '5;a=\0b\r\nhello\r\n0\r\n\r\n',
      '_5\r\nhello\r\n0\r\n\r\n',
      '\r\n0\r\n\r\n',
    ],
  ]) {
    it(`F-07: the chunk ${JSON.stringify(body)} is 400 once, and the application gets no whole request`, async () => {
      const answers = await behind.untilClosed(post('Transfer-Encoding: chunked') + body + SECOND)
      assert.deepEqual(
        answers.map(({ status }) => status),
        [400],
      )
      assert.deepEqual(
        behind.arrived().map(({ target }) => target),
        [],
      )
    })
  }

  it('F-05: chunks in HTTP/1.0 are not forwarded', async () => {
    const bytes = `POST /public/first HTTP/1.0\r\nHost: ${behind.gate.host}\r\n${behind.signedIn}\r\nTransfer-Encoding: chunked\r\n\r\n`
    await assertRefusedOnce(bytes + chunked + SECOND)
  })

  it('F-08: an endless chunk extension is cut', async () => {
    const answers = await behind.untilClosed(`${post('Transfer-Encoding: chunked')}5;${'x'.repeat(40_000)}`)
    assert.deepEqual(
      answers.map(({ status }) => status),
      [413],
    )
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

describe('methods', () => {
  for (const method of [
    'TRACE',
    'TRACK',
    'PROPFIND',
    'LOCK',
    'PURGE',
    'M-SEARCH',
    'get',
    'Get',
    'FOO',
    'X'.repeat(4_096),
  ]) {
    it(`F-15: ${method.slice(0, 10)} is answered 501 by the gate`, async () => {
      for (const ask of [behind.ask, behind.askSignedIn]) {
        const answer = await ask(`${method} /public/first`)
        assert.equal(answer.status, 501)
        assertDressed(answer, answer.header('strict-transport-security') !== undefined)
      }
      assert.equal(behind.arrived().length, 0)
    })
  }

  it('F-15: CONNECT and the preface of HTTP/2 get an answer and no tunnel', async () => {
    for (const start of ['CONNECT 127.0.0.1:22', 'CONNECT dcc.example.test:443', 'CONNECT /dcc/', 'PRI *']) {
      const [answer, ...more] = await behind.untilClosed(behind.request(start, behind.signedIn) + SECOND)
      assert.ok([400, 405, 501].includes(answer?.status ?? 0), start)
      assert.equal(more.length, 0, start)
    }
    assert.equal(behind.arrived().length, 0)
  })

  it('F-15: a page of the gate says which methods it has', async () => {
    const answer = await behind.ask('DELETE /_portillon/sign-in')
    assert.equal(answer.status, 405)
    assert.equal(answer.header('allow'), 'GET, HEAD, POST')
    assertDressed(answer)
  })

  for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'POST']) {
    it(`${method} with a body arrives as it was sent`, async () => {
      await sendRaw(behind.at, `${behind.request(`${method} /dcc/`, behind.signedIn, 'Content-Length: 5')}hello`)
      const request = behind.onlyArrived()
      assert.equal(request.startLine, `${method} /dcc/ HTTP/1.1`)
      assert.equal(request.text, 'hello')
    })
  }

  it('F-18: an offer of h2c is an ordinary request', async () => {
    const headers = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__']
    assert.equal((await behind.ask('GET /dcc/', ...AS_PAGE, ...headers)).status, 302)
    assert.equal((await behind.askSignedIn('GET /dcc/', ...headers)).status, 200)
    const request = behind.onlyArrived()
    for (const name of ['upgrade', 'http2-settings']) assert.equal(request.header(name), undefined, name)
  })

  it('F-11: Expect is answered by the gate, an unknown one included, and does not travel on', async () => {
    const connection = await openRaw(behind.at)
    connection.write(post('Content-Length: 5', 'Expect: 100-continue'))
    assert.equal((await connection.answer()).status, 100)
    connection.write('hello')
    assert.equal((await connection.answer()).status, 200)
    connection.destroy()
    assert.equal(behind.onlyArrived().header('expect'), undefined)
    const odd = await behind.askSignedIn('GET /dcc/', 'Expect: the-unexpected')
    assert.ok([200, 417].includes(odd.status))
    if (odd.status === 417) assertDressed(odd)
    for (const request of behind.arrived()) assert.equal(request.header('expect'), undefined)
  })
})
