import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { WebSocket } from 'ws'
import { parseTarget } from '../../src/lib/path.ts'
import { PERSON, startGate, type Gate } from '../kit/gate.ts'
import { sendRaw } from '../kit/raw-http.ts'
import { readProbe, startTomcat, type Tomcat } from '../kit/tomcat.ts'
import { createVisitor, signIn, type Visitor } from '../kit/visitor.ts'

// A rule is worth what the application makes of the path it allows. The application is a servlet container, so the reading
// of paths, headers and sessions is held against a real one: Debian's Tomcat 10 with its examples and a probe.

const ZOE = {
  ...PERSON,
  login: 'z.oeuvrard',
  givenName: 'Zoé',
  familyName: 'Œuvrard',
  email: 'zoe.oeuvrard@hopital.example.test',
  nationalId: '899900000004',
}

let tomcat: Tomcat
let gate: Gate
let visitor: Visitor

before(async () => {
  tomcat = await startTomcat()
  gate = await startGate({
    upstream: tomcat.url,
    people: [PERSON, ZOE],
    site: {
      rules: [
        { id: 'public', match: { path: ['/public', '/public/**'] }, allow: 'anyone' },
        { id: 'admin', match: { path: ['/admin', '/admin/**'] }, allow: { roles: ['administrator'] } },
      ],
    },
  })
  visitor = createVisitor(gate)
  await signIn(gate, visitor, '/')
})
after(async () => {
  await gate.stop()
  await tomcat.stop()
})

const ask = (port: number, host: string, target: string, ...headers: readonly string[]) =>
  sendRaw({ port }, [`GET ${target} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...headers, '', ''].join('\r\n'))

/** Everything that has two meanings somewhere: dots, slashes, parameters, escapes of them, and escapes of those. */
const PIECES = [
  ...[
    '/',
    '/',
    '//',
    '.',
    '..',
    '...',
    ';',
    ';a=b',
    ';jsessionid=1',
    '\\',
    '%',
    '?',
    '#',
    ' ',
    '\t',
    '*',
    ':',
    '@',
    '|',
    '^',
  ],
  ...[
    '%2e',
    '%2E',
    '%2f',
    '%2F',
    '%5c',
    '%3b',
    '%00',
    '%0a',
    '%20',
    '%25',
    '%32',
    '%65',
    '%252e',
    '%252f',
    '%3f',
    '%23',
  ],
  ...['%c0%ae', '%c3%a9', '%e9', '%ef%bc%8f', '%e2%81%84', '\xc3\xa9', '\xe9', '%61', '%4a', '%7e', '%u002e'],
  ...['a', 'public', 'admin', 'ADMIN', 'Admin', '%61dmin', 'adm%69n', 'examples', 'WEB-INF'],
]
const oddPath = fc
  .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 8 })
  .map((pieces) => `/${pieces.join('')}`)

/** One line a class of security.md, families P and F. */
const ODD_PATHS: Readonly<Record<string, readonly string[]>> = {
  'P-01': [
    '/public/..;/admin',
    '/public/..;x=y/admin/',
    '/admin;a=b',
    '/;x/admin',
    '/admin;jsessionid=1/',
    '/public;/../admin',
  ],
  'P-02': [
    '/public/%2e%2e/admin',
    '/public/%2e%2e%2fadmin',
    '/public%2f..%2fadmin',
    '/public/%252e%252e/admin',
    '/%61dmin',
  ],
  'P-02 bytes': [
    '/public/%c0%ae%c0%ae/admin',
    '/public/..%5cadmin',
    '/public/%ef%bc%8f../admin',
    '/adm\xefn',
    '/public/%e9',
  ],
  'P-03': ['/public/..\\admin', '/public\\..\\admin', '\\admin'],
  'P-05': ['//admin', '///admin', '/public//../admin', '/public/..//admin', '/./admin', '/public/../admin'],
  'P-06': ['/admin?x=/public/', '/admin?/public', '/admin?;/public/x', '/admin#/public/'],
  'P-08': ['/ADMIN', '/admin/', '/admin.', '/admin%20', '/admin%00', '/admin/.', '/admin/..', '/admin%0a/public'],
}

describe('a path means to the gate what it means to Tomcat', () => {
  it('P-01, P-02, P-05: every path that the gate accepts is the path by which Tomcat chooses', async () => {
    let compared = 0
    await fc.assert(
      fc.asyncProperty(oddPath, async (raw) => {
        const parsed = parseTarget('GET', raw)
        if (!parsed.ok) return
        const answer = await ask(tomcat.port, 'localhost', raw)
        if (answer.status >= 400 || !answer.text.includes('servlet-path: ')) return
        compared += 1
        assert.equal(parsed.value.path, readProbe(answer.text).path, raw)
      }),
      { numRuns: 2_000 },
    )
    assert.ok(compared > 100, `${compared} paths were compared`)
  })

  for (const [row, paths] of Object.entries(ODD_PATHS)) {
    it(`${row}: without a session nothing but the public part answers, whatever the spelling`, async () => {
      for (const path of paths) {
        const answer = await ask(gate.port, gate.host, path)
        if (answer.status === 200) assert.equal(readProbe(answer.text).servlet, 'public', path)
      }
    })

    it(`${row}: a person without the role never reaches the administration, whatever the spelling`, async () => {
      for (const path of paths) {
        const answer = await ask(gate.port, gate.host, path, `Cookie: ${visitor.cookieHeader()}`)
        if (answer.status === 200) assert.notEqual(readProbe(answer.text).servlet, 'admin', path)
      }
    })
  }

  it('P-01, P-02: neither does anybody by a spelling nobody has thought of', async () => {
    const signedIn = `Cookie: ${visitor.cookieHeader()}`
    await fc.assert(
      fc.asyncProperty(oddPath, async (path) => {
        const anonymous = await ask(gate.port, gate.host, path)
        if (anonymous.status === 200) assert.equal(readProbe(anonymous.text).servlet, 'public')
        const known = await ask(gate.port, gate.host, path, signedIn)
        if (known.status === 200 && known.text.includes('servlet: '))
          assert.notEqual(readProbe(known.text).servlet, 'admin')
      }),
      { numRuns: 500 },
    )
  })

  it('leaves every byte of an accepted path and query for Tomcat to see', async () => {
    const target = '/dcc/a%20b;x=1/%C3%A9t%c3%a9?q=a+b%20c%26d&lone=%&empty=&q=%E9;x'
    const seen = readProbe((await ask(gate.port, gate.host, target, `Cookie: ${visitor.cookieHeader()}`)).text)
    assert.equal(`${seen.uri}?${seen.query ?? ''}`, target)
  })
})

describe('Tomcat behind the gate', () => {
  it('H-01, H-03: is told who it is by the gate alone', async () => {
    const forged = [
      'X-Remote-User: somebody.else',
      'x_remote_user: somebody.else',
      'X-User-Rpps: 1',
      'Connection: X-Remote-User',
    ]
    const answer = await ask(gate.port, gate.host, '/dcc', `Cookie: ${visitor.cookieHeader()}`, ...forged)
    const { headers } = readProbe(answer.text)
    const told = (name: string) =>
      headers.filter(([other]) => other.replaceAll('_', '-') === name).map(([, value]) => value)
    assert.deepEqual(
      [told('x-remote-user'), told('x-user-rpps'), told('x-user-name')],
      [['c.exemple'], ['99900000003'], ['Camille Exemple']],
    )
    assert.match(told('x-portillon-assertion')[0] ?? '', /^[\w-]+\.[\w-]+\.[\w-]+$/)
    assert.ok(!answer.text.includes('__Host-portillon'), 'R2: the gate keeps its own cookies')
  })

  it('runs its JSP pages', async () => {
    const page = await visitor.page('/examples/jsp/jsp2/el/basic-arithmetic.jsp')
    assert.equal(page.status, 200)
    assert.match(page.body, /Basic Arithmetic/)
  })

  it('keeps its own sessions by its own cookie', async () => {
    const path = '/examples/servlets/servlet/SessionExample'
    const id = /Session ID:? ?(?:<[^>]*>)* ?([0-9A-F]{32})/
    const first = await visitor.page(path)
    const second = await visitor.page(`${path}?dataname=patient&datavalue=1024`)
    assert.equal(id.exec(second.body)?.[1] ?? 'none', id.exec(first.body)?.[1])
    assert.match((await visitor.page(path)).body, /patient = 1024/)
  })

  it('receives forms', async () => {
    const answer = await visitor.ask('/examples/servlets/servlet/RequestParamExample', {
      form: { firstname: 'Zoé', lastname: 'Œuvrard & fils' },
    })
    assert.equal(answer.status, 200)
    assert.match(answer.body, /Œuvrard &amp; fils/)
  })

  it('speaks WebSocket with who is signed in, and with nobody else', async () => {
    const connect = (cookie: string) =>
      new WebSocket(`ws://127.0.0.1:${gate.port}/examples/websocket/echoProgrammatic`, {
        headers: { host: gate.host, origin: gate.origin, cookie },
      })
    const socket = connect(visitor.cookieHeader())
    await once(socket, 'open')
    socket.send('Réunion de concertation')
    const [message] = (await once(socket, 'message')) as [Buffer]
    assert.equal(message.toString(), 'Réunion de concertation')
    socket.close()
    await once(socket, 'close')

    const [, refusal] = (await once(connect(''), 'unexpected-response')) as [unknown, { statusCode: number }]
    assert.equal(refusal.statusCode, 401)
  })
})

describe('a person behind the gate, as Tomcat sees them', () => {
  it('H-01: « Zoé Œuvrard » arrives in ASCII and decodes to her name', async () => {
    const colleague = createVisitor(gate)
    await signIn(gate, colleague, '/', ZOE.login)
    const { headers } = readProbe((await colleague.page('/dcc')).body)
    const [name = ''] = headers.filter(([other]) => other === 'x-user-name').map(([, value]) => value)
    assert.equal(name, 'Zo%C3%A9 %C5%92uvrard')
    assert.equal(decodeURIComponent(name), 'Zoé Œuvrard')
    assert.deepEqual(
      headers.filter(([other]) => other === 'x-remote-user').map(([, value]) => value),
      [ZOE.login],
    )
  })

  it('P-16: links with ;jsessionid= work for somebody signed in, whose browser keeps no cookie of Tomcat', async () => {
    const path = '/examples/servlets/servlet/SessionExample'
    const signedIn = `Cookie: ${visitor.cookieHeader().replace(/(?:; )?JSESSIONID=[^;]*/, '')}`
    const first = (await ask(gate.port, gate.host, path, signedIn)).text
    const id = /;jsessionid=([0-9A-F]{32})/.exec(first)?.[1]
    assert.ok(id !== undefined, 'Tomcat wrote no such link')
    const link = `${path};jsessionid=${id}?dataname=patient&datavalue=1025`
    assert.equal((await ask(gate.port, gate.host, link, signedIn)).status, 200)
    const again = await ask(gate.port, gate.host, `${path};jsessionid=${id}`, signedIn)
    assert.match(again.text, /patient = 1025/)
    // Without the gate's session such a link opens nothing.
    assert.equal((await ask(gate.port, gate.host, link)).status, 302)
  })
})

/** What the gate makes of a path, written down by hand, and what Tomcat then serves: equal, or the answer was 400. */
const READINGS: readonly (readonly [path: string, judged: string | 400])[] = [
  ['/public/a', '/public/a'],
  ['/public/..;/admin', 400],
  ['/public/..;x=y/admin', 400],
  ['/admin;a=b', '/admin'],
  ['/;x/admin', '/admin'],
  ['/admin;jsessionid=1/', '/admin/'],
  ['/admin;a=b/users;c', '/admin/users'],
  ['/public/;/a', '/public/a'],
  ['/public/%2e%2e/admin', 400],
  ['/public/%2e/a', 400],
  ['/public/%2e%2e;/admin', 400],
  ['/public%2fa', 400],
  ['/public/..%5cadmin', 400],
  ['/public/%252e%252e/admin', 400],
  ['/public/%25%32%65%25%32%65/admin', 400],
  ['/public/%c0%ae%c0%ae/admin', 400],
  ['/public/%e9', 400],
  ['/%61dmin', '/admin'],
  ['/public/%C3%A9t%C3%A9', '/public/été'],
  ['//admin', 400],
  ['/a//b', '/a/b'],
  ['/public//admin', '/public/admin'],
  ['/public///', '/public/'],
  ['/ADMIN', '/ADMIN'],
  ['/admin/', '/admin/'],
  ['/admin.', '/admin.'],
  ['/admin%20', '/admin '],
  ['/admin%00', 400],
  ['/admin/.', 400],
  ['/admin%3b', 400],
  ['/admin%0a/public', 400],
]

describe('P-01, P-02, P-05, P-08: the gate’s reading and Tomcat’s, side by side', () => {
  for (const [path, judged] of READINGS) {
    it(`${path} is ${judged === 400 ? 'refused' : judged}`, async () => {
      const parsed = parseTarget('GET', path)
      assert.equal(parsed.ok ? parsed.value.path : 400, judged)
      const through = await ask(gate.port, gate.host, path, `Cookie: ${visitor.cookieHeader()}`)
      if (judged === 400) {
        assert.equal(through.status, 400)
        return
      }
      const straight = readProbe((await ask(tomcat.port, 'localhost', path)).text)
      assert.equal(straight.path, judged)
      if (straight.servlet === 'admin') assert.equal(through.status, 403)
      else assert.deepEqual([through.status, readProbe(through.text).path], [200, judged])
    })
  }
})

describe('a form that Tomcat does not read', () => {
  it('U-05: is answered all the same, though Tomcat closes with most of it unread', async () => {
    const body = Buffer.alloc(12_000_000, 'x')
    for (let round = 0; round < 3; round += 1) {
      const head = ['POST /admission HTTP/1.1', `Host: ${gate.host}`, `Cookie: ${visitor.cookieHeader()}`]
      const start = [...head, 'Content-Type: application/octet-stream', `Content-Length: ${body.length}`, '', '']
      const answer = await sendRaw({ port: gate.port }, Buffer.concat([Buffer.from(start.join('\r\n')), body]))
      assert.equal(answer.status, 200)
      assert.equal(readProbe(answer.text).path, '/admission')
    }
  })
})
