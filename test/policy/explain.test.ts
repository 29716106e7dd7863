import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPolicy } from '../../src/policy/decide.ts'
import { explain, type Explanation } from '../../src/policy/explain.ts'
import { ANONYMOUS, type Subject } from '../../src/policy/subject.ts'
import { supposeSubject } from '../../src/policy/supposed-subject.ts'
import { makeSite } from './site.ts'

const site = makeSite({
  ways: [
    { id: 'mailed-code', methods: ['password', 'email-code'] },
    { id: 'strong', methods: ['password', 'email-code'], level: 2 },
  ],
  'sign-out': { 'upstream-paths': ['/dcc/logout'] },
  session: { background: ['/dcc/poll'] },
  rules: [
    { id: 'assets', match: { path: '/dcc/static/**' }, allow: 'anyone' },
    { id: 'admin', match: { path: '/dcc/admin/**' }, allow: { roles: ['referent'] } },
  ],
})
const policy = createPolicy(site)

const ask = (method: string, url: string, subject: Subject = ANONYMOUS): Explanation =>
  explain(policy, { method, url, subject, address: undefined, now: 0 })

describe('an explanation', () => {
  it('names the rule that decides, why, and what did not fit of those before', () => {
    assert.deepEqual(ask('POST', '/dcc/static/x?y=1'), {
      kind: 'judged',
      target: { method: 'POST', raw: '/dcc/static/x?y=1', path: '/dcc/static/x', query: 'y=1', canonical: true },
      decision: { verdict: 'sign-in', rule: 'default', reasons: ['no-session'] },
      skipped: [
        { rule: 'assets', because: 'method' },
        { rule: 'admin', because: 'path' },
      ],
      isBackground: false,
      isSignOut: false,
    })
  })

  it('says what the gate would say: it asks the same policy', () => {
    const referent = supposeSubject(site, { roles: ['referent'] })
    assert.ok(referent)
    const explanation = ask('GET', '/dcc/admin/x', referent)
    assert.ok(explanation.kind === 'judged')
    assert.equal(explanation.decision, policy.decide(explanation.target, referent, { address: undefined, now: 0 }))
  })

  it('tells that a path polls or signs out', () => {
    const [polling, leaving] = [ask('GET', '/dcc/poll'), ask('GET', '/dcc/logout')]
    assert.ok(polling.kind === 'judged' && polling.isBackground && !polling.isSignOut)
    assert.ok(leaving.kind === 'judged' && leaving.isSignOut && !leaving.isBackground)
  })

  it('of an ambiguous path is that no rule is asked: refused 400, with the reason', () => {
    assert.deepEqual(ask('GET', '/dcc/static/..;/admin'), { kind: 'refused', status: 400, reason: 'dot-segment' })
    assert.deepEqual(ask('GET', '/dcc%2fadmin'), { kind: 'refused', status: 400, reason: 'encoded-delimiter' })
    assert.deepEqual(ask('GET', `/${'a'.repeat(9_000)}`), { kind: 'refused', status: 414, reason: 'too-long' })
  })

  it('takes a whole address as copied from a browser, and knows other hosts from ours', () => {
    const explanation = ask('GET', 'https://DCC.example.test/dcc/static/x?y')
    assert.ok(explanation.kind === 'judged')
    assert.equal(explanation.decision.rule, 'assets')
    assert.equal(ask('GET', 'https://dcc.example.test').kind, 'judged')
    assert.deepEqual(ask('GET', 'https://other.example.test/dcc'), {
      kind: 'refused',
      status: 421,
      reason: 'host-unknown',
    })
    assert.deepEqual(ask('GET', 'https://dcc.example.test:8443/'), {
      kind: 'refused',
      status: 421,
      reason: 'host-unknown',
    })
  })

  it('of a page of the gate is that no rule is asked, in any case of its letters', () => {
    for (const url of ['/_portillon', '/_portillon/sign-in', '/_PORTILLON/x'])
      assert.equal(ask('GET', url).kind, 'own', url)
    assert.equal(ask('GET', '/_portillonx').kind, 'judged')
  })
})

describe('an invented person', () => {
  it('came by the first way of the site, at its level, unless told otherwise', () => {
    assert.deepEqual(
      [supposeSubject(site, {})?.way, supposeSubject(site, {})?.level, supposeSubject(site, { way: 'strong' })?.level],
      ['mailed-code', 1, 2],
    )
    assert.equal(supposeSubject(site, { way: 'strong', level: 3 })?.level, 3)
    assert.equal(supposeSubject(site, { way: 'other' }), undefined)
  })
})
