import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createLog } from '../../src/lib/log.ts'
import { createTempFolder } from '../kit/temp-folder.ts'

const ODD = [
  'two\r\nlines',
  '{"level":"error"}\n{"level":"info","msg":"forged"}',
  '\u001b[2J\u001b[31mred',
  'line\u2028and paragraph\u2029separators',
  'null\0byte',
  'x'.repeat(1_000_000),
]

/** Lines are written in the background: so many of them, or what there is after five seconds. */
const linesOf = async (file: string, count: number): Promise<string[]> => {
  for (let round = 0; ; round += 1) {
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
    if (lines.length >= count || round === 250) return lines
    await pause(20)
  }
}

describe('the log', () => {
  it('G-02: makes one line of one event, whatever visitors send as address, path or agent', async () => {
    const file = join(createTempFolder('log').path, 'gate.log')
    const log = createLog('info', file)
    for (const value of ODD) log.info({ path: value, agent: value }, 'request refused')
    const lines = await linesOf(file, ODD.length)
    assert.equal(lines.length, ODD.length)
    for (const [at, line] of lines.entries()) {
      const { level, msg, path } = JSON.parse(line) as Record<string, unknown>
      assert.deepEqual([level, msg, path], ['info', 'request refused', ODD[at]])
      assert.doesNotMatch(line, /[\u0000-\u001f]/)
    }
  })
})
