import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { beforeEach, describe, it, type TestContext } from 'node:test'
import { keyAsJson, keyTable, registerKeys, rotationReport } from '../../src/cli/keys.ts'
import { openDatabase } from '../../src/database/open.ts'
import type { KeyInfo } from '../../src/identity/key-view.ts'
import { openKeyring } from '../../src/identity/keyring.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import { runCommand } from '../kit/command.ts'
import { createTempFolder } from '../kit/temp-folder.ts'

const NOW = Date.UTC(2026, 10, 23, 9, 0)
const KEY: KeyInfo = {
  kind: 'assertion',
  generation: 2,
  file: 'assertion-0002.json',
  kid: 'invented',
  algorithm: 'ES256',
  state: 'next',
  created: NOW,
  signsFrom: NOW + 600_000,
  retiresAt: null,
}
const FORMER: KeyInfo = {
  ...KEY,
  ...{
    generation: 1,
    file: 'assertion-0001.json',
    kid: 'before',
    state: 'signing',
    signsFrom: 0,
    retiresAt: NOW + 4_200_000,
  },
}

describe('what is said of keys', () => {
  it('is one aligned line a key, with its times', () => {
    assert.deepEqual(keyTable([KEY, { ...FORMER, signsFrom: NOW }]), [
      'KIND       STATE    FILE                 ALGORITHM  SIGNS FROM            BELIEVED UNTIL        ID',
      'assertion  next     assertion-0002.json  ES256      2026-11-23 09:10 UTC  -                     invented',
      'assertion  signing  assertion-0001.json  ES256      2026-11-23 09:00 UTC  2026-11-23 10:10 UTC  before',
    ])
  })

  it('names after a change the moment from which it counts and the next step', () => {
    assert.deepEqual(rotationReport(KEY, FORMER), [
      'New assertion key: assertion-0002.json (ES256, invented)',
      'It signs from 2026-11-23 09:10 UTC.',
      'The one before, assertion-0001.json, is believed until 2026-11-23 10:10 UTC.',
      'It is in jwks.json within a minute. Nothing has to be restarted.',
    ])
  })

  it('has its times in ISO 8601 for programs', () => {
    const { created, signsFrom, retiresAt } = keyAsJson(KEY)
    assert.deepEqual([created, signsFrom, retiresAt], ['2026-11-23T09:00:00.000Z', '2026-11-23T09:10:00.000Z', null])
  })
})

describe('portillon keys', () => {
  let folder: string
  let keysFolder: string
  beforeEach(() => {
    folder = createTempFolder('keys-command').path
    keysFolder = join(folder, 'keys')
    const site = readFileSync(resolve('policies/demo.yaml'), 'utf8')
    writeFileSync(join(folder, 'site.yaml'), site)
    const settings = ['store: embedded', 'database: { url: "sqlite:gate.sqlite" }', 'keys: keys', 'sites: [site.yaml]']
    const listen = 'listen: { trusted-proxies: [127.0.0.1] }'
    const smtp = 'smtp: { host: localhost, port: 25, security: none }'
    writeFileSync(join(folder, 'portillon.yaml'), [listen, smtp, ...settings, ''].join('\n'))
  })

  const run = (t: TestContext, ...words: readonly string[]) =>
    runCommand(t, registerKeys, ['keys', ...words, '--config', join(folder, 'portillon.yaml')])

  it('list only looks: before the first start there are no keys', async (t) => {
    const { out, status } = await run(t, 'list')
    assert.match(out, /No keys in .*keys yet/)
    assert.equal(status, 0)
    assert.equal(existsSync(keysFolder), false)
  })

  it('rotate adds a key, says so in the audit trail, and list shows both', async (t) => {
    await openKeyring(keysFolder, { clock: systemClock })
    const database = openDatabase(`sqlite:${join(folder, 'gate.sqlite')}`, silentLog)
    t.after(() => database.close())

    const rotated = await run(t, 'rotate')
    assert.equal(rotated.err, '')
    assert.match(rotated.out, /^New assertion key: assertion-0002\.json \(ES256, [\w-]{43}\)\nIt signs from 20/)
    assert.match(rotated.out, /assertion-0001\.json, is believed until 20/)
    const rows = await database.db.selectFrom('audit').select(['event', 'detail', 'actor']).execute()
    assert.equal(rows.length, 1)
    assert.match(`${rows[0]?.event} ${rows[0]?.detail} ${rows[0]?.actor}`, /^key\.rotated assertion [\w-]{43} \S+@\S+$/)

    const listed = JSON.parse((await run(t, 'list', '--json')).out) as { kind: string; state: string }[]
    assert.deepEqual(
      listed.map(({ kind, state }) => `${kind} ${state}`),
      ['assertion next', 'assertion signing', 'cookie signing', 'general signing'],
    )
  })

  it('rotate changes the key that is asked for, in the algorithm that is asked for', async (t) => {
    await openKeyring(keysFolder, { clock: systemClock })
    const edwards = JSON.parse((await run(t, 'rotate', '--algorithm', 'EdDSA', '--json')).out) as KeyInfo
    assert.deepEqual([edwards.kind, edwards.algorithm, edwards.state], ['assertion', 'EdDSA', 'next'])
    const cookie = await run(t, 'rotate', 'cookie')
    assert.match(cookie.out, /Restart every process of the gate before that time/)
    assert.equal(existsSync(join(keysFolder, 'cookie-0002.json')), true)
  })

  it('G-06: refuses a folder that is open to others, with the remedy and nothing of a key', async (t) => {
    await openKeyring(keysFolder, { clock: systemClock })
    chmodSync(join(keysFolder, 'general-0001.json'), 0o644)
    for (const command of ['list', 'rotate']) {
      const { out, err, status } = await run(t, command)
      assert.equal(out, '')
      assert.equal(status, 1)
      assert.match(err, /general-0001\.json is open to other users \(mode 644\); close it with: chmod 600/)
    }
    assert.equal(existsSync(join(keysFolder, 'assertion-0002.json')), false)
  })

  it('reports a settings file with faults and touches nothing', async (t) => {
    writeFileSync(join(folder, 'portillon.yaml'), 'keys: keys\nunknown: 1\n')
    const { err, status } = await run(t, 'rotate')
    assert.equal(status, 1)
    assert.match(err, /unknown/)
    assert.equal(existsSync(keysFolder), false)
  })
})
