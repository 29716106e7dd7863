import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPolicy, type Decision } from '../../src/policy/decide.ts'
import type { SiteFile } from '../../src/policy/schema.ts'
import { ANONYMOUS, type Subject } from '../../src/policy/subject.ts'
import { makeSite, person, targetOf } from './site.ts'

const NOON = Date.parse('2026-11-23T12:00:00Z')

const asking =
  (fields: Partial<SiteFile>, address?: string, now = NOON) =>
  (request: string, subject: Subject = ANONYMOUS): Decision => {
    const [method = '', url = ''] = request.split(' ')
    return createPolicy(makeSite(fields)).decide(targetOf(method, url), subject, { address, now })
  }

const twoWays: SiteFile['ways'] = [
  { id: 'mailed-code', methods: ['password', 'email-code'] },
  { id: 'strong', methods: ['password', 'email-code'], level: 2 },
]

describe('without a rule that matches', () => {
  const ask = asking({})

  it('a visitor without a session is asked to sign in', () => {
    assert.deepEqual(ask('GET /'), { verdict: 'sign-in', rule: 'default', reasons: ['no-session'] })
    assert.equal(ask('POST /dcc/x').verdict, 'sign-in')
  })

  it('whoever signed in by any way of the site passes', () => {
    assert.deepEqual(ask('GET /', person()), { verdict: 'allow', rule: 'default', reasons: ['signed-in'] })
  })

  it('a session of a way that the site no longer has is not enough', () => {
    assert.deepEqual(ask('GET /', person({ way: 'removed' })), {
      verdict: 'sign-in',
      rule: 'default',
      reasons: ['way-not-accepted'],
    })
  })
})

describe('a public rule', () => {
  const ask = asking({ rules: [{ id: 'public', match: { path: '/public/**' }, allow: 'anyone' }] })

  it('lets anyone read', () => {
    assert.deepEqual(ask('GET /public/x'), { verdict: 'allow', rule: 'public', reasons: ['public'] })
    assert.equal(ask('HEAD /public/x').verdict, 'allow')
    assert.equal(ask('GET /public/x', person({ way: 'removed' })).verdict, 'allow')
  })

  it('P-09: does not open methods that it does not name', () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      assert.deepEqual(
        ask(`${method} /public/x`),
        { verdict: 'sign-in', rule: 'default', reasons: ['no-session'] },
        method,
      )
    }
  })

  it('P-09: opens exactly the methods that it names', () => {
    const named = asking({
      rules: [{ id: 'public', match: { path: '/public/**', methods: ['OPTIONS'] }, allow: 'anyone' }],
    })
    assert.equal(named('OPTIONS /public/x').verdict, 'allow')
    assert.equal(named('GET /public/x').verdict, 'sign-in')
    assert.equal(named('HEAD /public/x').verdict, 'sign-in')
  })

  it('P-06: is not met by what stands in the query', () => {
    assert.equal(ask('GET /admin?x=/public/').verdict, 'sign-in')
    assert.equal(ask('GET /admin?/public/x').verdict, 'sign-in')
    assert.equal(ask('GET /?/public/').verdict, 'sign-in')
  })

  it('P-07: is not met by names that begin or end like it', () => {
    for (const path of ['/publicX', '/x/public/y', '/PUBLIC/x', '/public%20/x']) {
      assert.equal(ask(`GET ${path}`).verdict, 'sign-in', path)
    }
  })

  it('P-01, P-02, P-05: is not opened by another spelling of its paths', () => {
    for (const url of ['/public;a=b/x', '/public//x', '/%70ublic/x', '//public/x'.slice(1) + ';y']) {
      assert.deepEqual(
        ask(`GET ${url}`),
        { verdict: 'sign-in', rule: 'public', reasons: ['not-canonical', 'no-session'] },
        url,
      )
    }
  })

  it('is open in another spelling to whoever is signed in', () => {
    assert.deepEqual(ask('GET /public;a=b/x', person()), { verdict: 'allow', rule: 'public', reasons: ['signed-in'] })
  })
})

describe('a rule for nobody', () => {
  const ask = asking({ rules: [{ id: 'closed', match: { path: '/closed/**' }, allow: 'no-one' }] })

  it('denies, signed in or not, in every method and spelling', () => {
    for (const request of ['GET /closed', 'POST /closed/x', 'GET /closed;a=1/x', 'GET /%63losed/x']) {
      assert.deepEqual(ask(request), { verdict: 'deny', rule: 'closed', reasons: ['no-one'] }, request)
      assert.equal(ask(request, person({ roles: ['referent'], level: 3 })).verdict, 'deny', request)
    }
  })
})

describe('conditions of a rule', () => {
  const ruled = (allow: NonNullable<SiteFile['rules']>[number]['allow'], address?: string) =>
    asking({ ways: twoWays, rules: [{ id: 'r', match: { path: '/**' }, allow }] }, address)

  it('a missing role denies: signing in again would not help', () => {
    const ask = ruled({ roles: ['referent', 'admin'] })
    assert.deepEqual(ask('GET /', person({ roles: ['medecin'] })), {
      verdict: 'deny',
      rule: 'r',
      reasons: ['role-missing'],
    })
    assert.deepEqual(ask('GET /', person({ roles: ['x', 'admin'] })), {
      verdict: 'allow',
      rule: 'r',
      reasons: ['conditions-met'],
    })
    assert.equal(ask('GET /', person({ roles: ['Referent'] })).verdict, 'deny')
    assert.deepEqual(ask('GET /'), { verdict: 'sign-in', rule: 'r', reasons: ['no-session'] })
  })

  it('another way, or too low a level, asks for a better sign-in', () => {
    const byWay = ruled({ ways: ['strong'] })
    assert.deepEqual(byWay('GET /', person()), { verdict: 'sign-in', rule: 'r', reasons: ['way-not-accepted'] })
    assert.equal(byWay('GET /', person({ way: 'strong' })).verdict, 'allow')
    const byLevel = ruled({ level: 2 })
    assert.deepEqual(byLevel('GET /', person()), { verdict: 'sign-in', rule: 'r', reasons: ['level-too-low'] })
    assert.equal(byLevel('GET /', person({ level: 3 })).verdict, 'allow')
  })

  it('another network denies, before a password is asked for', () => {
    const networks = ['192.0.2.0/24', '2001:db8::/32']
    assert.equal(ruled({ networks }, '192.0.2.77')('GET /', person()).verdict, 'allow')
    assert.equal(ruled({ networks }, '2001:db8::1')('GET /', person()).verdict, 'allow')
    assert.deepEqual(ruled({ networks }, '198.51.100.1')('GET /', person()), {
      verdict: 'deny',
      rule: 'r',
      reasons: ['network-not-accepted'],
    })
    assert.deepEqual(ruled({ networks }, '198.51.100.1')('GET /').reasons, ['network-not-accepted', 'no-session'])
    assert.equal(ruled({ networks }, '192.0.2.77')('GET /').verdict, 'sign-in')
  })

  it('H-10: an address that is unknown or unreadable lies in no network', () => {
    const networks = ['0.0.0.0/0', '::/0']
    for (const address of [undefined, '', 'a', '192.0.2.1:80', '::1%eth0']) {
      assert.equal(ruled({ networks }, address)('GET /', person()).verdict, 'deny', String(address))
    }
  })

  it('must all hold, and every one that does not is told', () => {
    const ask = ruled({ roles: ['referent'], level: 2, ways: ['strong'], networks: ['192.0.2.0/24'] })
    assert.deepEqual(ask('GET /', person()).reasons, [
      'network-not-accepted',
      'role-missing',
      'way-not-accepted',
      'level-too-low',
    ])
    assert.equal(ask('GET /', person()).verdict, 'deny')
  })
})

describe('rules in their order', () => {
  const ask = asking({
    rules: [
      { id: 'read', match: { path: '/a/**', methods: ['GET'] }, allow: 'signed-in' },
      { id: 'write', match: { path: ['/a/**', '/b'] }, allow: { roles: ['writer'] } },
      { id: 'late', match: { path: '/b' }, allow: 'anyone' },
    ],
  })

  it('the first whose path and method match decides', () => {
    assert.equal(ask('GET /a/x', person()).rule, 'read')
    assert.equal(ask('POST /a/x', person()).rule, 'write')
    assert.equal(ask('GET /b').rule, 'write')
    assert.equal(ask('GET /c').rule, 'default')
  })
})

describe('the dates of a way', () => {
  const ways: SiteFile['ways'] = [
    { id: 'old', methods: ['password', 'email-code'], from: '2026-03-29', until: '2026-10-25' },
    { id: 'new', methods: ['password', 'email-code'], from: '2026-10-25' },
  ]
  const policy = createPolicy(makeSite({ ways }))
  const openAt = (moment: string) => policy.waysAt(Date.parse(moment), '192.0.2.1').open.map(({ id }) => id)

  it('count from midnight to midnight in Paris, both days included, when the clocks change too', () => {
    assert.deepEqual(openAt('2026-03-28T22:59:59.999Z'), [])
    assert.deepEqual(openAt('2026-03-28T23:00:00.000Z'), ['old'])
    assert.deepEqual(openAt('2026-10-24T21:59:59.999Z'), ['old'])
    assert.deepEqual(openAt('2026-10-24T22:00:00.000Z'), ['old', 'new'])
    assert.deepEqual(openAt('2026-10-25T22:59:59.999Z'), ['old', 'new'])
    assert.deepEqual(openAt('2026-10-25T23:00:00.000Z'), ['new'])
    assert.deepEqual(
      policy.waysAt(Date.parse('2026-10-26'), '192.0.2.1').closed.map(({ id }) => id),
      ['old'],
    )
  })

  it('end the sessions that the way opened: after its last day it proves nothing', () => {
    const decide = (moment: string) =>
      policy.decide(targetOf('GET', '/'), person({ way: 'old' }), { address: undefined, now: Date.parse(moment) })
    assert.equal(decide('2026-10-25T22:59:59Z').verdict, 'allow')
    assert.deepEqual(decide('2026-10-25T23:00:00Z'), { verdict: 'sign-in', rule: 'default', reasons: ['way-closed'] })
  })
})

describe('what else a policy tells', () => {
  const policy = createPolicy(
    makeSite({
      session: { background: ['/dcc/poll/**'] },
      'sign-out': { 'upstream-paths': ['/dcc/logout'] },
      rules: [
        { id: 'socket', match: { path: '/ws/**' }, allow: 'signed-in', origins: ['https://other.example.test'] },
        { id: 'hidden', match: { path: '/ws/in' }, allow: 'signed-in', origins: ['https://never.example.test'] },
      ],
    }),
  )

  it('which paths poll, and which sign out of the application', () => {
    assert.deepEqual(
      ['/dcc/poll', '/dcc/poll/1', '/dcc/pol'].map((path) => policy.isBackground(path)),
      [true, true, false],
    )
    assert.deepEqual(
      ['/dcc/logout', '/dcc/logout/x'].map((path) => policy.isUpstreamSignOut(path)),
      [true, false],
    )
  })

  it('which foreign origins may open a WebSocket: those of the rule that decides, and none elsewhere', () => {
    assert.deepEqual(policy.originsFor('GET', '/ws/in'), ['https://other.example.test'])
    assert.deepEqual(policy.originsFor('GET', '/x'), [])
  })

  it('one and the same decision for the same outcome: judging makes no object', () => {
    const ask = () => policy.decide(targetOf('GET', '/x'), ANONYMOUS, { address: undefined, now: NOON })
    assert.equal(ask(), ask())
    assert.ok(Object.isFrozen(ask()) && Object.isFrozen(ask().reasons))
  })
})
