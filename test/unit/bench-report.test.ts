import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Measurement } from '../bench/measure.ts'
import { formatReport, summarize } from '../bench/report.ts'

const measured = (peer: string, cpu: number, more: Partial<Measurement> = {}): Measurement => ({
  peer,
  requestsPerSecond: 1_000,
  p50: 1,
  p99: 2,
  cpu,
  memory: 1_048_576,
  unproven: 0,
  disturbance: 0,
  ...more,
})

/** Three rounds in which the machine gets slower, as shared machines do. */
const rounds = [1, 2, 4].map((slowness) => [
  measured('bare nginx', 10 * slowness),
  measured('Portillon', 50 * slowness, { unproven: slowness === 4 ? 3 : 0 }),
  measured('obvious wiring', 400 * slowness),
])

describe('the report of the bench', () => {
  it('takes ratios within a round, so that a machine that slows down does not change them', () => {
    const { rows } = summarize(rounds)
    const gate = rows.find(({ peer }) => peer === 'Portillon') ?? assert.fail()
    assert.deepEqual(gate.ratios, { 'bare nginx': 5, Portillon: 1, 'obvious wiring': 0.125 })
    assert.deepEqual([gate.cpu, gate.spread, gate.unproven], [100, 1.5, 3])
  })

  it('says of each target whether it is met, and by how much', () => {
    assert.deepEqual(
      summarize(rounds).targets.map(({ measured: times, met }) => [times, met]),
      [
        [5, true],
        [0.125, true],
      ],
    )
    const slow = rounds.map((round) =>
      round.map((one) => (one.peer === 'Portillon' ? { ...one, cpu: one.cpu * 2 } : one)),
    )
    assert.deepEqual(
      summarize(slow).targets.map(({ met }) => met),
      [false, false],
    )
  })

  it('says nothing of targets whose peers were not measured', () => {
    assert.deepEqual(summarize(rounds.map((round) => round.slice(0, 1))).targets, [])
  })

  it('stands in columns', () => {
    const [head = '', ...lines] = formatReport(summarize(rounds)).split('\n').slice(0, 4)
    for (const line of lines) assert.equal(line.length, head.length)
  })
})
