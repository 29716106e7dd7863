import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { formatDuration, parseDuration } from '../../src/lib/duration.ts'

describe('durations', () => {
  it('reads a whole number and one unit as milliseconds', () => {
    const read = { '500ms': 500, '30s': 30_000, '10m': 600_000, '2h': 7_200_000, '7d': 604_800_000, '0s': 0 }
    for (const [text, milliseconds] of Object.entries(read)) assert.equal(parseDuration(text), milliseconds, text)
  })

  it('refuses everything else rather than guess a unit or a number', () => {
    const texts = [
      '',
      '10',
      'm',
      '10 m',
      ' 10m',
      '10m ',
      '10m\n',
      '1.5h',
      '-5m',
      '+5m',
      '1e3s',
      '10M',
      '10min',
      '1h30m',
    ]
    for (const text of [...texts, '１０m', '1234567s'])
      assert.equal(parseDuration(text), undefined, JSON.stringify(text))
  })

  it('writes the shortest spelling', () => {
    const written = { 500: '500ms', 30_000: '30s', 90_000: '90s', 600_000: '10m', 5_400_000: '90m', 604_800_000: '7d' }
    for (const [milliseconds, text] of Object.entries(written)) assert.equal(formatDuration(Number(milliseconds)), text)
  })

  it('reads back what it writes', () => {
    const milliseconds = fc
      .nat(999_999)
      .chain((count) => fc.constantFrom(1, 1_000, 60_000, 86_400_000).map((unit) => count * unit))
    fc.assert(fc.property(milliseconds, (value) => parseDuration(formatDuration(value)) === value))
  })
})
