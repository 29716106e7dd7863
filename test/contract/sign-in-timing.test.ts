import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSqlDirectory } from '../../src/accounts/sql.ts'
import { createAccountBench, hasher, newPassword, zoe } from '../kit/accounts.ts'
import { databaseKinds } from '../kit/databases.ts'
import { rankDistance } from '../kit/rank-test.ts'

const REALM = 'onco-test'
const PASSWORD = 'Une-phrase-de-passe-2026'
const SAMPLES = 30
/** Standard deviations. */
const SUSPICIOUS = 4

/** How long each kind takes, asked in turns, so that a machine that slows down slows all of them. */
const timesOf = async (kinds: Readonly<Record<string, () => Promise<unknown>>>): Promise<Record<string, number[]>> => {
  const names = Object.keys(kinds)
  const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < SAMPLES; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const begun = performance.now()
      await kinds[name]?.()
      times[name]?.push(performance.now() - begun)
    }
  }
  return times
}

describe('C-02: the time of a refusal, compared by ranks', () => {
  const kit = databaseKinds.SQLite()

  it('tells nobody whether an account is there, or open', async () => {
    const database = await kit.fresh()
    const { admin } = createAccountBench(database)
    const add = async (login: string) => {
      const added = await admin.add(REALM, { ...zoe, login, nationalId: '' }, newPassword(PASSWORD))
      assert.ok(added.ok, JSON.stringify(added))
    }
    await add('known')
    await add('closed')
    await admin.disable(REALM, 'closed')
    const directory = createSqlDirectory(database, hasher)
    const ask =
      (login: string, password = 'faux') =>
      () =>
        directory.provePassword(REALM, login, password)
    const times = await timesOf({
      known: ask('known'),
      unknown: ask('nobody'),
      closed: ask('closed', PASSWORD),
    })
    for (const kind of ['unknown', 'closed']) {
      const distance = rankDistance(times['known'] ?? [], times[kind] ?? [])
      assert.ok(Math.abs(distance) < SUSPICIOUS, `${kind}: ${distance.toFixed(1)} standard deviations`)
    }
  })

  it('would show a check that is left out, or one that costs a fifth more', () => {
    const times = Array.from({ length: SAMPLES }, (_, at) => 40 + ((at * 7) % SAMPLES) / 10)
    const changed = (change: (time: number) => number) => Math.abs(rankDistance(times, times.map(change)))
    assert.ok(changed((time) => time * 1.2) > SUSPICIOUS)
    assert.ok(changed(() => 1) > SUSPICIOUS)
    assert.ok(changed((time) => time + 0.05) < 1)
  })
})
