import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { AS_PAGE, startBehindGate, verifyAssertion, type BehindGate } from '../kit/behind-gate.ts'
import { sendRawAll } from '../kit/raw-http.ts'
import { plainAnswer } from '../kit/upstream.ts'
import { createVisitor, openSignIn, signIn } from '../kit/visitor.ts'

/** Names and values that somebody chose with care: of probes, of prototypes, of cookies, and of people. */

let behind: BehindGate

before(async () => {
  behind = await startBehindGate({
    site: {
      rules: [{ id: 'public', match: { path: '/public/**' }, allow: 'anyone' }],
      'email-code': { from: 'WebDCR@example.test', 'per-hour': 60 },
    },
  })
})
beforeEach(() => {
  behind.arrived()
  behind.upstream.answerWith(() => plainAnswer('200 OK', 'of the application'))
})
after(() => behind.stop())

const PROBES = [
  ...['kube-probe/1.30', 'ELB-HealthChecker/2.0', 'GoogleHC/1.0', 'Consul Health Check', 'HAProxy/2.8', 'curl/8.10.1'],
  ...[
    'Prometheus/2.53',
    'Zabbix',
    'check_http/v2.3 (nagios-plugins)',
    'UptimeRobot/2.0',
    'Pingdom.com_bot_version_1.4',
  ],
]

describe('H-12: what looks like a probe', () => {
  for (const agent of PROBES) {
    it(`H-12: ${agent} is asked to sign in like anybody, with GET and HEAD, whatever the query says`, async () => {
      for (const method of ['GET', 'HEAD']) {
        for (const path of [
          '/dcc/',
          '/dcc/?health',
          '/health',
          '/healthz',
          '/ping',
          '/dcc/status?probe=1',
          '/?ready=1',
        ]) {
          const probe = [`User-Agent: ${agent}`, 'X-Health-Check: 1', 'X-Probe: true']
          const page = await behind.ask(`${method} ${path}`, ...AS_PAGE, ...probe)
          const script = await behind.ask(`${method} ${path}`, 'Accept: application/json', ...probe)
          assert.deepEqual([page.status, script.status], [302, 401], `${method} ${path}`)
        }
      }
      assert.equal(behind.arrived().length, 0)
    })
  }
})

const PROTOTYPE = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__']

describe('F-21: names that every object has', () => {
  /** What a polluted prototype would show, on any object at all. */
  const assertClean = () => {
    assert.deepEqual(Object.keys(Object.prototype), [])
    assert.equal(Reflect.get({}, 'polluted'), undefined)
    assert.equal(typeof {}.toString, 'function')
  }

  for (const name of PROTOTYPE) {
    it(`F-21: ${name} as a header, a cookie, a key of a query or of a form changes nothing`, async () => {
      const odd = [`${name}: polluted`, `Cookie: ${name}=polluted; ${name}[polluted]=1; a=1`]
      const query = `?${name}=polluted&${name}[polluted]=1&${name}.polluted=1&a[${name}]=1`
      assert.equal((await behind.askSignedIn(`GET /dcc/${query}`, ...odd)).status, 200)
      const request = behind.onlyArrived()
      assert.equal(request.target, `/dcc/${query}`)
      assert.match(request.header('cookie') ?? '', new RegExp(`^${name}=polluted; .*; a=1$`))
      assert.equal((await behind.ask(`GET /dcc/${query}`, ...AS_PAGE, ...odd)).status, 302)
      assert.equal((await behind.ask(`GET /${name}/${name}`, ...AS_PAGE)).status, 302)
      for (const path of ['sign-in', 'session', 'signed-out', 'kept-form', 'sign-in/code', name])
        assert.ok(
          (await behind.ask(`GET /_portillon/${path}${query}&to=${name}&why=${name}`, ...AS_PAGE, ...odd)).status < 500,
        )
      const visitor = createVisitor(behind.gate)
      const fields = await openSignIn(visitor)
      for (const form of [
        { ...fields, [name]: 'polluted', [`${name}[polluted]`]: '1', login: name, password: name },
        { ...fields, way: name, to: name, login: 'x', password: 'y' },
        { [name]: 'polluted' },
      ]) {
        const { status } = await visitor.ask('/_portillon/sign-in', { form: Object.entries(form) })
        assert.ok(status >= 400 && status < 500, `${status}`)
      }
      assertClean()
      assert.equal((await behind.askSignedIn('GET /dcc/')).status, 200)
    })
  }

  it('F-21: such names in answers of the application are names like others', async () => {
    for (const name of PROTOTYPE) {
      behind.upstream.answerWith(() =>
        plainAnswer('200 OK', 'x', [`${name}: 1`, `Set-Cookie: ${name}=1`, `Connection: ${name}x`]),
      )
      const answer = await behind.askSignedIn('GET /dcc/')
      assert.deepEqual([answer.status, answer.header(name)], [200, '1'])
      assert.deepEqual(answer.all('set-cookie'), [`${name}=1; Secure; SameSite=Lax`])
    }
    assertClean()
  })
})

describe('S-11: cookies that somebody else planted', () => {
  const ours = () => behind.signedIn.replace('Cookie: ', '')
  const session = () => /__Host-portillon=[^;]*/.exec(behind.signedIn)?.[0] ?? ''
  const statusWith = async (...lines: readonly string[]) =>
    (await behind.ask('GET /dcc/', 'Accept: application/json', ...lines.map((line) => `Cookie: ${line}`))).status

  it('S-11: beside ours, in both orders and in lines of their own: nobody is signed in', async () => {
    const foreign = '__Host-portillon=s%3AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    for (const lines of [
      ...[[`${ours()}; ${foreign}`], [`${foreign}; ${ours()}`], [ours(), foreign], [foreign, ours()]],
      ...[[`${ours()}; __Host-portillon=`], ['__Host-portillon=x', ours()]],
    ])
      assert.equal(await statusWith(...lines), 401)
    assert.equal(behind.arrived().length, 0)
  })

  it('S-11: of 1,000 duplicates none is anybody; the same one twice is the same', async () => {
    const many = Array.from({ length: 1_000 }, (_, at) => `__Host-portillon=${at}`)
    assert.equal(await statusWith(many.join('; ')), 401)
    assert.equal(await statusWith([...many, ours()].join('; ')), 401)
    assert.equal(await statusWith(`${ours()}; ${session()}`), 200)
  })

  it('S-11: a name without a value, a value without a name, another case: not ours, and nothing of it goes on', async () => {
    for (const line of [
      '__Host-portillon',
      `=${session()}`,
      session().replace('__Host', '__host'),
      `portillon${session().slice(16)}`,
    ])
      assert.equal(await statusWith(line), 401, line.slice(0, 20))
    for (const line of ['__Host-portillon', `=${session()}`, ' ; ;', `a=1; =${session()}`]) {
      const { status } = await behind.ask('GET /dcc/', 'Accept: application/json', behind.signedIn, `Cookie: ${line}`)
      if (status === 200) assert.doesNotMatch(behind.onlyArrived().header('cookie') ?? '', /portillon/i)
      else assert.equal(status, 401)
    }
    assert.equal((await behind.askSignedIn('GET /dcc/')).status, 200)
  })
})

describe('S-16: visitors who never sign in', () => {
  it('S-16: thousands of requests without a cookie leave no key and no cookie, on protected, public and own pages', async () => {
    // What the sign-in before has left ends in its own time.
    const before = new Set(await behind.gate.app.store.scan('', 10_000))
    for (let round = 0; round < 20; round += 1) {
      const paths = Array.from(
        { length: 100 },
        (_, at) => `${['/dcc/', '/public/a', '/dcc/patient.jsp'][at % 3] ?? ''}?${round}${at}`,
      )
      const bytes = paths.map((path) => behind.request(`GET ${path}`, ...AS_PAGE)).join('')
      const answers = await sendRawAll(behind.at, bytes, paths.length)
      for (const answer of answers) {
        assert.ok([200, 302].includes(answer.status))
        assert.equal(answer.header('set-cookie'), undefined)
      }
    }
    const left = await behind.gate.app.store.scan('', 10_000)
    assert.deepEqual(
      left.filter((key) => !before.has(key)),
      [],
    )
  })
})

describe('H-15: control characters in what is known of a person', () => {
  it('H-15: never make a second header, nor a fault: the person is served, under one line each', async () => {
    const evil = 'Zo\u00e9\r\nX-Evil: root\r\n\r\nGET /smuggled HTTP/1.1\r\n\0\t\u0085\u2028\u001b[1m'
    const { database } = behind.gate.app
    await database.db
      .updateTable('accounts')
      .set({
        name: evil,
        given_name: evil,
        family_name: evil,
        national_id: `8\r\nX-Evil: 1`,
        roles: JSON.stringify([evil]),
      })
      .execute()
    const visitor = createVisitor(behind.gate)
    await signIn(behind.gate, visitor)
    behind.arrived()
    const answer = await behind.ask('GET /dcc/', `Cookie: ${visitor.cookieHeader()}`)
    assert.equal(answer.status, 200)
    const request = behind.onlyArrived()
    assert.equal(request.header('x-evil'), undefined)
    for (const name of ['x-remote-user', 'x-user-name', 'x-user-rpps', 'x-portillon-assertion'])
      assert.equal(request.all(name).length, 1, name)
    assert.match(request.header('x-user-name') ?? '', /^Zo%C3%A9 X-Evil: root GET \/smuggled/)
    assert.doesNotMatch(request.raw.toString('latin1').split('\r\n\r\n')[0] ?? '', /\r(?!\n)|(?<!\r)\n|\0/)
    const claims = await verifyAssertion(behind.gate, request.header('x-portillon-assertion'))
    assert.equal(claims['login'], 'c.exemple')
    for (const path of ['/_portillon/sign-in', '/_portillon/sign-out']) {
      const page = await visitor.page(path)
      assert.equal(page.status, 200)
      assert.equal(page.headers['x-evil'], undefined)
    }
  })
})
