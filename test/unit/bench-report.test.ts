import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Measurement } from '../bench/measure.ts'
import { readOptions } from '../bench/options.ts'
import { formatReport } from '../bench/report.ts'
import { SCENARIOS } from '../bench/scenarios.ts'
import { summarize, type Results } from '../bench/summary.ts'
import { judge } from '../bench/targets.ts'

const measured = (peer: string, cpu: number, more: Partial<Measurement> = {}): Measurement => ({
  peer,
  requestsPerSecond: 1_000,
  p50: 1,
  p99: 2,
  cpu,
  memory: { rss: 1_048_576, pss: 524_288 },
  unproven: 0,
  storeCommands: null,
  disturbance: 0,
  ...more,
})

/** Three rounds in which the machine gets slower, as shared machines do, each begun by another peer. */
const rounds = [1, 2, 4].map((slowness) => [
  measured('Portillon', 30 * slowness, { unproven: slowness === 4 ? 3 : 0, storeCommands: 0.001 * slowness }),
  measured('bare nginx', 10 * slowness),
  measured('obvious wiring', 400 * slowness),
  measured('LemonLDAP::NG', 240 * slowness),
])

const [scenario = assert.fail()] = SCENARIOS.one
const results = (given = rounds): Results => ({
  tables: [{ crew: 'one', scenario, rounds: given.length, rows: summarize(given) }],
})

describe('the report of the bench', () => {
  it('takes ratios within a round, so that a machine that slows down does not change them', () => {
    const gate = summarize(rounds).find(({ peer }) => peer === 'Portillon') ?? assert.fail()
    assert.deepEqual(gate.cpuRatios, {
      Portillon: 1,
      'bare nginx': 3,
      'obvious wiring': 0.075,
      'LemonLDAP::NG': 0.125,
    })
    assert.deepEqual([gate.cpu, gate.spread, gate.unproven, gate.storeCommands], [60, 1.5, 3, 0.004])
  })

  it('says of each target whether it is reached, and by how much', () => {
    assert.deepEqual(
      judge(results()).map(({ atMost, measured: value, isReached }) => [atMost, value, isReached]),
      [
        ['3.50 ×', '3.00 ×', true],
        ['0.100 ×', '0.125 ×', false],
        ['0.200 ×', '0.075 ×', true],
        ['0.50000', '0.00400', true],
      ],
    )
  })

  it('says nothing of targets whose peers were not measured', () => {
    const alone = rounds.map((round) => round.filter(({ peer }) => peer === 'bare nginx'))
    assert.deepEqual(judge(results(alone)), [])
  })

  it('judges memory with idle connections and over ten minutes', () => {
    const memory = (megabytes: number) => ({ rss: 0, pss: megabytes * 1_048_576 })
    const verdicts = judge({
      tables: [],
      idle: { connections: 10_000, before: memory(150), after: memory(301) },
      endurance: { seconds: 600, requests: 1, unproven: 0, early: 100, late: 105, most: 110 },
    })
    assert.deepEqual(
      verdicts.map(({ measured: value, isReached }) => [value, isReached]),
      [
        ['301 MB', false],
        ['1.05 ×', true],
      ],
    )
  })

  it('judges what sign-ins cost with many accounts, and what the data path feels of them', () => {
    const path = (p99: number) => ({ requests: 3_000, wrong: 0, p50: 1, p99 })
    const directory = (database: 'PostgreSQL' | 'SQLite', people: number, cpu: number) => ({
      ...{ database, people, cpu },
      signIns: 200,
      p50: 100,
    })
    const signIns = {
      directories: [
        ...[directory('SQLite', 100, 50), directory('SQLite', 100_000, 60)],
        ...[directory('PostgreSQL', 100, 50), directory('PostgreSQL', 100_000, 51)],
      ],
      ...{ perSecond: 20, cpu: 50, p50: 400, p99: 900, quiet: path(4), beside: path(6) },
      ...{ offered: 50, done: 20, busy: 30, failed: 0 },
    }
    assert.deepEqual(
      judge({ tables: [], signIns }).map(({ measured: value, isReached }) => [value, isReached]),
      [
        ['1.50 ×', true],
        ['1.02 ×', true],
        ['1.20 ×', false],
      ],
    )
    const text = formatReport({ tables: [], signIns })
    assert.match(text, /20 whole sign-ins a second/)
    assert.match(text, /\| PostgreSQL \| 100,000 \| 200 \| 51 \| 100 \|/)
    assert.match(text, /beside 50 sign-ins a second \(20 done, 30 told to try again\) \| 3000 \| 0 \| 1 \| 6 \|/)
  })

  it('is Markdown whose tables have a cell in every column', () => {
    const tables = formatReport({ ...results(), idle: 'too few open files' })
      .split('\n\n')
      .filter((block) => block.startsWith('|'))
    assert.equal(tables.length, 2)
    for (const table of tables)
      assert.equal(new Set(table.split('\n').map((line) => line.split('|').length)).size, 1, table)
  })
})

describe('the options of the bench', () => {
  it('choose peers, scenarios and how long', () => {
    const options = readOptions(
      '--peers nginx,gate --scenarios 20k-32,idle --crew one --rounds 2 --seconds 7'.split(' '),
    )
    assert.deepEqual(
      options.scenarios.one.map(({ id, rounds: times }) => [id, times]),
      [['20k-32', 2]],
    )
    assert.deepEqual([options.scenarios.all, options.peers.one.length, options.idle], [[], 2, true])
    assert.deepEqual([options.times.load, options.endurance], [7, 0])
  })

  it('name what there is when something unknown is asked for', () => {
    assert.throws(() => readOptions(['--peers', 'nginx,apache']), /no such peer: apache \(there are nginx, gate/)
    assert.throws(() => readOptions(['--scenarios', '1b']), /no such scenario: 1b/)
    assert.throws(() => readOptions(['--rounds', 'many']), /--rounds takes a whole number/)
  })
})
