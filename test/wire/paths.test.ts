import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { AS_PAGE, startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { CONTAINER_PATHS } from '../kit/container-paths.ts'
import { loadedSite } from '../kit/gate.ts'

/**
 * One meaning for a path: what was judged is what is logged and what is forwarded, or the answer is 400. The application
 * behind is a recorder; what a real Tomcat makes of the same paths is in test/contract/tomcat.test.ts.
 */

let behind: BehindGate

before(async () => {
  behind = await startBehindGate({
    site: {
      rules: [
        { id: 'public', match: { path: '/public/**' }, allow: 'anyone' },
        { id: 'admin', match: { path: '/admin/**' }, allow: 'no-one' },
      ],
      'sign-out': { 'upstream-paths': ['/dcc/logout'] },
    },
  })
})

beforeEach(() => behind.arrived())

after(() => behind.stop())

/** Tricks by which `/public/**: anyone` could be stretched, or `/admin/**` be reached under another name. */
const REFUSED = {
  'P-01': [
    ...['/public/..;/admin', '/public/..;x=y/admin', '/public/;/..;/admin', '/public/.;/admin', '/..;/admin'],
    ...[
      '/public/%2e%2e;/admin',
      '/public/..%3b/admin',
      '/public%3b/../admin',
      '/admin%3bjsessionid=1',
      '/public/;/../admin',
    ],
  ],
  'P-02': [
    ...[
      '/public/../admin',
      '/public/%2e%2e/admin',
      '/public/.%2e/admin',
      '/public/%2E./admin',
      '/public/%2e/x',
      '/./admin',
    ],
    ...[
      '/public%2fx',
      '/public%2F..%2Fadmin',
      '/public/..%2fadmin',
      '/%2fadmin',
      '/public/..%5cadmin',
      '/public%5c..%5cadmin',
    ],
    ...[
      '/public/%252e%252e/admin',
      '/public/%252fadmin',
      '/public/%25252e/admin',
      '/public/%255cadmin',
      '/admin%253b',
      '/public/%25%32%65%25%32%65/admin',
      '/public/%25%32fadmin',
    ],
    ...[
      '/public/%c0%ae%c0%ae/admin',
      '/public/%e0%80%ae/admin',
      '/public/%c0%af/admin',
      '/%ff',
      '/public/%u002e%u002e/admin',
    ],
    ...[
      '/public/\xe9',
      '/public/\x80\x81',
      '/admin\xa0',
      '/public/%',
      '/public/%2',
      '/public/%zz',
      '/public/%0a/admin',
    ],
    ...['/admin%00', '/public/%00/../admin', '/admin%0d%0aX: 1', '/public/%7f', '/admin%C2%85', '/public/\x7f'],
  ],
  'P-07': ['/admin%0a/public', '/admin%0A/public/', '/public%0a/../admin', '/PUBLIC/../admin'],
  'P-03': ['/public/..\\admin', '\\admin', '/\\admin', '/public\\..\\admin', '/public/x\\'],
  'P-05': ['//admin', '///admin', '//evil.test/', '//', '//public/../admin'],
  'P-08': ['/admin/.', '/admin/..', '/x/..'],
  'P-10': [
    '*',
    'admin',
    'public/../admin',
    '?x',
    '/public/#/admin',
    '/admin#',
    'http:/admin',
    '*/x',
    '/*/../admin',
    'dcc.example.test:80',
    'dcc.example.test',
    '//*',
    'javascript:alert(1)',
    '#',
  ],
} as const

describe('paths that two readers could understand differently', () => {
  for (const [row, paths] of Object.entries(REFUSED)) {
    for (const path of paths) {
      it(`${row}: ${JSON.stringify(path)} is 400 for everybody and reaches nobody`, async () => {
        for (const ask of [behind.ask, behind.askSignedIn]) {
          const answer = await ask(`GET ${path}`, ...AS_PAGE)
          assert.equal(answer.status, 400)
          assert.match(answer.header('x-portillon') ?? '', /^(?:path-ambiguous|request-malformed)$/)
        }
        assert.equal(behind.arrived().length, 0)
      })
    }
  }
})

/** Other spellings of `/admin/…`: judged as `/admin/…`, whoever reads them. */
const DISGUISED = {
  'P-01': [
    '/admin;a=b',
    '/admin;jsessionid=1/',
    '/;x/admin',
    '/;/admin/users',
    '/admin;',
    '/admin;/users',
    '/admin;.;x/users',
  ],
  'P-02': ['/%61dmin', '/%61%64%6d%69%6e/users', '/a%64min/', '/adm%69n'],
  'P-05': ['/admin//users', '/admin///', '/;//admin', '/;x//admin/users'],
  'P-06': ['/admin?x=/public/', '/admin?/public', '/admin?/public/../', '/admin?%2fpublic', '/admin?;/public'],
  'P-08': ['/admin/', '/admin/users'],
} as const

describe('other spellings of a closed path', () => {
  for (const [row, paths] of Object.entries(DISGUISED)) {
    for (const path of paths) {
      it(`${row}: ${JSON.stringify(path)} is judged and logged as what it is, and not forwarded`, async () => {
        const before = behind.gate.log.length
        const answer = await behind.askSignedIn(`GET ${path}`)
        assert.equal(answer.status, 403)
        const refused = behind.gate.log.slice(before).find(({ message }) => message === 'request refused')
        assert.match(String(refused?.fields['path']), /^\/admin(?:\/(?:users)?)?$/)
        assert.equal(refused?.fields['detail'], 'admin')
        assert.ok([302, 403].includes((await behind.ask(`GET ${path}`, ...AS_PAGE)).status))
        assert.equal(behind.arrived().length, 0)
      })
    }
  }
})

/** Not `/public/…` as the rule says it, or not in its plain spelling: closed to strangers, open to people who are signed in. */
const NOT_PUBLIC = {
  'P-01': ['/public;x/a', '/public/;x', '/public/a;jsessionid=1', '/;/public/a'],
  'P-02': ['/%70ublic/a', '/public/%61', '/public/%7ea'],
  'P-05': ['/public//a', '/public/a//', '/x//public/a'],
  'P-06': ['/x?/public/', '/dcc/?return=/public/a', '/x?y=1/public/../'],
  'P-07': ['/publicX', '/public.', '/x/public/a', '/xpublic/a'],
  'P-08': ['/PUBLIC/a', '/Public/a', '/ADMIN', '/admin.', '/admin%20', '/public%20/a', '/public%C2%A0/a'],
} as const

describe('what is not quite a public path', () => {
  for (const [row, paths] of Object.entries(NOT_PUBLIC)) {
    for (const path of paths) {
      it(`${row}: ${JSON.stringify(path)} needs a session, and is then forwarded as it was written`, async () => {
        assert.equal((await behind.ask(`GET ${path}`, ...AS_PAGE)).status, 302)
        assert.equal((await behind.ask(`GET ${path}`, 'Accept: application/json')).status, 401)
        assert.equal(behind.arrived().length, 0)
        assert.equal((await behind.askSignedIn(`GET ${path}`)).status, 200)
        assert.equal(behind.onlyArrived().target, path)
      })
    }
  }

  it('P-09: an open path is open for reading, and for no other method', async () => {
    for (const method of ['GET', 'HEAD']) assert.equal((await behind.ask(`${method} /public/a`)).status, 200)
    assert.equal(behind.arrived().length, 2)
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const { status } = await behind.ask(`${method} /public/a`, 'Content-Length: 0')
      assert.ok([303, 401].includes(status), `${method}: ${status}`)
    }
    assert.equal(behind.arrived().length, 0)
  })

  it('P-10: OPTIONS of the server as a whole is nobody’s to answer here, and asks no rule', async () => {
    for (const ask of [behind.ask, behind.askSignedIn]) {
      const answer = await ask('OPTIONS *', 'Content-Length: 0')
      assert.deepEqual([answer.status, answer.header('x-portillon')], [400, 'path-ambiguous'])
    }
    assert.equal((await behind.askSignedIn('CONNECT dcc.example.test:80')).status, 501)
    assert.equal(behind.arrived().length, 0)
  })

  it('H-11: another address in a header changes neither the judgement nor what is forwarded', async () => {
    const headers = ['X-Original-URL', 'X-Rewrite-URL', 'X-Forwarded-Uri', 'X-Original-URI', 'X-Forwarded-Prefix'].map(
      (name) => `${name}: /public/a`,
    )
    headers.push('X-HTTP-Method-Override: DELETE', 'X-HTTP-Method: DELETE', 'X-Method-Override: DELETE')
    assert.equal((await behind.ask('GET /dcc/', ...AS_PAGE, ...headers)).status, 302)
    assert.equal((await behind.askSignedIn('GET /admin/', ...headers)).status, 403)
    assert.equal((await behind.askSignedIn('GET /dcc/', ...headers)).status, 200)
    const request = behind.onlyArrived()
    assert.equal(request.startLine, 'GET /dcc/ HTTP/1.1')
    assert.doesNotMatch(request.raw.toString('latin1'), /public|DELETE/)
  })

  it('P-10: the absolute form is the same request when it names this host, and 400 when it names another', async () => {
    const { host } = behind.gate
    assert.equal((await behind.askSignedIn(`GET http://${host}/dcc/a?b=1`)).status, 200)
    assert.equal(behind.onlyArrived().target, '/dcc/a?b=1')
    assert.equal((await behind.askSignedIn(`GET https://${host}?b`)).status, 200)
    assert.equal(behind.onlyArrived().target, '/?b')
    assert.equal((await behind.askSignedIn(`GET http://${host}/admin/`)).status, 403)
    for (const other of ['evil.test', `${host}:80`, `x@${host}`, `${host}@evil.test`, `${host}.`, ''])
      assert.equal((await behind.askSignedIn(`GET http://${other}/dcc/`)).status, 400, other)
    assert.equal(behind.arrived().length, 0)
  })
})

describe('P-14: what belongs to the servlet container', () => {
  for (const path of CONTAINER_PATHS) {
    it(`P-14: ${path} is 403 for everybody, and never reaches the application`, async () => {
      for (const ask of [behind.ask, behind.askSignedIn]) {
        for (const method of ['GET', 'POST']) {
          const answer = await ask(`${method} ${path}`, ...AS_PAGE, 'Content-Length: 0')
          assert.deepEqual([answer.status, answer.header('x-portillon')], [403, 'forbidden'])
        }
      }
      assert.equal(behind.arrived().length, 0)
    })
  }

  it('P-14: names that only look like it are the application’s', async () => {
    for (const path of [
      '/managers',
      '/dcc/manager/',
      '/x/WEB-INFO/a',
      '/dcc/j_security_checks',
      '/manage',
      '/dcc/manager.jsp',
    ]) {
      assert.equal((await behind.askSignedIn(`GET ${path}`)).status, 200, path)
      assert.equal(behind.onlyArrived().target, path)
    }
  })

  it('P-14: a site whose application needs one of these doors opens it by name, and leaves the others closed', async () => {
    const open = await startBehindGate({ patience: { closed: ['/manager/**', '/**/WEB-INF/**'] } })
    try {
      const login = await open.askSignedIn('POST /dcc/j_security_check', 'Content-Length: 0')
      assert.equal(login.status, 200)
      assert.equal((await open.askSignedIn('GET /dcc/web-inf/x')).status, 403)
    } finally {
      await open.stop()
    }
  })

  it('P-14: AJP is spoken to nobody: neither to visitors nor to an application', async () => {
    const [answer, ...more] = await behind.untilClosed('\x12\x34\x00\x05\x02\x02\x00\x08HTTP/1.1')
    assert.deepEqual([answer?.status, more.length], [501, 0])
    const site = { url: 'ajp://webdcr.internal:8009' }
    assert.throws(() => loadedSite({ upstream: site }), /"upstream"/)
    assert.equal(behind.arrived().length, 0)
  })
})

describe('the gate’s own prefix', () => {
  const PREFIX = '/_portillon'

  /** Spellings that some reader could take for a page of the gate. */
  const SPELLINGS = [
    ...[
      '/_PORTILLON/sign-in',
      '/_Portillon/',
      '/_portilloN',
      '/%5fportillon/sign-in',
      '/%5Fportillon/',
      '/_%70ortillon/sign-in',
    ],
    ...[
      '/_portillon;x=y/sign-in',
      '/_portillon;/',
      '/;/_portillon/sign-in',
      '/_portillon//sign-in',
      '/_portillon/;/sign-in',
    ],
    ...[
      '/_portillon/sign-out;x',
      '/_portillon/sign%2dout',
      '/_PORTILLON;x/sign-in',
      '/_portillon/dcc/logout',
      '/_portillon/admin',
    ],
    ...['/_portillon', '/_portillon/', '/_portillon/.well-known', '/_portillon/assets/..', '/_portillon/sign-in/..;/x'],
    ...[
      '/_portillon/%2e%2e/dcc',
      '/_portillon%2fsign-in',
      '/_portillon/..%2fdcc',
      '/x/../_portillon/sign-in',
      '//_portillon/sign-in',
    ],
    ...[
      '/_portillon\\sign-in',
      '/_portillon%00/',
      '/_portillon/assets/%2e%2e%2f%2e%2e%2fpackage.json',
      '/_portillon/sign-in/',
    ],
  ]

  for (const path of SPELLINGS) {
    it(`P-12: ${JSON.stringify(path)} is never forwarded, even for somebody signed in`, async () => {
      for (const ask of [behind.ask, behind.askSignedIn]) {
        const { status } = await ask(`GET ${path}`, ...AS_PAGE)
        assert.ok([400, 404].includes(status), `${status}`)
      }
      assert.equal(behind.arrived().length, 0)
    })
  }

  it('P-12: the pages themselves are the gate’s, with every method and every query', async () => {
    for (const start of [
      ...[`GET ${PREFIX}/sign-in`, `GET ${PREFIX}/sign-in?/dcc/`, `HEAD ${PREFIX}/sign-in`, `GET ${PREFIX}/jwks.json`],
      ...[`POST ${PREFIX}/sign-in`, `PUT ${PREFIX}/sign-in`, `DELETE ${PREFIX}/jwks.json`, `OPTIONS ${PREFIX}/session`],
      ...[`GET http://${behind.gate.host}${PREFIX}/signed-out`],
    ]) {
      const answer = await behind.askSignedIn(start, 'Content-Length: 0')
      assert.ok([200, 403, 405].includes(answer.status), `${start}: ${answer.status}`)
      assert.ok(answer.header('x-portillon') !== undefined, start)
    }
    assert.equal(behind.arrived().length, 0)
  })

  it('P-12: a name that only begins like it is the application’s, behind the sign-in', async () => {
    for (const path of [
      '/_portillonX',
      '/_portillon.',
      '/_portillon-theme/a.css',
      '/_p',
      '/x/_portillon/sign-in',
      '/_portillon%20/',
    ]) {
      assert.equal((await behind.ask(`GET ${path}`, ...AS_PAGE)).status, 302)
      await behind.askSignedIn(`GET ${path}`)
      assert.equal(behind.onlyArrived().target, path)
    }
  })

  it('P-13: nothing of the installation is served', async () => {
    for (const name of [
      'package.json',
      '.env',
      'portillon.css.map',
      'layout.eta',
      '',
      '%2e%2e',
      '..',
      'fr.json',
      ...['.git/config', '.htaccess', 'portillon.js.map', 'portillon.css%00.png', '%00', '..%2f..%2fpackage.json'],
      ...['..%5c..%5cpackage.json', 'icons/', 'portillon.css/', 'portillon.css/..', 'PORTILLON.CSS', '*'],
      'constructor',
      '__proto__',
    ]) {
      const { status } = await behind.ask(`GET ${PREFIX}/assets/${name}`)
      assert.ok([400, 404].includes(status), `${name}: ${status}`)
    }
  })
})
