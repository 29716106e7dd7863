import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createReturnTargets, staysOnSite } from '../../src/lib/return-target.ts'

const SITE = 'https://dcc.example.test'
const key = randomBytes(32)
const targets = createReturnTargets(() => [key])

/** One or more of each class that has led off a site somewhere. */
const PAYLOADS = [
  'https://evil.example',
  '//evil.example',
  '///evil.example',
  '////evil.example/%2f..',
  '/\\evil.example',
  '\\/evil.example',
  '\\\\evil.example',
  '/\\/evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '/\r\n/evil.example',
  '\t//evil.example',
  ' //evil.example',
  '/%09/evil.example',
  '/%5cevil.example',
  '/%2f/evil.example',
  '/.//evil.example',
  '/..//evil.example',
  '/a/..//evil.example',
  '/%2e%2e//evil.example',
  '/;//evil.example',
  '/;/evil.example',
  '//;@evil.example',
  'https:evil.example',
  'https:/evil.example',
  'http:///evil.example',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  '/javascript:alert(1)',
  'data:text/html,x',
  'evil.example',
  '@evil.example',
  '/@evil.example',
  '〱evil.example',
  '/〵evil.example',
  '/\u00a0/evil.example',
  '/\uff0fevil.example',
  '/\u2044evil.example',
  '/\u3002evil.example',
  'ht\ttps://evil.example',
  '#//evil.example',
  '?//evil.example',
  '/?to=//evil.example',
  '',
]

/** The list of oauth2-proxy, when it lies beside the checkout. */
const FILE = new URL('../../../shared/data/openredirects.txt', import.meta.url)
const published = (): string[] =>
  readFileSync(FILE, 'utf8')
    .split('\n')
    .filter((line) => line !== '')

const SOURCES: readonly (readonly [name: string, lines: () => readonly string[], least: number])[] = [
  ['payloads of our own, of every class', () => PAYLOADS, 40],
  ...(existsSync(FILE) ? [['the public list of oauth2-proxy', published, 500] as const] : []),
]

const decoded = (line: string): string[] => {
  try {
    return [decodeURIComponent(line)]
  } catch {
    return []
  }
}

describe('a return address cannot leave the site', () => {
  for (const [name, linesOf, least] of SOURCES)
    it(`R-01, R-02: whatever stays on the site resolves to its origin in a WHATWG parser: ${name}`, () => {
      const lines = linesOf()
      assert.ok(lines.length >= least)
      for (const line of lines.flatMap((text) => [text, ...decoded(text)])) {
        if (staysOnSite(line)) assert.equal(new URL(line, SITE).origin, SITE, JSON.stringify(line))
      }
    })

  it('R-01: refuses every payload that a WHATWG parser takes elsewhere', () => {
    const away = PAYLOADS.filter((line) => !URL.canParse(line, SITE) || new URL(line, SITE).origin !== SITE)
    assert.ok(away.length > 15)
    assert.deepEqual(away.filter(staysOnSite), [])
  })

  it('R17: opens only what was sealed here, for this site, with a key that is still known', () => {
    const sealed = targets.seal('onco-hdf', { path: '/dcc/ui/patient.jsp?id=1&q=%20+', restarts: 1 })
    assert.deepEqual(targets.open('onco-hdf', sealed), { path: '/dcc/ui/patient.jsp?id=1&q=%20+', restarts: 1 })
    assert.equal(targets.open('another-site', sealed), undefined)
    assert.equal(createReturnTargets(() => [randomBytes(32)]).open('onco-hdf', sealed), undefined)
    assert.deepEqual(createReturnTargets(() => [randomBytes(32), key]).open('onco-hdf', sealed)?.restarts, 1)
    assert.equal(targets.open('onco-hdf', `${sealed}x`), undefined)
    for (let at = 0; at < sealed.length; at += 1) {
      const other = sealed[at] === 'A' ? 'B' : 'A'
      const bent = `${sealed.slice(0, at)}${other}${sealed.slice(at + 1)}`
      assert.equal(targets.open('onco-hdf', bent), undefined, `character ${at}`)
    }
    for (const payload of PAYLOADS) assert.equal(targets.open('onco-hdf', payload), undefined)
  })

  it('R7: carries the handle of a kept form; an odd handle is none', () => {
    const form = 'h'.repeat(24)
    const target = { path: '/dcc/x?q=%20', restarts: 1, form }
    assert.deepEqual(targets.open('onco-hdf', targets.seal('onco-hdf', target)), target)
    for (const odd of ['', 'short', 'h'.repeat(25), '/', `${form} ${form}`]) {
      const sealed = targets.seal('onco-hdf', { ...target, form: odd })
      const opened = targets.open('onco-hdf', sealed)
      assert.equal(opened?.path, target.path)
      assert.ok(opened.form === undefined || opened.form === form)
    }
  })

  it('X-10: tells nobody who reads an address what it leads to, and is the same on each page', () => {
    const target = { path: '/dcc/ouvrir?nom=EXEMPLE&ins=260019900000045', restarts: 0 }
    const sealed = targets.seal('onco-hdf', target)
    assert.equal(targets.seal('onco-hdf', target), sealed)
    assert.notEqual(targets.seal('another-site', target), sealed)
    for (const encoding of ['latin1', 'base64url', 'base64'] as const) {
      const text = Buffer.from(sealed, encoding).toString('latin1')
      for (const word of ['EXEMPLE', '2600199', 'ouvrir']) assert.ok(!text.includes(word), word)
    }
  })

  it('R-01: seals the first page instead of a payload', () => {
    for (const line of PAYLOADS.filter((text) => !staysOnSite(text))) {
      assert.equal(targets.open('onco-hdf', targets.seal('onco-hdf', { path: line, restarts: 0 }))?.path, '/', line)
    }
  })

  it('gives every byte of a path back, ISO-8859-1 queries included', () => {
    const character = fc.integer({ min: 0x21, max: 0xff }).filter((code) => code !== 0x23 && code !== 0x7f)
    const query = fc.array(character, { maxLength: 200 }).map((codes) => String.fromCharCode(...codes))
    fc.assert(
      fc.property(query, (text) => {
        const path = `/dcc/x?${text}`
        assert.equal(targets.open('s', targets.seal('s', { path, restarts: 0 }))?.path, path)
      }),
    )
  })

  it('R-04: treats odd texts as no address at all', () => {
    for (const odd of ['%', '\0', 'a'.repeat(100_000), '.', 'a.b', '[object Object]', '__proto__']) {
      assert.equal(targets.open('onco-hdf', odd), undefined)
    }
  })
})
