import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { TargetRefusal } from '../../src/lib/ambiguous.ts'
import { MAX_TARGET_LENGTH, parseTarget } from '../../src/lib/path.ts'

const accepted = (raw: string) => {
  const parsed = parseTarget('GET', raw)
  assert.ok(parsed.ok, `${raw} should be served`)
  return parsed.value
}
const refusedAs = (raw: string, reason: TargetRefusal) => {
  assert.deepEqual(parseTarget('GET', raw), { ok: false, reason }, raw)
}

describe('a request target has one meaning or is refused', () => {
  it('keeps every byte of path and query for the application', () => {
    const raw = '/dcc/ui/patient.jsp?id=1024&onglet=rcp&q=a+b%20c%26d&vide=&vide=;x'
    assert.equal(accepted(raw).raw, raw)
    assert.equal(accepted(raw).path, '/dcc/ui/patient.jsp')
    assert.equal(accepted(raw).query, 'id=1024&onglet=rcp&q=a+b%20c%26d&vide=&vide=;x')
  })

  it('lets ISO-8859-1 bytes of old applications through in the query, where nothing is judged', () => {
    assert.equal(accepted('/recherche?nom=Lef\u00e8vre').query, 'nom=Lef\u00e8vre')
    refusedAs('/Lef\u00e8vre', 'bad-character')
  })

  it('P-01: judges the path without parameters, as Tomcat does, and refuses parameters that hide dot segments', () => {
    assert.equal(accepted('/admin;a=b').path, '/admin')
    assert.equal(accepted('/;x/admin').path, '/admin')
    assert.equal(accepted('/admin;jsessionid=1/').path, '/admin/')
    refusedAs('/public/..;/admin', 'dot-segment')
    refusedAs('/public/.;x/admin', 'dot-segment')
  })

  it('P-02: decodes once and refuses what would read differently when decoded again or earlier', () => {
    assert.equal(accepted('/%61dmin').path, '/admin')
    refusedAs('/a/%2e%2e/b', 'dot-segment')
    refusedAs('/a%2fb', 'encoded-delimiter')
    refusedAs('/a%5Cb', 'encoded-delimiter')
    refusedAs('/a%3Bb', 'encoded-delimiter')
    refusedAs('/a%00', 'encoded-delimiter')
    refusedAs('/a%0a', 'encoded-delimiter')
    refusedAs('/a/%252e%252e/b', 'double-encoding')
    refusedAs('/a%25252fb', 'double-encoding')
    refusedAs('/%c0%ae%c0%ae/', 'bad-utf-8')
    refusedAs('/%E9', 'bad-utf-8')
    refusedAs('/a%', 'bad-escape')
    refusedAs('/a%zz', 'bad-escape')
  })

  it('P-03: refuses backslashes, which browsers read as slashes', () => {
    refusedAs('/public/..\\admin', 'backslash')
  })

  it('P-05: judges repeated slashes as one and refuses them at the start', () => {
    assert.equal(accepted('/a//b').path, '/a/b')
    assert.equal(accepted('/a//b').canonical, false)
    refusedAs('//admin', 'network-path')
    refusedAs('///x', 'network-path')
  })

  it('knows the plain spelling of a path from every other spelling', () => {
    for (const plain of ['/', '/a/b.css', '/.well-known/x', '/a%20b', '/%C3%A9', '/a/']) {
      assert.equal(accepted(plain).canonical, true, plain)
    }
    for (const other of ['/%61', '/a;x', '/a//b', '/a%2D', '/a%7E']) {
      assert.equal(accepted(other).canonical, false, other)
    }
  })

  it('refuses what is not a path at all', () => {
    for (const raw of ['*', 'admin', '', 'http://dcc.example.test/', '/a#b']) refusedAs(raw, 'not-a-path')
    refusedAs('/a b', 'bad-character')
    refusedAs(`/${'a'.repeat(MAX_TARGET_LENGTH)}`, 'too-long')
  })

  it('never serves a path that decodes to a dot segment, a backslash, a control character or an escape', () => {
    const piece = fc.constantFrom(
      '/',
      '.',
      '..',
      ';',
      '%2e',
      '%2f',
      '%5c',
      '%25',
      '%32',
      '%65',
      '\\',
      'a',
      '%00',
      '%c0%ae',
      '//',
    )
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
        const parsed = parseTarget('GET', `/${pieces.join('')}`)
        if (!parsed.ok) return
        assert.doesNotMatch(parsed.value.path, /(?:^|\/)\.{1,2}(?:\/|$)|\\|\/\/|%(?:2e|2f|5c|25)/i)
      }),
      { numRuns: 5_000 },
    )
  })

  it('P-07: reads the longest odd path without backtracking (a pattern that did would not end within the time limit)', () => {
    for (const unit of ['/a', '/.', '%41', ';', '/;', 'a']) {
      const raw = `/${unit.repeat(Math.floor((MAX_TARGET_LENGTH - 10) / unit.length))}\u00e9`
      assert.equal(parseTarget('GET', raw).ok, false)
    }
  })
})
