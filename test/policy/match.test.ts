import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compilePattern, compilePatterns, covers } from '../../src/policy/match.ts'

const matching = (pattern: string, ...paths: string[]) => {
  const matches = compilePattern(pattern)
  for (const path of paths) assert.equal(matches(path), true, `${pattern} should match ${path}`)
}
const notMatching = (pattern: string, ...paths: string[]) => {
  const matches = compilePattern(pattern)
  for (const path of paths) assert.equal(matches(path), false, `${pattern} should not match ${path}`)
}

/** The same language as a regular expression: slow on purpose-made paths, but written by nobody twice. */
const reference = (pattern: string): RegExp => {
  const segments = pattern.slice(1).split('/')
  const source = segments
    .map((segment) => {
      if (segment === '**') return '(?:/[^/]*)*'
      if (segment === '*') return '/[^/]+'
      return `/${segment.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*')}`
    })
    .join('')
  return new RegExp(`^${source}$`)
}

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 3 })
const globWord = fc
  .string({ unit: fc.constantFrom('a', 'b', '*'), minLength: 1, maxLength: 4 })
  .map((text) => text.replace(/\*+/g, '*'))
const patterns = fc
  .array(fc.oneof({ weight: 1, arbitrary: fc.constant('**') }, { weight: 3, arbitrary: globWord }), {
    minLength: 1,
    maxLength: 5,
  })
  .map((segments) => `/${segments.join('/')}`)
const paths = fc.array(word, { minLength: 1, maxLength: 6 }).map((segments) => `/${segments.join('/')}`)

/** A pattern, one that speaks of more or of something else, and a path of the first. */
const widened = fc
  .array(
    fc.record({
      segment: fc.oneof(fc.constant('**'), globWord),
      instead: fc.option(fc.constantFrom('*', '**', 'a*', 'a'), { nil: undefined, freq: 2 }),
      filling: fc.array(fc.constantFrom('a', 'b', 'ab'), { minLength: 1, maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => ({
    narrow: `/${parts.map(({ segment }) => segment).join('/')}`,
    wide: `/${parts.map(({ segment, instead }) => instead ?? segment).join('/')}`,
    path: `/${parts.flatMap(({ segment, filling }) => (segment === '**' ? filling : segment.replaceAll('*', filling[0] ?? ''))).join('/')}`,
  }))

describe('path patterns', () => {
  it('P-07: without a star, match that path and nothing around it', () => {
    matching('/public', '/public')
    notMatching('/public', '/publicX', '/x/public', '/public/', '/public/x', '/Public', '/publi', '/')
  })

  it('P-07: of a folder, match the folder, what is below it, and no longer name', () => {
    matching('/dcc/**', '/dcc', '/dcc/', '/dcc/a', '/dcc/a/b/')
    notMatching('/dcc/**', '/dccX', '/dccX/a', '/x/dcc/a', '/DCC/a', '/dc', '/')
  })

  it('let * stand for characters of one segment, never for a slash', () => {
    matching('/a/*.js', '/a/x.js', '/a/.js', '/a/x.min.js')
    notMatching('/a/*.js', '/a/b/x.js', '/a/x.jsp', '/a/x.js/')
    matching('/a/*/c', '/a/b/c')
    notMatching('/a/*/c', '/a//c', '/a/b/b/c', '/a/c')
    matching('/x*y*z', '/xyz', '/x1y2z', '/xyyzz')
    notMatching('/x*y*z', '/xz', '/xzy', '/xy')
    notMatching('/ab*ba', '/aba')
  })

  it('let ** stand for any number of segments, none included', () => {
    matching('/**', '/', '/a', '/a/b/')
    matching('/**/WEB-INF/**', '/WEB-INF', '/dcc/WEB-INF/web.xml', '/a/b/WEB-INF/')
    notMatching('/**/WEB-INF/**', '/dcc/WEB-INFO/x', '/dcc/xWEB-INF')
    matching('/a/**/b/*/c', '/a/b/x/c', '/a/y/b/b/x/c')
    notMatching('/a/**/b/*/c', '/a/b/c', '/a/b/x/c/d')
  })

  it('match what the same pattern as a regular expression matches', () => {
    fc.assert(
      fc.property(patterns, paths, (pattern, path) => compilePattern(pattern)(path) === reference(pattern).test(path)),
      { numRuns: 5_000 },
    )
  })

  it('in a list, match what any of them matches; an empty list matches nothing', () => {
    const matches = compilePatterns(['/a', '/b/**', '/c'])
    assert.deepEqual(['/a', '/b/x', '/c', '/d'].map(matches), [true, true, true, false])
    assert.equal(compilePatterns([])('/a'), false)
  })

  it('P-07: take less than 5 ms on the longest path, however it is made', () => {
    const hostile = [
      ['/a*a*a*a*a*a*a*b', `/${'a'.repeat(8_000)}`],
      ['/**/a/**/a/**/a/**/b', '/a'.repeat(4_000)],
      ['/**/*a*a*a*b/**', `/${'a'.repeat(90)}`.repeat(88)],
      ['/**/a/a/a/a/a/a/b/**/c', '/a'.repeat(4_000)],
    ] as const
    for (const [pattern, path] of hostile) {
      const matches = compilePattern(pattern)
      assert.equal(matches(path), false)
      // The best of several: whatever else the machine does takes none of it away from the pattern.
      const times = Array.from({ length: 7 }, () => {
        const began = performance.now()
        matches(path)
        return performance.now() - began
      })
      const took = Math.min(...times)
      assert.ok(took < 5, `${pattern} took ${took.toFixed(1)} ms`)
    }
  })
})

describe('a pattern that covers another', () => {
  it('is recognised for folders, stars and lists of segments', () => {
    const pairs = [
      ['/**', '/'],
      ['/**', '/a/**'],
      ['/a/**', '/a'],
      ['/a/**', '/a/b/*/c'],
      ['/a/*', '/a/b'],
      ['/a/*', '/a/b*'],
      ['/**/x/**', '/a/x/b'],
      ['/a/*.js', '/a/x.js'],
    ] as const
    for (const [wide, narrow] of pairs) assert.equal(covers(wide, narrow), true, `${wide} covers ${narrow}`)
  })

  it('is not taken for one that only meets it', () => {
    const pairs = [
      ['/a/**', '/**'],
      ['/a/*', '/a/**'],
      ['/a', '/a/'],
      ['/a/*.js', '/a/*'],
      ['/a/b', '/a/*'],
      ['/*/**', '/**'],
    ] as const
    for (const [wide, narrow] of pairs) assert.equal(covers(wide, narrow), false, `${wide} does not cover ${narrow}`)
  })

  it('matches every path that the covered one matches', () => {
    let tried = 0
    fc.assert(
      fc.property(widened, ({ wide, narrow, path }) => {
        assert.ok(compilePattern(narrow)(path), `${narrow} should match ${path}`)
        if (!covers(wide, narrow)) return
        tried += 1
        assert.ok(compilePattern(wide)(path), `${wide} should match ${path}`)
      }),
      { numRuns: 3_000 },
    )
    assert.ok(tried > 500, `the property was hardly tried: ${tried} times`)
  })
})
