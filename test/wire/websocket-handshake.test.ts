import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { assertDressed, startBehindGate, verifyAssertion, type BehindGate } from '../kit/behind-gate.ts'
import { openRaw, type RawAnswer } from '../kit/raw-http.ts'
import { plainAnswer } from '../kit/upstream.ts'

/** Who may open a WebSocket, from where, and what the application receives of the handshake. */

const HANDSHAKE = [
  ...['Connection: keep-alive, Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]
const OURS = 'Origin: https://dcc.example.test'
const SWITCHED = [
  'HTTP/1.1 101 Switching Protocols',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'X-Of: application',
  '',
  '',
].join('\r\n')

describe('the handshake of a WebSocket', () => {
  let behind: BehindGate

  before(async () => {
    behind = await startBehindGate({
      site: {
        rules: [
          {
            id: 'partner',
            match: { path: '/partner/**' },
            allow: 'signed-in',
            origins: ['https://partner.example.test'],
          },
          { id: 'public', match: { path: '/public/**' }, allow: 'anyone' },
          { id: 'closed', match: { path: '/closed/**' }, allow: 'no-one' },
        ],
      },
      patience: { 'first-byte': '2s' },
    })
  })
  beforeEach(() => {
    behind.arrived()
    // What comes after the switch is given back.
    behind.upstream.answerWith((_request, socket) => {
      socket.write(SWITCHED)
      socket.on('data', (bytes: Buffer) => socket.write(bytes))
      return null
    })
  })
  after(() => behind.stop())

  /** Sends a handshake and gives the answer; nothing may follow a refusal. */
  const handshake = async (path: string, ...headers: readonly string[]): Promise<RawAnswer> => {
    const connection = await openRaw(behind.at)
    try {
      connection.write(behind.request(`GET ${path}`, ...HANDSHAKE, ...headers))
      const answer = await connection.answer()
      if (answer.status !== 101) assert.ok(await connection.closed(), 'the connection stays open after a refusal')
      return answer
    } finally {
      connection.destroy()
    }
  }

  it('loses nothing that the application says in one breath with the switch', async () => {
    behind.upstream.answerWith((_request, socket) => {
      socket.write(`${SWITCHED}welcome`)
      return null
    })
    const connection = await openRaw(behind.at)
    connection.write(behind.request('GET /public/ws', ...HANDSHAKE, OURS))
    assert.equal((await connection.answer()).status, 101)
    await connection.quiet(200)
    assert.equal(connection.rest().toString(), 'welcome')
    connection.destroy()
  })

  it('W-01: without a session it is 401 with JSON, the connection ends, and nothing reaches the application', async () => {
    for (const cookies of [[], ['Cookie: __Host-portillon=s%3Ax.y'], ['Cookie: a=1']]) {
      const answer = await handshake('/ws', OURS, ...cookies)
      assert.equal(answer.status, 401)
      assertDressed(answer)
      assert.equal((JSON.parse(answer.text) as { error: string }).error, 'sign-in-required')
      assert.equal(answer.header('location'), undefined)
      assert.equal(answer.header('x-portillon'), 'sign-in-required')
    }
    // R8: a handshake is never a page, whatever it says.
    const pretending = await handshake(
      '/ws',
      OURS,
      'Accept: text/html',
      'Sec-Fetch-Mode: navigate',
      'Sec-Fetch-Dest: document',
    )
    assert.equal(pretending.status, 401)
    assert.equal(behind.arrived().length, 0)
  })

  it('W-01: bytes sent behind a refused handshake are nobody’s', async () => {
    const bytes = behind.request('GET /ws', OURS, ...HANDSHAKE) + behind.request('GET /public/smuggled')
    const answers = await behind.untilClosed(bytes)
    assert.deepEqual(
      answers.map(({ status }) => status),
      [401],
    )
    assert.equal(behind.arrived().length, 0)
  })

  it('W-01: with a session the application sees the one true identity, whatever was sent beside it', async () => {
    const spoofs = ['X-Remote-User: root', 'x_remote_user: root', 'X-REMOTE-USER: root', 'X-Portillon-Assertion: root']
    const answer = await handshake(
      '/ws',
      OURS,
      behind.signedIn,
      ...spoofs,
      'X-Forwarded-For: 203.0.113.9',
      'Cookie: b=2',
    )
    assert.equal(answer.status, 101)
    const request = behind.onlyArrived()
    assert.deepEqual(request.all('x-remote-user'), ['c.exemple'])
    assert.equal((await verifyAssertion(behind.gate, request.header('x-portillon-assertion')))['login'], 'c.exemple')
    assert.equal(request.header('x-forwarded-for'), '127.0.0.1')
    assert.equal(request.header('cookie'), 'b=2')
    assert.equal(request.header('host'), behind.gate.host)
    assert.doesNotMatch(request.raw.toString('latin1'), /root|__Host-portillon/)
  })

  it('H-01: on a public path nobody is told to be nobody', async () => {
    assert.equal((await handshake('/public/ws', OURS, 'X-Remote-User: root')).status, 101)
    const request = behind.onlyArrived()
    assert.deepEqual([request.all('x-remote-user'), request.all('x-portillon-assertion')], [[''], ['']])
  })

  for (const origin of [
    ...[
      'https://evil.test',
      'null',
      '',
      'https://sub.dcc.example.test',
      'https://example.test',
      'https://dcc.example.test:8443',
    ],
    ...[
      'http://dcc.example.test',
      'https://dcc.example.test.evil.test',
      'https://dcc.example.test.',
      'https://dcc.example.test/',
    ],
    ...[
      'https://dcc.example.test, https://evil.test',
      'HTTPS://DCC.EXAMPLE.TEST',
      'https://evil.test#https://dcc.example.test',
    ],
    ...['https://user@dcc.example.test', 'file://', 'dcc.example.test', '//dcc.example.test', 'wss://dcc.example.test'],
  ]) {
    it(`W-03: from ${JSON.stringify(origin)} it is 403, with a session as without`, async () => {
      for (const session of [[], [behind.signedIn]]) {
        const answer = await handshake('/ws', `Origin: ${origin}`, ...session)
        assert.equal(answer.status, 403)
        assertDressed(answer)
        assert.equal(answer.header('x-portillon'), 'origin-refused')
      }
      assert.equal(behind.arrived().length, 0)
    })
  }

  it('W-03: without an Origin, or with two, it is 403', async () => {
    assert.equal((await handshake('/ws', behind.signedIn)).status, 403)
    assert.equal((await handshake('/ws', behind.signedIn, OURS, 'Origin: https://evil.test')).status, 403)
    assert.equal(
      (await handshake('/ws', behind.signedIn, 'Sec-WebSocket-Origin: https://dcc.example.test')).status,
      403,
    )
    assert.equal(behind.arrived().length, 0)
  })

  it('W-03: from a foreign origin that a rule names, on that rule’s paths only', async () => {
    const partner = 'Origin: https://partner.example.test'
    assert.equal((await handshake('/partner/ws', partner, behind.signedIn)).status, 101)
    assert.equal((await handshake('/partner/ws', OURS, behind.signedIn)).status, 101)
    assert.equal((await handshake('/ws', partner, behind.signedIn)).status, 403)
    assert.equal((await handshake('/partner/ws', partner)).status, 401)
    assert.equal(behind.arrived().length, 2)
  })

  it('is judged by the rules like a page: 403 where nobody may go, 400 for a doubtful path, 421 for another host', async () => {
    assert.equal((await handshake('/closed/ws', OURS, behind.signedIn)).status, 403)
    for (const path of [
      '/public/..;/closed/ws',
      '/public/%2e%2e/closed',
      '//closed/ws',
      '/closed%2fws',
      '/_portillon%2fws',
    ])
      assert.equal((await handshake(path, OURS, behind.signedIn)).status, 400, path)
    const other = await openRaw(behind.at)
    other.write(['GET /ws HTTP/1.1', 'Host: evil.test', OURS, behind.signedIn, ...HANDSHAKE, '', ''].join('\r\n'))
    assert.equal((await other.answer()).status, 421)
    other.destroy()
    assert.equal(behind.arrived().length, 0)
  })

  it('P-12: under the gate’s own prefix it never reaches the application', async () => {
    for (const path of ['/_portillon/ws', '/_portillon/sign-in', '/_PORTILLON/ws', '/%5fportillon/ws', '/_portillon'])
      assert.ok([400, 404].includes((await handshake(path, OURS, behind.signedIn)).status), path)
    assert.equal(behind.arrived().length, 0)
  })

  for (const target of [
    ...[
      '/ws?room=1&token=a%20b+c',
      '/dcc//ws///x?u=http://a//b',
      '/ws?q=\'"<>`{}|^',
      '/ws;jsessionid=1?a;b',
      '/ws?a?b?c=//',
    ],
    ...['/ws?%zz&lone=%', '/ws/%C3%A9t%c3%a9?', '/ws?http:/x', '/a:b@c/ws', '/ws?@x'],
  ]) {
    it(`keeps every byte of ${JSON.stringify(target)}`, async () => {
      assert.equal((await handshake(target, OURS, behind.signedIn)).status, 101)
      assert.equal(behind.onlyArrived().target, target)
    })
  }

  it('carries bytes both ways after the switch, those sent with the handshake included', async () => {
    const connection = await openRaw(behind.at)
    connection.write(`${behind.request('GET /ws', OURS, behind.signedIn, ...HANDSHAKE)}early`)
    assert.equal((await connection.answer()).status, 101)
    connection.write(Buffer.from([0, 1, 2, 255]))
    while (connection.rest().length < 9) await connection.quiet(10)
    assert.deepEqual(connection.rest(), Buffer.concat([Buffer.from('early'), Buffer.from([0, 1, 2, 255])]))
    connection.destroy()
  })

  it('R2: what the application says with the switch comes back, without cookies of the gate', async () => {
    behind.upstream.answerWith((_request, socket) => {
      const cookies = ['Set-Cookie: JSESSIONID=1; Path=/', 'Set-Cookie: __Host-portillon=evil; Path=/; Secure']
      socket.write(SWITCHED.replace('X-Of: application', ['Sec-WebSocket-Protocol: dcc', ...cookies].join('\r\n')))
      return null
    })
    const answer = await handshake('/ws', OURS, behind.signedIn, 'Sec-WebSocket-Protocol: dcc')
    assert.equal(answer.status, 101)
    assert.deepEqual(answer.all('set-cookie'), ['JSESSIONID=1; Path=/; Secure; SameSite=Lax'])
    assert.equal(answer.header('sec-websocket-protocol'), 'dcc')
    assert.equal(behind.onlyArrived().header('sec-websocket-protocol'), 'dcc')
  })

  for (const [what, bytes, status, text] of [
    [
      '401 with a length',
      plainAnswer('401 Unauthorized', 'no', ['Set-Cookie: portillon=x', 'Set-Cookie: a=1']),
      401,
      'no',
    ],
    [
      '426 in chunks',
      'HTTP/1.1 426 Upgrade Required\r\nUpgrade: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n',
      426,
      'no',
    ],
    ['a page', plainAnswer('200 OK', '<html>'), 200, '<html>'],
    ['302 to its own address', 'HTTP/1.1 302 Found\r\nLocation: UPSTREAM/login\r\nContent-Length: 0\r\n\r\n', 302, ''],
    ['503 until it closes', 'HTTP/1.0 503 Service Unavailable\r\n\r\nbusy', 503, 'busy'],
  ] as const) {
    it(`W-05: the application answers ${what}: a well-formed answer, and no tunnel`, async () => {
      const { upstream } = behind
      upstream.answerWith((_request, socket) => {
        socket.write(bytes.replace('UPSTREAM', upstream.url))
        if (bytes.startsWith('HTTP/1.0')) socket.end()
        return null
      })
      const connection = await openRaw(behind.at)
      connection.write(behind.request('GET /ws', OURS, behind.signedIn, ...HANDSHAKE))
      const answer = await connection.answer()
      assert.equal(answer.status, status)
      assert.equal(answer.text, text)
      assert.doesNotMatch(answer.raw.toString('latin1'), /portillon=|127\.0\.0\.1/)
      connection.write(behind.request('GET /public/smuggled'))
      assert.ok(await connection.closed(), 'the connection stays open')
      assert.equal(connection.rest().length, 0)
      connection.destroy()
      assert.equal(behind.arrived().length, 1)
    })
  }

  it('U-01: an application that does not answer the handshake in time is 504', async () => {
    behind.upstream.answerWith(() => null)
    const answer = await handshake('/ws', OURS, behind.signedIn)
    assert.equal(answer.status, 504)
    assertDressed(answer)
  })

  it('U-07: an application that answers with noise is 502', async () => {
    for (const noise of ['noise\r\n\r\n', 'HTTP/1.1 101 x\r\nBad Header: \x01\r\n\r\n']) {
      behind.upstream.answerWith((_request, socket) => {
        socket.end(noise)
        return null
      })
      assert.equal((await handshake('/ws', OURS, behind.signedIn)).status, 502)
    }
  })

  it('only a GET with version and upgrade is a handshake; all else is an ordinary request', async () => {
    behind.upstream.answerWith(() => plainAnswer('200 OK', 'plain'))
    for (const start of ['POST /ws', 'PUT /ws']) {
      const answer = await behind.askSignedIn(start, ...HANDSHAKE, 'Content-Length: 0')
      assert.deepEqual([answer.status, answer.text], [200, 'plain'])
      assert.equal(behind.onlyArrived().header('upgrade'), undefined)
    }
  })
})
