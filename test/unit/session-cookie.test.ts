import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRequire } from 'node:module'
import { systemRandom } from '../../src/lib/random.ts'
import { createCookieVerifier, findCookie, SEVERAL, withVerifiedCookie } from '../../src/session/cookie.ts'
import { timeLeft } from '../../src/session/lifetime.ts'
import { sessionRecord } from '../kit/session-records.ts'

/** The very code with which express-session signs and writes. */
const require = createRequire(createRequire(import.meta.url).resolve('express-session'))
const { sign } = require('cookie-signature') as { sign: (value: string, secret: string) => string }

const SECRET = 'first secret of the test, long enough'
const NAME = '__Host-portillon'
const id = systemRandom.token(24)
const cookieOf = (value: string, secret = SECRET): string => encodeURIComponent(`s:${sign(value, secret)}`)

describe('finding the session cookie', () => {
  const find = (header: string) => findCookie(header, `${NAME}=`)

  it('finds it wherever it stands, and nothing that only looks like it', () => {
    assert.equal(find(`${NAME}=abc`), 'abc')
    assert.equal(find(`a=1; ${NAME}=abc; b=2`), 'abc')
    assert.equal(find(`a=1;${NAME}=abc;b=2`), 'abc')
    assert.equal(find(`a=1;\t ${NAME}=abc \t`), 'abc')
    assert.equal(find(`${NAME}=`), '')
    assert.equal(find(''), undefined)
    assert.equal(find(NAME), undefined)
    assert.equal(find(`x${NAME}=abc`), undefined)
    assert.equal(find(`a=${NAME}=abc`), undefined)
    assert.equal(find(`a=1 ${NAME}=abc`), undefined)
    assert.equal(find(`${NAME}-browser=abc`), undefined)
    assert.equal(find(`__host-portillon=abc`), undefined)
  })

  it('S-11: two different values are none, in both orders; the same value twice is one', () => {
    assert.equal(find(`${NAME}=ours; ${NAME}=theirs`), SEVERAL)
    assert.equal(find(`${NAME}=theirs; x=1; ${NAME}=ours`), SEVERAL)
    assert.equal(find(`${NAME}=ours; ${NAME}=`), SEVERAL)
    assert.equal(find(`${NAME}=ours; ${NAME}=ours`), 'ours')
    assert.equal(find(Array.from({ length: 1_000 }, (_, at) => `${NAME}=${at}`).join('; ')), SEVERAL)
  })
})

describe('verifying the session cookie', () => {
  const verify = createCookieVerifier(() => [SECRET, 'an older secret'])

  it('reads what express-session writes, signed by any of the secrets', () => {
    for (let round = 0; round < 50; round += 1) {
      const value = systemRandom.token(24)
      assert.equal(verify(cookieOf(value)), value)
      assert.equal(verify(cookieOf(value, 'an older secret')), value)
    }
  })

  it('S-19: anything else is not a session', () => {
    const good = cookieOf(id)
    const broken: Readonly<Record<string, string>> = {
      empty: '',
      'cut signature': good.slice(0, -1),
      'no signature': good.slice(0, good.indexOf('.')),
      'signature longer': `${good}A`,
      'other secret': cookieOf(id, 'a stranger'),
      'no prefix': encodeURIComponent(sign(id, SECRET)),
      'not encoded': `s:${sign(id, SECRET)}`,
      'encoded in lower case': good.replace('%3A', '%3a'),
      quoted: `"${good}"`,
      'other id under the signature': good.replace(id, systemRandom.token(24)),
      'JSON cookie': encodeURIComponent('j:{"a":1}'),
      '8 kB': `s%3A${'A'.repeat(8_192)}.${'A'.repeat(43)}`,
      '8 kB, well signed': cookieOf('A'.repeat(8_192)),
      'glob characters, well signed': cookieOf('*'.repeat(32)),
      'NUL, well signed': cookieOf(`${id.slice(1)}\0`),
      'newline, well signed': cookieOf(`${id.slice(1)}\n`),
      'path, well signed': cookieOf('../../../../../../../session:aaaa'),
      'shorter id, well signed': cookieOf(id.slice(1)),
    }
    for (const [what, value] of Object.entries(broken)) assert.equal(verify(value), undefined, what)
    assert.equal(verify(good), id)
  })

  it('follows a change of secrets, and refuses to begin without one', () => {
    let secrets = [SECRET]
    const following = createCookieVerifier(() => secrets)
    assert.equal(following(cookieOf(id)), id)
    secrets = ['a newer secret', SECRET]
    assert.equal(following(cookieOf(id)), id)
    assert.equal(following(cookieOf(id, 'a newer secret')), id)
    secrets = ['a newer secret']
    assert.equal(following(cookieOf(id)), undefined)
    secrets = []
    assert.equal(following(cookieOf(id, 'a newer secret')), undefined)
    assert.throws(() => createCookieVerifier(() => []), TypeError)
  })

  it('leaves in a header one verified cookie or none, and the others as they were', () => {
    const good = cookieOf(id)
    const clean = (header: string) => withVerifiedCookie(header, NAME, verify)
    assert.equal(clean(`a=1; ${NAME}=${good}; b="2 3"`), `${NAME}=${good}; a=1; b="2 3"`)
    assert.equal(clean(`${NAME}=${good}; ${NAME}=theirs; a=1`), 'a=1')
    assert.equal(clean(`${NAME} =theirs; ${NAME}=${good}`), `${NAME}=${good}`)
    assert.equal(clean(`${NAME}=theirs`), undefined)
    assert.equal(clean(`${NAME}; a=1`), 'a=1')
    assert.equal(clean('a=1; b=2'), 'a=1; b=2')
  })
})

describe('time left of a session', () => {
  const record = sessionRecord(0)

  it('S-07: ends when idle for too long, and at the absolute limit whatever happens', () => {
    assert.equal(timeLeft(record, 0, 0), record.idle)
    assert.equal(timeLeft(record, 60_000, 61_000), record.idle - 1_000)
    assert.equal(timeLeft(record, 0, record.idle), 0)
    assert.ok(timeLeft(record, 0, record.idle + 1) < 0)
    assert.equal(timeLeft(record, record.endsAt - 5, record.endsAt - 5), 5)
    assert.ok(timeLeft(record, record.endsAt + 5, record.endsAt + 5) < 0)
  })
})
