import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { startBehindGate, type BehindGate } from '../kit/behind-gate.ts'

/** What browsers and caches on the way may keep of the application's answers. */

let behind: BehindGate

before(async () => {
  behind = await startBehindGate({
    site: {
      rules: [
        { id: 'public', match: { path: '/public/**' }, allow: 'anyone' },
        { id: 'once', match: { path: '/once/**' }, allow: 'anyone', cache: 'never' },
        { id: 'code', match: { path: '/gwt/**' }, allow: 'signed-in', cache: 'browser' },
      ],
    },
  })
})
after(() => behind.stop())
beforeEach(() => behind.arrived())

const saying = (...lines: readonly string[]) => {
  behind.upstream.answerWith(() => ['HTTP/1.1 200 OK', ...lines, 'Content-Length: 0', '', ''].join('\r\n'))
}

describe('W-12: what may be kept of an answer', () => {
  const cachingOf = async (path: string, ...lines: readonly string[]) => {
    saying(...lines)
    const answer = await behind.askSignedIn(`GET ${path}`)
    assert.equal(answer.status, 200)
    return answer.all('cache-control')
  }

  for (const path of [
    '/account/x.css',
    '/account;x.js',
    '/dcc/a.png',
    '/public;/a.css',
    '/public//a.css',
    '/dcc/',
    '/a.jpg?x.css',
  ])
    it(`W-12: ${path} of a person is kept nowhere, whatever its name ends with and whatever the application says`, async () => {
      for (const said of [
        [],
        ['Cache-Control: public, max-age=31536000'],
        ['Cache-Control: private', 'cache-control: max-age=60'],
      ])
        assert.deepEqual(await cachingOf(path, ...said), ['no-store'])
    })

  it('W-12: what is stronger, the application says in its own way', async () => {
    const said = 'no-cache, no-store, must-revalidate'
    assert.deepEqual(await cachingOf('/dcc/', `Cache-Control: ${said}`), [said])
    assert.deepEqual(await cachingOf('/dcc/', 'Cache-Control: no-cache', 'Cache-Control: No-Store'), [
      'no-cache, No-Store',
    ])
  })

  it('R27: files that are open to anyone keep their caching, for somebody signed in too', async () => {
    for (const said of [
      [],
      ['Cache-Control: public, max-age=31536000, immutable'],
      ['Cache-Control: a', 'Cache-Control: b'],
    ]) {
      const expected = said.map((line) => line.replace('Cache-Control: ', ''))
      assert.deepEqual(await cachingOf('/public/a.css', ...said), expected)
      assert.deepEqual((await behind.ask('GET /public/a.css')).all('cache-control'), expected)
    }
  })

  it('R27: a rule may let the person’s own browser keep what the application lets it keep, and nobody between', async () => {
    for (const [said, told] of [
      ['public, max-age=31536000, immutable', 'private, max-age=31536000, immutable'],
      ['max-age=60, s-maxage=600, proxy-revalidate', 'private, max-age=60'],
      ['private, max-age=5', 'private, max-age=5'],
      ['no-store', 'no-store'],
      ['', 'private'],
    ] as const)
      assert.deepEqual(await cachingOf('/gwt/x.cache.js', `Cache-Control: ${said}`), [told], said)
    assert.deepEqual(await cachingOf('/gwt/x.cache.js'), ['private'])
  })

  it('R27: an open page that shows who is signed in may be kept nowhere, if its rule says so', async () => {
    assert.deepEqual(await cachingOf('/once/a', 'Cache-Control: max-age=60'), ['no-store'])
  })

  it('W-12: the answers of every kind say so: of HEAD, to a form, without a body, of an error, in part', async () => {
    for (const [start, status] of [
      ['HEAD /dcc/', '200 OK'],
      ['POST /dcc/', '200 OK'],
      ['GET /dcc/', '304 Not Modified'],
      ['GET /dcc/', '204 No Content'],
      ['GET /dcc/', '500 Oops'],
      ['GET /dcc/', '206 Partial Content'],
    ] as const) {
      const length = status.startsWith('204') || status.startsWith('304') ? [] : ['Content-Length: 0']
      behind.upstream.answerWith(() =>
        [`HTTP/1.1 ${status}`, 'Cache-Control: max-age=9', ...length, '', ''].join('\r\n'),
      )
      const answer = await behind.askSignedIn(start, ...(start.startsWith('POST') ? ['Content-Length: 0'] : []))
      assert.deepEqual(answer.all('cache-control'), ['no-store'], `${start} ${status}`)
    }
  })
})
