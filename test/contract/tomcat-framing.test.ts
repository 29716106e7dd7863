import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import fc from 'fast-check'
import { AS_PAGE, startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { framingVectors } from '../kit/framing-vectors.ts'
import { openRaw } from '../kit/raw-http.ts'
import { requestStream, writeRequest } from '../kit/request-streams.ts'
import { readStream } from '../kit/strict-reader.ts'
import { startTomcat, type RecordingTomcat, type Served } from '../kit/tomcat.ts'

/**
 * Where one message ends and the next begins, to a real servlet container behind the gate: what Tomcat has answered stands
 * in its access log, with the body that its servlet read.
 */

let tomcat: RecordingTomcat
let behind: BehindGate

before(async () => {
  tomcat = await startTomcat()
  behind = await startBehindGate({
    application: tomcat.url,
    patience: { 'first-byte': '5s', idle: '5s' },
    site: { rules: [{ id: 'open', match: { path: '/body/open/**' }, allow: 'anyone' }] },
  })
  // Its first request has the page compiled.
  await behind.askSignedIn('GET /body/first')
})
beforeEach(() => tomcat.served())
after(async () => {
  await behind.stop()
  await tomcat.stop()
})

const SECOND = 'GET /body/open/smuggled HTTP/1.1\r\nHost: dcc.example.test\r\n\r\n'
const post = (...headers: readonly string[]) => behind.request('POST /body/first', behind.signedIn, ...headers)

const many = (count: number) => Array.from({ length: count }, (_, at) => `a${at}: 1`)

const targetsOf = (served: readonly Served[]) => served.map(({ startLine }) => startLine.split(' ')[1] ?? '')

describe('two readings of where a request ends', () => {
  for (const { row, name, version = '1.1', headers, body } of framingVectors(SECOND))
    it(`${row}: ${name}: refused once, and no servlet sees it, nor the request behind it`, async () => {
      const bytes = post(...headers).replace('HTTP/1.1', `HTTP/${version}`) + body + SECOND
      const [answer, ...more] = await behind.untilClosed(bytes)
      assert.ok([400, 501].includes(answer?.status ?? 0), answer?.startLine)
      assert.deepEqual(more, [])
      assert.deepEqual(targetsOf(await tomcat.served()), [])
    })

  it('F-03, F-04, F-06, F-07: of these Tomcat by itself takes some, so that the gate is what keeps them from it', async () => {
    for (const { headers, body, version = '1.1' } of framingVectors(SECOND)) {
      const connection = await openRaw({ port: tomcat.port })
      const start = [`POST /body/first HTTP/${version}`, 'Host: localhost', ...headers, '', ''].join('\r\n')
      connection.write(start + body + SECOND)
      connection.socket.end()
      await connection.closed(2_000)
      connection.destroy()
    }
    const taken = (await tomcat.served()).filter(({ status }) => status === 200)
    assert.ok(taken.length > 5, `${taken.length} were taken`)
  })

  it('F-04, F-06: what has one reading arrives, body for body, on a connection that goes on', async () => {
    for (const [headers, body] of [
      [['transfer-encoding:CHUNKED'], '5\r\nhello\r\n0\r\n\r\n'],
      [['Transfer-Encoding: chunked'], '00005;a="b, c";d\r\nhello\r\n000\r\nX: y\r\n\r\n'],
      [['Content-Length:5'], 'hello'],
      [['Content-Length: \t 5'], 'hello'],
    ] as const) {
      const answers = await behind.onlyAnswers(post(...headers) + body + SECOND, 2)
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200],
      )
      assert.deepEqual(
        (await tomcat.served()).map(({ startLine, body: read }) => [startLine, read]),
        [
          ['POST /body/first HTTP/1.1', 'hello'],
          ['GET /body/open/smuggled HTTP/1.1', ''],
        ],
      )
    }
  })

  it('F-10: what stands in the body of a GET is no request, nor what stands in the body of a refused one', async () => {
    const bytes = behind.request('GET /body/first', behind.signedIn, `Content-Length: ${SECOND.length}`) + SECOND
    const [answer] = await behind.onlyAnswers(bytes, 1)
    assert.equal(answer?.status, 200)
    assert.deepEqual(
      (await tomcat.served()).map(({ body }) => body),
      [SECOND],
    )
    for (const start of ['POST /body/first', 'POST /a%2fb', 'POST /_portillon/sign-in', 'POST /WEB-INF/x']) {
      const refused = behind.request(start, `Content-Length: ${SECOND.length}`) + SECOND
      const answers = await behind.onlyAnswers(refused, 1)
      assert.ok([303, 400, 401, 403].includes(answers[0]?.status ?? 0), start)
    }
    assert.deepEqual(await tomcat.served(), [])
  })

  it('F-13: six requests in one segment are answered in order, each by its own servlet or by nobody', async () => {
    const mine = (start: string, ...headers: readonly string[]) => behind.request(start, behind.signedIn, ...headers)
    const bytes =
      mine('POST /body/1', 'Content-Length: 3') +
      'one' +
      mine('GET /public/2') +
      behind.request('GET /body/3', ...AS_PAGE) +
      behind.request('GET /body/open/4') +
      mine('POST /body/5', 'Transfer-Encoding: chunked') +
      '4\r\nfive\r\n0\r\n\r\n' +
      mine('GET /admin/6')
    const answers = await behind.onlyAnswers(bytes, 6)
    assert.deepEqual(
      answers.map(({ status, text }) => [status, /^servlet: (\w+)/m.exec(text)?.[1]]),
      [
        [200, 'body'],
        [200, 'public'],
        [302, undefined],
        [200, 'body'],
        [200, 'body'],
        [200, 'admin'],
      ],
    )
    assert.deepEqual(
      (await tomcat.served())
        .map(({ startLine, body }) => [startLine.split(' ')[1] ?? '', body])
        .sort(([one = ''], [other = '']) => one.slice(-1).localeCompare(other.slice(-1))),
      [
        ['/body/1', 'one'],
        ['/public/2', undefined],
        ['/body/open/4', ''],
        ['/body/5', 'five'],
        ['/admin/6', undefined],
      ],
    )
  })
})

describe('any stream of requests', () => {
  it('F-03, F-04, F-06, F-07, F-09: is answered by Tomcat as a strict reader sees it, or less of it', async () => {
    let [run, served] = [0, 0]
    const to = { host: behind.gate.host, signedIn: behind.signedIn }
    await fc.assert(
      fc.asyncProperty(requestStream, async ({ write, isWhole }) => {
        const start = `/body/${(run += 1)}`
        const last = writeRequest(to, 'GET', `${start}/last`, { framing: 'Connection: close\r\n', body: '' })
        const bytes = write(to, start) + last
        const { requests, begun } = readStream(bytes)
        // Its body is passed on as it comes: Tomcat may have seen the beginning of one that breaks off, and never its end.
        const broken = begun === null ? '' : `${begun.method} ${begun.target} HTTP/1.1`
        const expected = requests
          .filter(({ fields }) => fields.some(([name]) => name === 'cookie'))
          // A page in JSP takes no PUT, and says so before it reads.
          .map(({ method, target, body }) => [`${method} ${target} HTTP/1.1`, method === 'PUT' ? undefined : body])
        const connection = await openRaw(behind.at)
        connection.write(bytes)
        if (isWhole) assert.ok(await connection.closed())
        else await connection.quiet(150)
        connection.destroy()
        // A line is written when its request is over, which may be after the next one on another connection.
        const placeOf = (line: string | undefined) => expected.findIndex(([other]) => other === line)
        const seen: (readonly [string, string | undefined])[] = []
        for (let look = 0; look === 0 || (isWhole && look < 100 && seen.length < expected.length); look += 1) {
          const lines = await tomcat.served()
          const ours = lines
            .filter(({ startLine }) => startLine.includes(` ${start}/`) || startLine.includes('smuggled'))
            .filter(({ startLine, body }) => startLine !== broken || body !== undefined)
          seen.push(...ours.map(({ startLine, body }) => [startLine, body] as const))
        }
        seen.sort(([one], [other]) => placeOf(one) - placeOf(other))
        assert.deepEqual(seen, expected.slice(0, seen.length), JSON.stringify(bytes))
        if (isWhole) assert.equal(seen.length, expected.length)
        served += seen.length
      }),
      { numRuns: 100 },
    )
    assert.ok(served > 50, `${served} requests were served`)
  })
})

describe('what Tomcat would make something of', () => {
  for (const [row, name, start, headers, statuses] of [
    [
      'F-02',
      'a length behind 2,005 headers',
      'GET /body/open/x',
      [...many(2_005), `Content-Length: ${SECOND.length}`],
      [431],
    ],
    ['F-15', 'TRACE', 'TRACE /body/open/x', [], [405, 501]],
    ['F-15', 'CONNECT', 'CONNECT dcc.example.test:80', [], [405, 501]],
    ['F-15', 'a method in small letters', 'get /body/open/x', [], [400, 501]],
    ['F-15', 'a method of 4 kB', `${'A'.repeat(4_096)} /body/open/x`, [], [400, 405, 501]],
    ['F-22', 'a header of 64 kB', 'GET /body/open/x', [`X: ${'x'.repeat(65_536)}`], [431]],
    ['F-14', 'two hosts', 'GET /body/open/x', ['Host: evil.test'], [400]],
    ['F-11', 'an expectation that nobody knows', 'GET /body/open/x', ['Expect: something'], [200, 417]],
  ] as const)
    it(`${row}: ${name} is answered by the gate, or reaches it as a request of one meaning`, async () => {
      const answer = await behind.ask(start, ...headers)
      assert.ok(
        statuses.some((status) => status === answer.status),
        answer.startLine,
      )
      const served = await tomcat.served()
      assert.deepEqual(targetsOf(served), answer.status === 200 ? ['/body/open/x'] : [])
    })

  it('F-18: an offer of h2c is not passed on, and what comes behind it is no HTTP/2', async () => {
    const h2c = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA']
    const answers = await behind.untilClosed(
      `${behind.request('GET /body/first', behind.signedIn, ...h2c)}PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`,
    )
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200],
    )
    assert.deepEqual(targetsOf(await tomcat.served()), ['/body/first'])
  })

  it('F-20: a version that is none reaches nobody', async () => {
    for (const line of [
      'GET /body/open/x',
      'GET /body/open/x HTTP/2.0',
      'GET /body/open/x HTTP/1.2',
      'GET /body/open/x HTTP/0.9',
    ]) {
      const [answer] = await behind.untilClosed(`${line}\r\nHost: dcc.example.test\r\n\r\n`)
      assert.ok([400, 505].includes(answer?.status ?? 0), line)
    }
    assert.deepEqual(await tomcat.served(), [])
  })

  it('H-08: trailers end at the gate, and Tomcat reads the body before them', async () => {
    const trailers = 'X-Remote-User: root\r\nContent-Length: 5\r\n\r\n'
    const [refused] = await behind.untilClosed(`${post('Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n${trailers}`)
    assert.equal(refused?.status, 400)
    const bytes = `${post('Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\nX-Remote-User: root\r\n\r\n`
    assert.equal((await behind.send(bytes)).status, 200)
    assert.deepEqual(
      (await tomcat.served()).filter(({ status }) => status === 200).map(({ body }) => body),
      ['hello'],
    )
  })
})
