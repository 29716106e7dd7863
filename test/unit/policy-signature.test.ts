import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parseSite } from '../../src/policy/load.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { NOW, problemsOf, siteText } from '../policy/site-text.ts'

const folder = createTempFolder('signature')
const site = join(folder.path, 'site.yaml')
const SECRET = 'canary-0123456789-0123456789-0123456789'

const put = (content: string, mode = 0o600): void => {
  const file = join(folder.path, 'secret')
  writeFileSync(file, content)
  chmodSync(file, mode)
}

const textWith = (signature: string, more = ''): string =>
  siteText({ identity: `identity: { assertion: { audience: webdcr }, signature: { ${signature} } }`, more })

const GOOD = 'key-id: dcc-2026, secret-file: secret'

const only = (text: string) => {
  const [problem, ...others] = problemsOf(text, site)
  assert.deepEqual(others, [])
  assert.ok(problem !== undefined)
  assert.doesNotMatch(JSON.stringify(problem), /canary/)
  return problem
}

describe('the setting identity.signature', () => {
  it('reads its secret from a file beside the site file, and lives a minute', () => {
    put(`${SECRET}\n`)
    const loaded = parseSite(textWith(GOOD), site, { now: NOW })
    assert.ok(loaded.ok, JSON.stringify(loaded))
    assert.equal(loaded.value.signatureSecret, SECRET)
    assert.deepEqual(loaded.value.site.identity.signature, {
      'key-id': 'dcc-2026',
      'secret-file': join(folder.path, 'secret'),
      lifetime: 60_000,
    })
    assert.deepEqual([...loaded.value.warnings], [])
  })

  it('is off unless it is given', () => {
    const loaded = parseSite(siteText(), site, { now: NOW })
    assert.ok(loaded.ok)
    assert.deepEqual([loaded.value.signatureSecret, loaded.value.site.identity.signature], [null, undefined])
  })

  it('G-06: does not start with a secret that others can read, that is not there, or that is none', () => {
    put(SECRET, 0o644)
    assert.match(only(textWith(GOOD)).remedy, /its mode is 0644: run `chmod 600 /)
    put(SECRET, 0o640)
    assert.deepEqual(problemsOf(textWith(GOOD), site), [])
    for (const content of ['canary-is-too-short', `canary ${SECRET}`, `${SECRET}\n${SECRET}`, `${SECRET}é`]) {
      put(content)
      const problem = only(textWith(GOOD))
      assert.equal(problem.path, 'identity.signature.secret-file')
      assert.match(problem.expected, /one line of at least 32 printable ASCII characters/, content)
    }
    put('')
    assert.match(only(textWith(GOOD)).remedy, /is empty/)
    assert.match(only(textWith('key-id: x, secret-file: nowhere')).remedy, /no such file/)
  })

  it('lives neither shorter than clocks differ nor longer than a captured request may be good', () => {
    put(SECRET)
    for (const lifetime of ['4s', '121s', '1h']) {
      const problem = only(textWith(`${GOOD}, lifetime: ${lifetime}`))
      assert.deepEqual([problem.path, problem.expected], ['identity.signature.lifetime', '5s to 2m'])
    }
    for (const lifetime of ['5s', '2m'])
      assert.deepEqual(problemsOf(textWith(`${GOOD}, lifetime: ${lifetime}`), site), [])
  })

  it('is not for a site whose own proxy carries the data', () => {
    put(SECRET)
    const problem = only(textWith(GOOD, 'forward-auth: { enabled: true }'))
    assert.equal(problem.path, 'identity.signature')
    assert.match(problem.expected, /that proxy writes what the application receives/)
  })

  it('H-16: leaves no plain header the name of a signature', () => {
    for (const name of ['Signature', 'signature-input', 'SIGNATURE']) {
      const text = siteText({ identity: `identity: { assertion: { audience: webdcr }, headers: { ${name}: login } }` })
      assert.equal(only(text).path, `identity.headers.${name}`)
    }
  })
})
