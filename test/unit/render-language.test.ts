import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { languageOf } from '../../src/portal/language.ts'

describe('the language of a page', () => {
  const cases: readonly (readonly [string | undefined, 'fr' | 'en'])[] = [
    [undefined, 'fr'],
    ['', 'fr'],
    ['de-DE,de;q=0.9', 'fr'],
    ['fr-FR,fr;q=0.9,en;q=0.8', 'fr'],
    ['en-GB,en;q=0.9,fr;q=0.8', 'en'],
    ['EN', 'en'],
    ['de,en;q=0.5', 'en'],
    ['en;q=0.5,fr;q=0.7', 'fr'],
    ['en,fr', 'en'],
    ['fr,en', 'fr'],
    ['*', 'fr'],
    ['fr;q=0,*', 'en'],
    ['en;q=0', 'fr'],
    ['en;q=1.5', 'fr'],
    ['en;q=0.12345,fr;q=0.1', 'fr'],
    ['english', 'fr'],
    ['fr_FR, en', 'en'],
    [';;;,,,q=1,en ; Q=0.4', 'en'],
  ]
  for (const [header, expected] of cases) {
    it(`is ${expected} for ${header ?? 'no header'}`, () => assert.equal(languageOf(header), expected))
  }

  it('is one of ours whatever is sent', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (header) => ['fr', 'en'].includes(languageOf(header))))
  })

  it('costs nothing for a header of 64 kB', () => {
    for (const part of ['en;q=0.1,', 'a-', ' ', ',', 'en;q=0.0000', '*-*;']) {
      const header = part.repeat(65_536 / part.length)
      const before = process.hrtime.bigint()
      languageOf(header)
      assert.ok(process.hrtime.bigint() - before < 50_000_000n, part)
    }
  })
})
