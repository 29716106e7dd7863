import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { asNginx, asTraefik, startAskedGate, type Asking } from '../kit/asking.ts'
import { AS_PAGE, assertDressed, type BehindGate } from '../kit/behind-gate.ts'
import { PERSON } from '../kit/gate.ts'
import type { RawAnswer } from '../kit/raw-http.ts'

/** Pages of other sites in the person's browser, where a proxy of the site asks the gate about what they load and send. */

const PARTNER = 'https://portail.example.test'

let behind: BehindGate

before(async () => {
  behind = await startAskedGate({
    site: {
      rules: [
        { id: 'public', match: { path: '/public/**' }, allow: 'anyone' },
        { id: 'neighbour', match: { path: '/neighbour/**' }, allow: 'signed-in', embed: 'same-site' },
        { id: 'widget', match: { path: '/widget/**' }, allow: 'signed-in', embed: 'anywhere' },
        { id: 'reading', match: { path: '/api/read/**', methods: ['GET'] }, allow: 'signed-in', origins: [PARTNER] },
        { id: 'api', match: { path: '/api/**' }, allow: 'signed-in', origins: [PARTNER] },
        { id: 'closed', match: { path: '/closed/**' }, allow: 'no-one', origins: [PARTNER] },
      ],
    },
  })
})
after(() => behind.stop())

const LOADS = {
  'a picture': ['Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: image'],
  'a script': ['Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: script'],
  'fetch without CORS': ['Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: empty'],
  'fetch with CORS': ['Sec-Fetch-Mode: cors', 'Sec-Fetch-Dest: empty', 'Origin: https://other.example.test'],
  'a frame': ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe', 'Accept: text/html'],
  'an embedded object': ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: object'],
} as const

const TOLD = ['x-remote-user', 'x-user-name', 'x-portillon-assertion', 'cookie'] as const

/** Neither who it is, nor a verdict that some proxy could take for a yes. */
const assertRefused = (answer: RawAnswer): void => {
  assert.deepEqual([answer.status, answer.header('x-portillon')], [403, 'foreign-page'], answer.startLine)
  for (const name of TOLD) assert.equal(answer.header(name), undefined, name)
  assert.equal(answer.header('access-control-allow-origin'), undefined)
  assertDressed(answer)
}

const assertIsPerson = (answer: RawAnswer): void => {
  assert.deepEqual([answer.status, answer.header('x-portillon')], [200, 'allowed'], answer.startLine)
  assert.equal(answer.header('x-remote-user'), PERSON.login)
}

const assertIsNobody = (answer: RawAnswer): void => {
  assert.deepEqual([answer.status, answer.header('x-portillon')], [200, 'allowed'], answer.startLine)
  for (const name of TOLD) assert.deepEqual(answer.all(name), [''], name)
}

for (const [proxy, ask] of Object.entries<Asking>({ nginx: asNginx, Traefik: asTraefik })) {
  const asked = (...request: Parameters<Asking>) => behind.send(ask(...request))
  const askedSignedIn = (...[start, ...headers]: Parameters<Asking>) => asked(start, behind.signedIn, ...headers)

  describe(`asked in the manner of ${proxy}, about a page of another site`, () => {
    for (const [what, headers] of Object.entries(LOADS)) {
      it(`W-13: ${what} in the person’s name is refused, from another domain and from a neighbour`, async () => {
        for (const site of ['cross-site', 'same-site', 'cross-origin'])
          for (const start of ['GET /dcc/patient.jsp?id=1', 'HEAD /public;x/a'] as const)
            assertRefused(await askedSignedIn(start, `Sec-Fetch-Site: ${site}`, ...headers))
      })

      it(`W-13: ${what} of a page of ours, or of none, is the person’s`, async () => {
        const own = headers.filter((line) => !line.startsWith('Origin'))
        for (const site of ['same-origin', 'none'])
          assertIsPerson(await askedSignedIn('GET /dcc/', `Sec-Fetch-Site: ${site}`, ...own))
      })

      it(`W-13: ${what} that anybody may have is shown anywhere`, async () => {
        assert.equal(
          (await askedSignedIn('GET /public/logo.png', 'Sec-Fetch-Site: cross-site', ...headers)).status,
          200,
        )
      })
    }

    it('W-13: without a session the sign-in is asked for as ever', async () => {
      assert.equal((await asked('GET /dcc/', 'Sec-Fetch-Site: cross-site', ...LOADS['a picture'])).status, 401)
    })

    it('W-13: a link is followed from anywhere; a form of another site is not taken', async () => {
      for (const site of ['cross-site', 'same-site']) {
        assertIsPerson(await askedSignedIn('GET /dcc/', `Sec-Fetch-Site: ${site}`, ...AS_PAGE))
        for (const method of ['POST', 'PUT', 'DELETE'])
          for (const path of ['/dcc/save', '/widget/save'])
            assertRefused(
              await askedSignedIn(
                `${method} ${path}`,
                `Sec-Fetch-Site: ${site}`,
                ...AS_PAGE,
                'Origin: https://evil.test',
              ),
            )
      }
    })

    it('W-13: a form of another site does not sign anybody out either', async () => {
      const left = await startAskedGate()
      try {
        const forged = ask('POST /dcc/logout', left.signedIn, 'Sec-Fetch-Site: cross-site', ...AS_PAGE)
        assert.equal((await left.send(forged)).status, 403)
        assert.equal((await left.send(ask('GET /dcc/', left.signedIn))).status, 200, 'the session is over')
      } finally {
        await left.stop()
      }
    })

    it('W-13: the word of the browser cannot be doubled to hide it', async () => {
      for (const lines of [
        ['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: cross-site'],
        ['Sec-Fetch-Site: cross-site', 'sec-fetch-site: none'],
      ])
        assertRefused(await askedSignedIn('GET /dcc/', ...lines, ...LOADS['a picture']))
    })

    it('W-13: a rule lets neighbours show its answers, or everybody', async () => {
      for (const [path, site, status] of [
        ['/neighbour/x', 'same-site', 200],
        ['/neighbour/x', 'cross-site', 403],
        ['/widget/x', 'same-site', 200],
        ['/widget/x', 'cross-site', 200],
      ] as const)
        for (const load of ['a picture', 'a frame'] as const)
          assert.equal(
            (await askedSignedIn(`GET ${path}`, `Sec-Fetch-Site: ${site}`, ...LOADS[load])).status,
            status,
            path,
          )
    })

    it('W-13: the refusal is in the log as the visitor’s request, with the rule', async () => {
      const seen = behind.gate.log.length
      await askedSignedIn('GET /dcc/x?id=1', 'Sec-Fetch-Site: cross-site', ...LOADS['a frame'])
      const line = behind.gate.log.slice(seen).find(({ message }) => message === 'request refused')
      const { error, detail, method, path } = line?.fields ?? {}
      assert.deepEqual([error, detail, method, path], ['foreign-page', 'default: cross-site', 'GET', '/dcc/x'])
    })
  })

  describe(`asked in the manner of ${proxy}, about scripts of another origin`, () => {
    const preflight = (path: string, origin: string, method = 'GET', ...headers: readonly string[]) =>
      asked(
        `OPTIONS ${path}`,
        ...[`Origin: ${origin}`, `Access-Control-Request-Method: ${method}`],
        ...['Sec-Fetch-Mode: cors', 'Sec-Fetch-Site: same-site', ...headers],
      )

    it('R9: a preflight of a listed origin passes to the application as nobody’s', async () => {
      for (const [path, method] of [
        ['/api/notes', 'PUT'],
        ['/api/notes', 'DELETE'],
        ['/api/read/x', 'GET'],
      ] as const)
        assertIsNobody(await preflight(path, PARTNER, method))
    })

    it('R9: a session that comes with it is the person’s all the same, and no more than that', async () => {
      assertIsPerson(await preflight('/api/notes', PARTNER, 'PUT', behind.signedIn))
    })

    it('R9: every other preflight is a request without a session', async () => {
      for (const [path, origin] of [
        ['/dcc/', PARTNER],
        ['/api/notes', 'https://evil.example'],
        ['/api/notes', `${PARTNER}.evil.example`],
        ['/api/notes', 'http://portail.example.test'],
        ['/api/notes', 'null'],
        ['/public/a', PARTNER],
      ] as const)
        assert.equal((await preflight(path, origin)).status, 401, `${path} ${origin}`)
      assert.equal((await preflight('/api/notes', PARTNER, 'GET', 'Origin: https://evil.example')).status, 401)
      assert.equal((await preflight('/api/notes', PARTNER, 'GET', 'Access-Control-Request-Method: PUT')).status, 401)
      assert.equal((await asked('OPTIONS /api/notes', `Origin: ${PARTNER}`, 'Accept: application/json')).status, 401)
    })

    it('R9: nor does it open what is closed to everybody', async () => {
      assert.equal((await preflight('/closed/x', PARTNER)).status, 403)
    })

    it('R9: only OPTIONS is a preflight: any other method needs the session', async () => {
      for (const method of ['GET', 'HEAD', 'POST', 'PUT']) {
        const lines = [`Origin: ${PARTNER}`, 'Access-Control-Request-Method: GET', 'Accept: application/json']
        assert.equal((await asked(`${method} /api/notes`, ...lines)).status, 401, method)
      }
    })

    it('R9: what a listed origin asks for with a session is the person’s; of any other it is refused', async () => {
      const cors = ['Sec-Fetch-Mode: cors', 'Sec-Fetch-Dest: empty', 'Sec-Fetch-Site: same-site']
      for (const method of ['GET', 'POST', 'DELETE']) {
        assertIsPerson(await askedSignedIn(`${method} /api/notes`, ...cors, `Origin: ${PARTNER}`))
        assertRefused(await askedSignedIn(`${method} /api/notes`, ...cors, 'Origin: https://evil.example'))
        assertRefused(await askedSignedIn(`${method} /dcc/`, ...cors, `Origin: ${PARTNER}`))
      }
    })

    it('R9: why it was refused can be read by a listed origin, and by no other', async () => {
      const without = (origin: string, path = '/api/notes') =>
        asked(`GET ${path}`, `Origin: ${origin}`, 'Sec-Fetch-Mode: cors', 'Sec-Fetch-Dest: empty', 'Accept: */*')
      const told = await without(PARTNER)
      assert.deepEqual([told.status, told.header('access-control-allow-origin')], [401, PARTNER])
      assert.equal(told.header('access-control-allow-credentials'), 'true')
      for (const [origin, path] of [
        ['https://evil.example', '/api/notes'],
        [PARTNER, '/dcc/'],
      ] as const) {
        const hidden = await without(origin, path)
        assert.deepEqual([hidden.status, hidden.header('access-control-allow-origin')], [401, undefined])
      }
    })
  })
}
