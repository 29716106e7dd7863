import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { openRaw } from '../kit/raw-http.ts'
import { plainAnswer } from '../kit/upstream.ts'

/**
 * Bytes that nobody has thought of, from both sides. Whatever happens to that one connection, the process lives (an
 * exception that nobody catches would end this test file) and nothing reaches the application that was not judged.
 */

let behind: BehindGate

before(async () => {
  behind = await startBehindGate({
    patience: { 'first-byte': '1s', idle: '1s' },
    site: {
      rules: [
        { id: 'public', match: { path: '/public/**' }, allow: 'anyone' },
        { id: 'closed', match: { path: '/closed/**' }, allow: 'no-one' },
      ],
    },
  })
})
after(() => behind.stop())

const HANDSHAKE = [
  ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: eA==', 'Origin: https://dcc.example.test'],
]
const METHODS = ['GET', 'GET', 'GET', 'POST', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE', 'get', 'PRI']
const TARGETS = [
  ...[
    '/public/a',
    '/public/..;/closed/',
    '/dcc/',
    '/closed/',
    '/_portillon/sign-in',
    '/_portillon/none',
    '*',
    '//x',
    '/public/%2e%2e/closed',
  ],
  ...['http://dcc.example.test/dcc/', 'a:80', '/\xff', '/dcc/?a=%zz'],
]
const LINES = [
  ...['Host: evil.test', 'X-Remote-User: root', 'x_remote_user: root'],
  ...[
    'Content-Length: 5',
    'Content-Length: 0',
    'Content-Length: x',
    'Transfer-Encoding: chunked',
    'Expect: 100-continue',
    'Expect: x',
  ],
  ...[
    'Connection: close',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Upgrade: h2c',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ],
  ...[
    'Sec-WebSocket-Version: 13',
    'Origin: https://dcc.example.test',
    'Accept: text/html',
    'X: \x01',
    ' folded',
    ':',
    'Cookie: a=1; portillon=x',
  ],
]
const BODIES = [
  '',
  '',
  'hello',
  '5\r\nhello\r\n0\r\n\r\n',
  '5\r\nhel',
  'zz\r\n',
  '0\r\nX-Remote-User: root\r\n\r\n',
  '\x81\x05hello',
  '\r\n\r\n',
  '\0',
]

/** What the gate serves: most of what is sent must be, or nothing behind it is ever tried. */
const served = (signedIn: string) =>
  fc
    .record({
      start: fc.constantFrom(
        'GET /dcc/',
        'GET /public/a',
        'HEAD /dcc/x',
        'POST /dcc/',
        'GET /_portillon/sign-in',
        'GET /closed/',
      ),
      isKnown: fc.boolean(),
      rest: fc.constantFrom(
        ...[
          '\r\n',
          '\r\n',
          'Content-Length: 5\r\n\r\nhello',
          'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
        ],
        ...[
          'Content-Length: 50\r\n\r\nhello',
          'Transfer-Encoding: chunked\r\n\r\n5\r\nhel',
          'Expect: 100-continue\r\nContent-Length: 5\r\n\r\n',
        ],
        `${HANDSHAKE.join('\r\n')}\r\n\r\n`,
      ),
    })
    .map(({ start, isKnown, rest }) => behind.request(start, ...(isKnown ? [signedIn] : [])).slice(0, -2) + rest)

/** What is wrong in one way or in several. */
const odd = (signedIn: string) =>
  fc
    .record({
      method: fc.constantFrom(...METHODS),
      target: fc.constantFrom(...TARGETS),
      version: fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', ''),
      lines: fc.uniqueArray(fc.constantFrom(...LINES, signedIn, signedIn), { maxLength: 4 }),
      body: fc.constantFrom(...BODIES),
    })
    .map(({ method, target, version, lines, body }) =>
      [`${method} ${target} ${version}`, 'Host: dcc.example.test', ...lines, '', body].join('\r\n'),
    )

const message = (signedIn: string) =>
  fc.oneof({ weight: 3, arbitrary: served(signedIn) }, { weight: 1, arbitrary: odd(signedIn) })

const ENDS = ['wait', 'end', 'destroy', 'reset'] as const

/** Writes the pieces one after the other and leaves in the given way. */
const visit = async (pieces: readonly string[], end: (typeof ENDS)[number]): Promise<void> => {
  const connection = await openRaw(behind.at)
  for (const piece of pieces) {
    connection.write(piece)
    await new Promise((turn) => setImmediate(turn))
  }
  if (end === 'wait') await connection.quiet(15)
  else if (end === 'end') connection.socket.end()
  else if (end === 'reset') connection.socket.resetAndDestroy()
  connection.destroy()
}

const assertNothingUnjudged = (): void => {
  for (const { target, raw } of behind.arrived()) {
    assert.doesNotMatch(target, /closed|_portillon|^\*|^a:|^http/)
    assert.doesNotMatch(raw.toString('latin1').split('\r\n\r\n')[0] ?? '', /root/)
  }
}

describe('O-08: any bytes', () => {
  it('from visitors', async () => {
    behind.upstream.answerWith(() => plainAnswer('200 OK', 'of the application'))
    await fc.assert(
      fc.asyncProperty(
        fc.array(message(behind.signedIn), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 400 }),
        fc.constantFrom(...ENDS),
        async (messages, cut, end) => {
          const bytes = messages.join('')
          await visit([bytes.slice(0, cut), bytes.slice(cut)], end)
          assertNothingUnjudged()
        },
      ),
      { numRuns: 500 },
    )
    assert.equal((await behind.askSignedIn('GET /dcc/')).status, 200)
  })

  it('from an application', async () => {
    const START = [
      'HTTP/1.1 200 OK',
      'HTTP/1.1 204 No Content',
      'HTTP/1.1 304 x',
      'HTTP/1.1 101 Switching Protocols',
      'HTTP/1.0 200',
    ]
    const HEADERS = [
      ...[
        'Content-Length: 5',
        'Content-Length: 3',
        'Transfer-Encoding: chunked',
        'Connection: close',
        'Connection: Upgrade',
        'Upgrade: websocket',
      ],
      ...[
        'Set-Cookie: portillon=x',
        'Location: http://127.0.0.1/',
        'X: \xe9',
        'X: \x01',
        'Content-Type: text/html',
        'Trailer: X',
        'Content-Encoding: gzip',
      ],
    ]
    const answer = fc
      .record({
        start: fc.constantFrom(
          'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK',
          'HTTP/1.1 103 x',
          'HTTP/9 2',
          'HTTP/1.1 200 \xc3\xa9',
          ...START,
          ...START,
        ),
        headers: fc.uniqueArray(fc.constantFrom(...HEADERS), { maxLength: 5 }),
        body: fc.constantFrom(...BODIES),
        length: fc.integer({ min: 0, max: 300 }),
        end: fc.constantFrom(...ENDS),
      })
      .map(({ start, headers, body, length, end }) => ({
        bytes: Buffer.from([start, ...headers, '', body].join('\r\n'), 'latin1').subarray(0, 300 - length),
        end,
      }))
    await fc.assert(
      fc.asyncProperty(answer, fc.boolean(), fc.constantFrom(...ENDS), async ({ bytes, end }, isHandshake, leave) => {
        behind.upstream.answerWith((_request, socket) => {
          socket.write(bytes)
          if (end === 'end') socket.end()
          else if (end === 'destroy') socket.destroy()
          else if (end === 'reset') socket.resetAndDestroy()
          return null
        })
        const headers = [behind.signedIn, ...(isHandshake ? HANDSHAKE : [])]
        await visit([behind.request('GET /dcc/', ...headers)], leave)
        behind.arrived()
      }),
      { numRuns: 300 },
    )
    behind.upstream.answerWith(() => plainAnswer('200 OK', 'of the application'))
    assert.equal((await behind.askSignedIn('GET /dcc/')).status, 200)
  })
})
