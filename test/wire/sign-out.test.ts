import assert from 'node:assert/strict'
import type { OutgoingHttpHeaders } from 'node:http'
import { after, before, beforeEach, describe, it } from 'node:test'
import { AS_PAGE, startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { openRaw, sendRaw, sendRawAll, type RawAnswer } from '../kit/raw-http.ts'
import { plainAnswer } from '../kit/upstream.ts'
import { createVisitor, hiddenFields, signIn, type Visitor } from '../kit/visitor.ts'

/** « Déconnexion » in the application's own menu: its address also ends the session of the gate (R16). */

let behind: BehindGate
let visitor: Visitor
let cookie: string

before(async () => {
  behind = await startBehindGate({
    patience: { 'first-byte': '1s' },
    site: {
      'sign-out': { 'upstream-paths': ['/dcc/logout'] },
      // Every test signs in, and one person does not get more codes than this in an hour.
      'email-code': { from: 'WebDCR@example.test', 'per-hour': 60 },
    },
  })
})

beforeEach(async () => {
  behind.upstream.answerWith(() =>
    plainAnswer('200 OK', 'of the application', ['Set-Cookie: JSESSIONID=; Max-Age=0; Path=/dcc']),
  )
  visitor = createVisitor(behind.gate)
  await signIn(behind.gate, visitor)
  cookie = `Cookie: ${visitor.cookieHeader()}; JSESSIONID=1`
  behind.arrived()
})

after(() => behind.stop())

const AS_SCRIPT = ['Accept: application/json', 'Sec-Fetch-Mode: cors', 'Sec-Fetch-Dest: empty']
const leave = (...headers: readonly string[]) => behind.ask('GET /dcc/logout', cookie, ...headers)

/** The cookies of the gate that an answer takes away. */
const takenAway = (answer: RawAnswer): readonly string[] =>
  answer
    .all('set-cookie')
    .filter((line) => /^__Host-portillon[^=]*=;.*\bMax-Age=0\b/.test(line))
    .map((line) => line.split('=', 1)[0] ?? '')

const assertIsOver = async (): Promise<void> => {
  const seen = behind.arrived().length
  assert.equal((await behind.ask('GET /dcc/', cookie, ...AS_PAGE)).status, 302)
  assert.equal((await behind.ask('GET /dcc/', cookie, ...AS_SCRIPT)).status, 401)
  assert.equal(behind.arrived().length, 0, `the old cookie still works; before it ${seen} requests`)
}

const assertFarewell = (answer: RawAnswer): void => {
  assert.equal(answer.status, 303)
  assert.equal(answer.header('location'), '/_portillon/signed-out')
  assert.equal(answer.header('clear-site-data'), '"cache"')
  assert.equal(answer.header('cache-control'), 'no-store')
  assert.ok(takenAway(answer).includes('__Host-portillon'))
  assert.equal(answer.body.length, 0)
}

describe('the application’s own sign-out', () => {
  it('R16: a person lands on the gate’s page, and both lose their cookies', async () => {
    const answer = await leave(...AS_PAGE)
    assertFarewell(answer)
    assert.ok(answer.all('set-cookie').includes('JSESSIONID=; Max-Age=0; Path=/dcc; Secure; SameSite=Lax'))
    const request = behind.onlyArrived()
    assert.equal(request.target, '/dcc/logout')
    assert.deepEqual([request.header('x-remote-user'), request.header('cookie')], ['c.exemple', 'JSESSIONID=1'])
    await assertIsOver()
    const page = await behind.ask('GET /_portillon/signed-out', ...AS_PAGE)
    assert.equal(page.status, 200)
    assert.match(page.text, /Vous êtes déconnecté/)
  })

  it('S-05: the session is over before the application hears of it', async () => {
    const during = new Promise<RawAnswer>((seen) => {
      behind.upstream.answerWith(async () => {
        seen(await behind.ask('GET /dcc/', cookie, ...AS_PAGE))
        return plainAnswer('200 OK', '')
      })
    })
    await leave(...AS_PAGE)
    assert.equal((await during).status, 302)
  })

  it('by a form, by HEAD, with a session id or another query: in every spelling that Tomcat serves', async () => {
    for (const start of [
      'POST /dcc/logout',
      'HEAD /dcc/logout',
      'GET /dcc/logout;jsessionid=1',
      'GET /dcc//logout?x=/y',
      'GET /dcc/log%6fut',
    ]) {
      const person = createVisitor(behind.gate)
      await signIn(behind.gate, person)
      behind.arrived()
      const mine = `Cookie: ${person.cookieHeader()}`
      const bytes = behind.request(start, mine, ...AS_PAGE, ...(start.startsWith('POST') ? ['Content-Length: 3'] : []))
      assertFarewell(await sendRaw(behind.at, bytes + (start.startsWith('POST') ? 'a=1' : '')))
      assert.equal(behind.arrived().length, 1)
      assert.equal((await behind.ask('GET /dcc/', mine, ...AS_PAGE)).status, 302, start)
    }
  })

  it('a script gets the application’s own answer, and the cookies go with it', async () => {
    behind.upstream.answerWith(() =>
      plainAnswer('200 OK', '{"bye":1}', ['Content-Type: application/json', 'Set-Cookie: a=1']),
    )
    const answer = await leave(...AS_SCRIPT)
    assert.deepEqual([answer.status, answer.text], [200, '{"bye":1}'])
    assert.ok(takenAway(answer).includes('__Host-portillon'))
    assert.ok(answer.all('set-cookie').includes('a=1; Secure; SameSite=Lax'))
    assert.deepEqual([answer.header('clear-site-data'), answer.header('cache-control')], ['"cache"', 'no-store'])
    await assertIsOver()
  })

  for (const [what, misbehave] of [
    ['fails', () => behind.upstream.answerWith(() => plainAnswer('500 Oops', 'stack'))],
    [
      'sends elsewhere',
      () =>
        behind.upstream.answerWith(
          () => 'HTTP/1.1 302 Found\r\nLocation: https://evil.test/\r\nContent-Length: 0\r\n\r\n',
        ),
    ],
    ['never answers', () => behind.upstream.answerWith(() => null)],
    ['closes without a word', () => behind.upstream.answerWith((_request, socket) => (socket.destroy(), null))],
    ['speaks nonsense', () => behind.upstream.answerWith((_request, socket) => (socket.end('noise'), null))],
  ] as const) {
    it(`R16: an application that ${what} changes nothing for the person`, async () => {
      misbehave()
      assertFarewell(await leave(...AS_PAGE))
      await assertIsOver()
    })
  }

  it('is in the audit trail, with the reference that the log has too', async () => {
    await leave(...AS_PAGE)
    const ended = behind.gate.log.findLast(({ fields }) => fields['event'] === 'session.ended')
    assert.equal(ended?.fields['login'], 'c.exemple')
    assert.equal(ended.fields['address'], '127.0.0.1')
    assert.match(String(ended.fields['reference']), /^[A-Z0-9]{6}-[A-Z0-9]{5}$/)
  })

  it('ends nobody else’s session, and not that of a neighbouring address', async () => {
    const other = createVisitor(behind.gate)
    await signIn(behind.gate, other)
    for (const path of ['/dcc/logout2', '/dcc/logout/x', '/DCC/logout', '/x/dcc/logout', '/dcc?/dcc/logout'])
      assert.equal((await behind.ask(`GET ${path}`, cookie)).status, 200, path)
    assertFarewell(await leave(...AS_PAGE))
    const headers: OutgoingHttpHeaders = { accept: 'text/html' }
    assert.equal((await other.ask('/dcc/', { headers })).status, 200)
  })

  it('F-13: what is pipelined behind it is refused', async () => {
    const bytes = ['/dcc/1', '/dcc/logout', '/dcc/2']
      .map((path) => behind.request(`GET ${path}`, cookie, ...AS_PAGE))
      .join('')
    const answers = await sendRawAll(behind.at, bytes, 3)
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 303, 302],
    )
    assert.deepEqual(
      behind.arrived().map(({ target }) => target),
      ['/dcc/1', '/dcc/logout'],
    )
  })

  const FORM = ['Content-Type: application/x-www-form-urlencoded', ...AS_PAGE]
  for (const [what, head, rest, status] of [
    ['the head of a form', () => behind.request('POST /dcc/2', cookie, ...FORM, 'Content-Length: 3'), 'a=1', 303],
    [
      'the head of a form in chunks',
      () => behind.request('POST /dcc/2', cookie, ...AS_SCRIPT, 'Transfer-Encoding: chunked'),
      '3\r\na=1\r\n0\r\n\r\n',
      401,
    ],
    ['half a head', () => `GET /dcc/2 HTTP/1.1\r\n${cookie}\r\nHo`, 'st: dcc.example.test\r\nAccept: */*\r\n\r\n', 302],
    ['half a start line', () => 'GET /dc', `c/2 HTTP/1.1\r\nHost: dcc.example.test\r\nCOOKIE\r\n\r\n`, 302],
  ] as const) {
    for (const moment of ['before', 'after'] as const)
      it(`F-13, S-05: ${what} in the segment of the sign-out, its rest ${moment} the answer: judged when the session is over`, async () => {
        const connection = await openRaw(behind.at)
        const late = rest.replace('COOKIE', cookie)
        behind.upstream.answerWith(async () => {
          if (moment === 'before') {
            connection.write(late)
            // The gate has read it by the time at which it answers somebody else.
            await behind.ask('GET /_portillon/session')
          }
          return plainAnswer('200 OK', 'bye')
        })
        connection.write(behind.request('GET /dcc/logout', cookie, ...AS_PAGE) + head())
        assertFarewell(await connection.answer())
        if (moment === 'after') connection.write(late)
        assert.equal((await connection.answer()).status, status)
        await connection.quiet(30)
        assert.equal(connection.rest().length, 0)
        connection.destroy()
        assert.deepEqual(
          behind.arrived().map(({ target }) => target),
          ['/dcc/logout'],
        )
      })
  }

  it('F-13: a handshake behind it opens nothing', async () => {
    const handshake = [
      ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', `Origin: ${behind.gate.origin}`],
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ]
    const [answer, ...more] = await behind.untilClosed(
      behind.request('GET /dcc/logout', cookie, ...AS_PAGE) + behind.request('GET /dcc/ws', cookie, ...handshake),
    )
    assert.ok(answer !== undefined)
    assertFarewell(answer)
    assert.deepEqual(more, [])
    assert.deepEqual(
      behind.arrived().map(({ target }) => target),
      ['/dcc/logout'],
    )
  })

  it('F-13, S-05: what is pipelined behind the gate’s own sign-out is refused too', async () => {
    const form = hiddenFields((await visitor.page('/_portillon/sign-out')).body, '/_portillon/sign-out')
    const mine = `Cookie: ${visitor.cookieHeader()}`
    const body = new URLSearchParams(form).toString()
    const own = [
      ...FORM,
      `Origin: ${behind.gate.origin}`,
      'Sec-Fetch-Site: same-origin',
      `Content-Length: ${body.length}`,
    ]
    behind.arrived()
    const bytes =
      behind.request('GET /dcc/1', mine) +
      behind.request('POST /_portillon/sign-out', mine, ...own) +
      body +
      behind.request('GET /dcc/2', mine, ...AS_PAGE)
    const answers = await behind.onlyAnswers(bytes, 3)
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 303, 302],
    )
    assert.deepEqual(
      behind.arrived().map(({ target }) => target),
      ['/dcc/1'],
    )
  })

  it('a stranger is led to the sign-in like anywhere else, and comes out on the first page', async () => {
    const answer = await behind.ask('GET /dcc/logout', ...AS_PAGE)
    assert.equal(answer.status, 302)
    assert.equal(behind.arrived().length, 0)
    const onward = await behind.ask(`GET ${answer.header('location') ?? ''}`, cookie, ...AS_PAGE)
    assert.deepEqual([onward.status, onward.header('location')], [303, '/'])
  })
})
