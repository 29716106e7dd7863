import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { AS_PAGE, startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { listen } from '../kit/ports.ts'
import { openRaw, sendRaw } from '../kit/raw-http.ts'
import { plainAnswer } from '../kit/upstream.ts'

/** What passes the gate passes unchanged: addresses, bodies, answers, and the moments at which they come and go. */

let behind: BehindGate

before(async () => {
  behind = await startBehindGate()
})

beforeEach(() => {
  behind.arrived()
  behind.upstream.answerWith(() => plainAnswer('200 OK', 'of the application'))
})

after(() => behind.stop())

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

const oneOf = (characters: string) => fc.constantFrom(...characters.split(/(?:)/u))
const UNRESERVED = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~'
/** RFC 3986 pchar without `.` and `;`, which have rows of their own; the escapes are those of texts, not of delimiters. */
const pathCharacter = fc.oneof(
  { weight: 8, arbitrary: oneOf(UNRESERVED) },
  { weight: 2, arbitrary: oneOf("!$&'()*+,=:@") },
  {
    weight: 1,
    arbitrary: fc.constantFrom('%20', '%C3%A9', '%c3%a9', '%E2%82%AC', '%22', '%3C', '%7C', '%3F', '%23', '%41'),
  },
)
const segment = fc
  .array(pathCharacter, { minLength: 1, maxLength: 12 })
  .chain((characters) =>
    fc.constantFrom('', '.jsp', '.do', '.x.y', ';jsessionid=0A.n1').map((end) => characters.join('') + end),
  )
const path = fc.array(segment, { minLength: 1, maxLength: 5 }).map((segments) => `/${segments.join('/')}`)
const queryCharacter = fc.oneof(
  fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  fc.integer({ min: 0, max: 255 }).map((byte) => `%${byte.toString(16).padStart(2, '0')}`),
)
const query = fc
  .array(queryCharacter, { maxLength: 40 })
  .map((characters) => characters.join('').replaceAll('#', '%23'))
const deepLink = fc.tuple(path, query).map(([before, after]) => (after === '' ? before : `${before}?${after}`))

describe('deep links', () => {
  it('keep every byte of path and query on the way to the application', async () => {
    await fc.assert(
      fc.asyncProperty(deepLink, async (link) => {
        assert.equal((await behind.askSignedIn(`GET ${link}`)).status, 200)
        assert.equal(behind.onlyArrived().target, link)
      }),
      { numRuns: 300 },
    )
  })

  it('keep every byte over the sign-in', async () => {
    await fc.assert(
      fc.asyncProperty(deepLink, async (link) => {
        const challenged = await behind.ask(`GET ${link}`, ...AS_PAGE)
        assert.equal(challenged.status, 302)
        // Whoever is signed in meanwhile is sent on at once, which is what the end of a sign-in does too.
        const page = await behind.askSignedIn(`GET ${challenged.header('location') ?? ''}`, ...AS_PAGE)
        assert.equal(page.status, 303)
        assert.equal(page.header('location'), link)
      }),
      { numRuns: 200 },
    )
    assert.equal(behind.arrived().length, 0)
  })

  it('may be as long as a target may be', async () => {
    const link = `/dcc/rapport?${'x'.repeat(8_000)}`
    const challenged = await behind.ask(`GET ${link}`, ...AS_PAGE)
    assert.equal(challenged.status, 302)
    const location = challenged.header('location') ?? ''
    assert.equal((await behind.ask(`GET ${location}`, ...AS_PAGE)).status, 200)
    assert.equal((await behind.askSignedIn(`GET ${location}`, ...AS_PAGE)).header('location'), link)
  })
})

describe('what is sent to the application', () => {
  const big = randomBytes(5_000_000)
  for (const [what, type, body] of [
    ['5 MB', 'application/octet-stream', big],
    ['a gzip stream', 'application/x-gzip', gzipSync(big.subarray(0, 100_000))],
    [
      'a form in ISO-8859-1',
      'application/x-www-form-urlencoded; charset=ISO-8859-1',
      Buffer.from('nom=Zo\xe9+\x9cuvrard&x=%E9', 'latin1'),
    ],
    [
      'a multipart with line ends in values',
      'multipart/form-data; boundary=b',
      Buffer.from('--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n\n\r\r\n--b--\r\n'),
    ],
    ['nothing', 'text/plain', Buffer.alloc(0)],
  ] as const) {
    it(`W-14: ${what} arrives byte for byte, with its length and in chunks`, async () => {
      for (const framing of [`Content-Length: ${body.length}`, 'Transfer-Encoding: chunked']) {
        const head = behind.request('POST /dcc/upload', behind.signedIn, `Content-Type: ${type}`, framing)
        const chunks = [body.subarray(0, 7), body.subarray(7, 1_000), body.subarray(1_000)]
          .filter(({ length }) => length > 0)
          .flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)};ext=1\r\n`), chunk, Buffer.from('\r\n')])
        const sent = framing.startsWith('C') ? [body] : [...chunks, Buffer.from('0\r\n\r\n')]
        const answer = await sendRaw(behind.at, Buffer.concat([Buffer.from(head, 'latin1'), ...sent]))
        assert.equal(answer.status, 200)
        const request = behind.onlyArrived()
        assert.equal(sha256(request.body), sha256(body))
        assert.equal(request.header('content-type'), type)
        if (framing.startsWith('C')) assert.equal(request.header('content-length'), String(body.length))
      }
    })
  }

  it('W-14: headers keep their spelling, order and repetition', async () => {
    const lines = [
      'X-B: 1',
      'x-a: 2',
      'X-B: 3',
      'If-None-Match: W/"x"',
      'Range: bytes=0-1',
      'Accept: */*',
      'X-L: \xe9\xfc',
    ]
    await behind.askSignedIn('GET /dcc/', ...lines)
    const { headers } = behind.onlyArrived()
    const names = new Set(lines.map((line) => line.split(':', 1)[0]))
    assert.deepEqual(
      headers.filter(([name]) => names.has(name)).map(([name, value]) => `${name}: ${value}`),
      lines,
    )
  })

  it('does not wait for the whole upload before the application sees its beginning', async () => {
    const connection = await openRaw(behind.at)
    const first = new Promise<string>((seen) => {
      behind.upstream.answerWith(({ text }) => {
        seen(text)
        return plainAnswer('200 OK', '')
      })
    })
    connection.write(`${behind.request('POST /dcc/', behind.signedIn, 'Content-Length: 10')}hello`)
    await connection.quiet(50)
    assert.equal(behind.upstream.connections() > 0, true)
    connection.write('world')
    assert.equal(await first, 'helloworld')
    connection.destroy()
  })

  it('U-05: an answer that comes before the upload is over reaches the visitor', async () => {
    // The recorder waits for whole requests; this application does not.
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy())
      socket.once('data', () => socket.write(plainAnswer('413 Content Too Large', 'too large')))
    })
    const port = await listen(server)
    const early = await startBehindGate({ application: `http://127.0.0.1:${port}` })
    try {
      const connection = await openRaw(early.at)
      connection.write(early.request('POST /dcc/', early.signedIn, 'Content-Length: 50000000'))
      connection.write(Buffer.alloc(200_000))
      const answer = await connection.answer()
      assert.deepEqual([answer.status, answer.text], [413, 'too large'])
      connection.destroy()
    } finally {
      await early.stop()
      server.close()
    }
  })
})

const answerRaw = (...lines: readonly string[]) => `${lines.join('\r\n')}\r\n\r\n`

describe('what comes back from the application', () => {
  const big = randomBytes(5_000_000)
  for (const [what, coding, body] of [
    ['5 MB', 'identity', big],
    ['gzip', 'gzip', gzipSync(big.subarray(0, 100_000))],
    ['raw ISO-8859-1', 'identity', Buffer.from('Zo\xe9 \x9cuvrard', 'latin1')],
    ['one byte', 'identity', Buffer.from([0])],
  ] as const) {
    it(`W-15: ${what} comes back byte for byte, by length, in chunks and until the end`, async () => {
      const head = ['HTTP/1.1 200 OK', `Content-Encoding: ${coding}`, 'Content-Type: application/octet-stream']
      for (const framing of [`Content-Length: ${body.length}`, 'Transfer-Encoding: chunked', 'Connection: close']) {
        const chunks = [Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]
        const bytes = Buffer.concat([
          Buffer.from(answerRaw(...head, framing)),
          ...(framing.startsWith('T') ? chunks : [body]),
        ])
        behind.upstream.answerWith((_request, socket) => {
          if (!framing.endsWith('close')) return bytes
          socket.end(bytes)
          return null
        })
        const answer = await behind.askSignedIn('GET /dcc/')
        assert.equal(answer.status, 200)
        assert.equal(sha256(answer.body), sha256(body))
        assert.equal(answer.header('content-encoding'), coding)
        assert.equal(
          answer.header('content-length'),
          framing.startsWith('C') && !framing.endsWith('close') ? String(body.length) : undefined,
        )
      }
    })
  }

  it('W-15: headers keep their spelling, order, repetition and bytes', async () => {
    const lines = [
      ...['Content-Type: text/html; charset=ISO-8859-1', 'X-Name: Zo\xe9', 'x-gwt: 1', 'X-Name: 2', 'ETag: W/"x"'],
      'Content-Disposition: attachment; filename="R\xe9sum\xe9.pdf"',
      ...['Date: Mon, 01 Jan 2029 00:00:00 GMT', 'Last-Modified: Mon, 01 Jan 2029 00:00:00 GMT', 'Pragma: x'],
      ...[
        'WWW-Authenticate: Basic realm="a, b"',
        'www-authenticate: Digest',
        "Content-Security-Policy: default-src 'self'",
      ],
    ]
    behind.upstream.answerWith(() => answerRaw('HTTP/1.1 200 Tr\xc3\xa8s bien', ...lines, 'Content-Length: 0'))
    const answer = await behind.askSignedIn('GET /dcc/')
    assert.equal(answer.startLine, 'HTTP/1.1 200 Tr\xc3\xa8s bien')
    const told = answer.headers.map(([name, value]) => `${name}: ${value}`)
    assert.deepEqual(
      told.filter((line) => lines.includes(line)),
      lines,
    )
  })

  for (const [what, start, bytes, status, length] of [
    [
      'the answer to HEAD with its length',
      'HEAD /dcc/',
      answerRaw('HTTP/1.1 200 OK', 'Content-Length: 12345'),
      200,
      '12345',
    ],
    [
      'the answer to HEAD without',
      'HEAD /dcc/',
      answerRaw('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'),
      200,
      undefined,
    ],
    ['204', 'GET /dcc/', answerRaw('HTTP/1.1 204 No Content', 'ETag: "x"'), 204, undefined],
    ['304', 'GET /dcc/', answerRaw('HTTP/1.1 304 Not Modified', 'ETag: "x"', 'Content-Length: 99'), 304, '99'],
    ['205', 'POST /dcc/', answerRaw('HTTP/1.1 205 Reset Content', 'Content-Length: 0'), 205, '0'],
    [
      '206',
      'GET /dcc/',
      `${answerRaw('HTTP/1.1 206 Partial Content', 'Content-Range: bytes 0-1/9', 'Content-Length: 2')}ab`,
      206,
      '2',
    ],
    [
      'an answer behind 103',
      'GET /dcc/',
      answerRaw('HTTP/1.1 103 Early Hints', 'Link: </a>') + answerRaw('HTTP/1.1 200 OK', 'Content-Length: 0'),
      200,
      '0',
    ],
    ['an error of the application', 'GET /dcc/', plainAnswer('500 Oops', 'its own page'), 500, '12'],
    [
      '401 of the application',
      'GET /dcc/',
      answerRaw('HTTP/1.1 401 Unauthorized', 'WWW-Authenticate: Basic', 'Content-Length: 0'),
      401,
      '0',
    ],
  ] as const) {
    it(`W-15: ${what} keeps its meaning, and the connection goes on`, async () => {
      behind.upstream.answerWith(() => bytes)
      const connection = await openRaw(behind.at)
      try {
        for (let round = 0; round < 2; round += 1) {
          const isPost = start.startsWith('POST')
          connection.write(behind.request(start, behind.signedIn, ...(isPost ? ['Content-Length: 0'] : [])))
          let answer = await connection.answer(start.split(' ', 1)[0])
          if (answer.status === 103) answer = await connection.answer()
          assert.equal(answer.status, status)
          assert.equal(answer.header('content-length'), length)
          assert.equal(answer.header('transfer-encoding'), undefined)
          assert.equal(answer.header('x-portillon'), undefined)
        }
        await connection.quiet(30)
        assert.equal(connection.rest().length, 0)
      } finally {
        connection.destroy()
      }
    })
  }

  it('W-15: a visitor of HTTP/1.0 gets an answer of unknown length without chunks, to its end', async () => {
    behind.upstream.answerWith(
      () => `${answerRaw('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}2\r\nab\r\n0\r\n\r\n`,
    )
    const answer = await behind.send(`GET /dcc/ HTTP/1.0\r\nHost: ${behind.gate.host}\r\n${behind.signedIn}\r\n\r\n`)
    assert.deepEqual([answer.status, answer.text, answer.header('transfer-encoding')], [200, 'ab', undefined])
  })
})
