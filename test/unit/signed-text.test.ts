import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { signedTextOf, type SignedText } from '../../src/methods/contextual-call/signed-text.ts'

const NAMES = ['a', 'b', 'c', 'd'] as const

const signed = (
  over: string,
  values: readonly string[],
  charset: 'utf-8' | 'iso-8859-1' = 'utf-8',
): SignedText & { readonly values: string } => {
  const signature = { parameter: 'sig', algorithm: 'hmac-sha256', encoding: 'hex', over } as const
  const named = new Map(values.map((value, at) => [NAMES[at] ?? '', value]))
  return { ...signedTextOf({ charset, signature }, named), values: values.join(',') }
}

const ambiguous = (over: string, ...values: readonly string[]): string => signed(over, values).ambiguous.join(' ')

/** Every way to cut the text at these separators, found by trying all of them. */
const cuts = (text: string, [separator, ...others]: readonly string[]): readonly (readonly string[])[] =>
  separator === undefined
    ? [[text]]
    : [...Array(text.length + 1).keys()]
        .filter((at) => text.startsWith(separator, at))
        .flatMap((at) => cuts(text.slice(at + separator.length), others).map((rest) => [text.slice(0, at), ...rest]))

const overOf = (separators: readonly string[]): string =>
  NAMES.slice(0, separators.length + 1)
    .map((name, at) => `{${name}}${separators[at] ?? ''}`)
    .join('')

/** Few letters, so that values and separators meet. */
const letters = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom('|', 'x', 'é'), minLength, maxLength })
const links = fc.array(letters(1, 2), { minLength: 1, maxLength: 3 }).chain((separators) =>
  fc.record({
    separators: fc.constant(separators),
    values: fc.array(letters(0, 4), { minLength: separators.length + 1, maxLength: separators.length + 1 }),
  }),
)

describe('the text that an existing link is signed over', () => {
  it('X-11: belongs to one set of values: of all that would make it, none is taken where there are two', () => {
    let met = 0
    fc.assert(
      fc.property(links, ({ separators, values }) => {
        const over = overOf(separators)
        const { text, ambiguous: doubtful } = signed(over, values)
        const all = cuts(Buffer.from(text, 'latin1').toString('utf8'), separators)
        assert.ok(all.some((cut) => cut.join(',') === values.join(',')))
        if (all.length > 1) met += 1
        for (const cut of all) {
          const other = signed(over, cut)
          assert.equal(other.text, text)
          assert.equal(other.ambiguous.length > 0, all.length > 1, `${over} ${JSON.stringify(all)}`)
          assert.deepEqual(other.ambiguous, doubtful)
        }
      }),
      { numRuns: 2_000 },
    )
    assert.ok(met > 200, `${met} texts with two readings: there was something to find`)
  })

  it('X-11: is doubtful where a value holds the separator, the last one too, or overlaps with it', () => {
    const over = '<{a}|{b}||{c}>'
    assert.equal(ambiguous(over, '1', '2', '3'), '')
    assert.equal(ambiguous(over, '', '', ''), '')
    assert.equal(ambiguous(over, '1', '2|3', '4'), 'a b')
    assert.equal(ambiguous(over, '1', '2|', '3'), 'a b c')
    assert.equal(ambiguous('{a}|{b}', '1', '2|3'), 'a b', 'the record system may have meant `1|2` and `3`')
    assert.equal(ambiguous('{a}|{b};{c}', '1;', '2', '3|4'), '', 'a sign that separates others here misleads nobody')
    assert.equal(ambiguous('{a}{b}', '1', '2'), 'a b')
    assert.equal(ambiguous('{a}|', '1|2'), '', 'one value is all that is not fixed')
  })

  it('is made of the bytes of the link, in its character set', () => {
    assert.equal(signed('{a}é{b}', ['Œ', 'x']).text, Buffer.from('Œéx', 'utf8').toString('latin1'))
    assert.equal(signed('{a}|{b}', ['É', 'x'], 'iso-8859-1').text, 'É|x')
    assert.equal(signed('{a}|{absent}|{b}', ['1', '2']).text, '1||2')
  })
})
