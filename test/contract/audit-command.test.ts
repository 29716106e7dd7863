import assert from 'node:assert/strict'
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { beforeEach, describe, it, type TestContext } from 'node:test'
import type { Command } from 'commander'
import type { AuditEvent } from '../../src/audit/events.ts'
import { AUDIT_PURPOSE } from '../../src/audit/seal.ts'
import { createAuditTrail } from '../../src/audit/trail.ts'
import { registerAccounts } from '../../src/cli/accounts.ts'
import { registerAudit } from '../../src/cli/audit.ts'
import { openDatabase, type Database } from '../../src/database/open.ts'
import { openKeyring } from '../../src/identity/keyring.ts'
import { purposeKey } from '../../src/identity/purpose-key.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createLog, silentLog } from '../../src/lib/log.ts'
import { auditRows, dropGuards } from '../kit/audit.ts'
import { createManualClock } from '../kit/clock.ts'
import { runCommand } from '../kit/command.ts'
import { createCommandInstance, type CommandInstance } from '../kit/command-instance.ts'
import { runCli } from '../kit/processes.ts'

const FORMULA = '=HYPERLINK("http://evil.test";"x")'

/** Three days in Paris: the second event is of the second day there, and of the first one in London. */
const EVENTS: readonly (readonly [at: string, event: AuditEvent])[] = [
  [
    '2026-01-14T10:00:00Z',
    { event: 'sign-in.password-refused', site: 'demo', detail: 'unknown', reference: 'ABC123-00001' },
  ],
  [
    '2026-01-14T23:30:00Z',
    { event: 'sign-in.password-accepted', site: 'demo', login: 'a.bel', reference: 'ABC123-00002' },
  ],
  ['2026-01-15T10:00:00Z', { event: 'request.refused', site: 'demo', detail: FORMULA, address: '192.0.2.7' }],
  ['2026-01-15T11:00:00Z', { event: 'session.started', site: 'demo', login: '\'é;"x"', detail: '-1', times: 3 }],
  ['2026-01-16T10:00:00Z', { event: 'session.ended', site: 'demo', login: 'a.bel' }],
]

describe('portillon audit', () => {
  let instance: CommandInstance
  const config = () => instance.config
  const at = (name: string) => instance.at(name)

  const register = (program: Command) => {
    registerAccounts(program)
    registerAudit(program)
  }
  const run = (t: TestContext, ...words: readonly string[]) => runCommand(t, register, words)
  const audit = (t: TestContext, ...words: readonly string[]) => run(t, 'audit', ...words, '--config', config())

  const withDatabase = async <Value>(act: (database: Database) => Promise<Value>): Promise<Value> => {
    const database = openDatabase(instance.databaseUrl, silentLog)
    try {
      await database.migrate()
      return await act(database)
    } finally {
      await database.close()
    }
  }

  const tamper = () =>
    withDatabase(async (database) => {
      await dropGuards(database)
      await database.db.updateTable('audit').set({ login: 'nobody' }).where('seq', '=', 2).execute()
    })

  beforeEach(async () => {
    instance = createCommandInstance('audit-command')
    const keyring = await openKeyring(at('keys'), { clock: systemClock })
    const log = createLog('info', at('log'))
    const clock = createManualClock()
    await withDatabase(async (database) => {
      const trail = createAuditTrail({ database, key: purposeKey(keyring, AUDIT_PURPOSE), log, clock })
      for (const [moment, event] of EVENTS) {
        clock.set(moment)
        trail.record(event)
      }
      await trail.close()
    })
    while (!readFileSync(at('log'), 'utf8').includes('audit head')) await new Promise((soon) => setTimeout(soon, 5))
  })

  it('R33: list finds out of the reference on a page what happened, and says where to look when it does not', async (t) => {
    const found = await audit(t, 'list', '--reference', 'abc123-00002')
    const [head = '', line = '', count] = found.out.split('\n')
    assert.match(head, /^TIME \(UTC\) +EVENT +RESULT +WHO +SITE +HOW +FROM +REFERENCE +DETAIL$/)
    assert.match(
      line,
      /^2026-01-14 23:30:00 {2}sign-in\.password-accepted {2}success {2}a\.bel +demo +- +- +ABC123-00002$/,
    )
    assert.equal(count, '1 event')
    assert.equal(found.status, 0)
    const nothing = await audit(t, 'list', '--reference', 'ZZZZZZ-00001')
    assert.match(nothing.out, /^No event answers to that\./)
    assert.match(nothing.err, /journalctl -u portillon -o cat \| grep ZZZZZZ-00001/)
    assert.equal(nothing.status, 1)
  })

  it('list asks by login in any spelling, by kind, by days of Paris, by number; and is itself recorded', async (t) => {
    const idsOf = async (...words: readonly string[]) =>
      (JSON.parse((await audit(t, 'list', '--json', ...words)).out) as { seq: number }[]).map(({ seq }) => seq)
    assert.deepEqual(await idsOf('--event', 'sign-in'), [2, 1])
    assert.deepEqual(await idsOf('--event', 'session.ended'), [5])
    assert.deepEqual(await idsOf('--from', '2026-01-15', '--to', '2026-01-15'), [4, 3, 2])
    assert.deepEqual(await idsOf('--login', 'a.bel'), [5, 2])
    const added = await run(
      t,
      'accounts',
      'add',
      'a.bel',
      '--given-name',
      'A',
      '--family-name',
      'B',
      '--no-password',
      '--config',
      config(),
    )
    assert.equal(added.status, 0, added.err)
    assert.equal((await idsOf('--login', 'A.BEL')).length, 1, 'by account, once there is one')
    assert.deepEqual((await idsOf('--last', '2')).length, 2)
    const readers = (await withDatabase(auditRows)).filter(({ event }) => event === 'audit.read')
    assert.equal(readers.length, 6)
    assert.match(readers[0]?.actor ?? '', /^\S+@\S+$/)
    assert.equal(readers[0]?.detail, 'event sign-in, last 50')
  })

  it('verify says how many events, and the hash to keep; a broken place with its id and time, and status 1', async (t) => {
    const whole = await audit(t, 'verify')
    assert.match(
      whole.out,
      /^5 events, 1 to 5 \(2026-01-14 10:00:00 to 2026-01-16 10:00:00 UTC\): one chain, unbroken\.\n/,
    )
    assert.match(whole.out, /\n5 [\w-]{43}\n$/)
    assert.equal(whole.status, 0)
    await tamper()
    const { id = '' } = (await withDatabase(auditRows))[1] ?? {}
    const broken = await audit(t, 'verify')
    assert.equal(broken.status, 1)
    assert.match(broken.out, new RegExp(`^event 2 of 2026-01-14 23:30:00 UTC \\(${id}\\): it is not as it was written`))
    assert.match(broken.err, /the audit trail is broken in 1 place/)
    const json = await audit(t, 'verify', '--json')
    const told = JSON.parse(json.out) as { whole: boolean; flaws: unknown[] }
    assert.deepEqual([told.whole, told.flaws.length, json.status], [false, 1, 1])
    const recorded = (await withDatabase(auditRows)).map(({ event, result }) => `${event} ${result}`)
    assert.deepEqual(recorded.slice(5), ['audit.verified success', 'audit.broken failure', 'audit.broken failure'])
  })

  it('verify compares with the log that was kept elsewhere, and finds an end that was cut off by somebody with the keys', async (t) => {
    const compared = await audit(t, 'verify', '--heads', at('log'))
    assert.match(compared.out, /\n\d ends of the chain in \S+ were compared\./)
    assert.equal(compared.status, 0)
    const [line = ''] = compared.out.trimEnd().split('\n').slice(-1)
    writeFileSync(at('note'), `${line.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))}\n`)
    const other = await audit(t, 'verify', '--heads', at('note'))
    assert.match(other.out, /^event 5 of .*: the log has another hash of it/)
    writeFileSync(at('note'), `99 ${line.split(' ')[1]}\n`)
    const cut = await audit(t, 'verify', '--heads', at('note'))
    assert.match(cut.out, /it is the last one here, and those after it are missing/)
    assert.deepEqual([other.status, cut.status], [1, 1])
  })

  it('G13: export writes the days of Paris, and the file is verified by itself, with and without the keys', async (t) => {
    const words = ['export', '--from', '2026-01-15', '--to', '2026-01-15', '--out', at('export')]
    const exported = await audit(t, ...words)
    assert.equal(exported.err, '3 events exported (2 to 4).\n')
    assert.equal(statSync(at('export')).mode & 0o777, 0o600)
    const [statement = '', ...lines] = readFileSync(at('export'), 'utf8').trimEnd().split('\n')
    assert.match(statement, /^\{"portillon-audit":1,"from":"2026-01-15","to":"2026-01-15","first":2,"last":4,/)
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { seq: number }).seq),
      [2, 3, 4],
    )
    const verify = (...more: readonly string[]) => run(t, 'audit', 'verify', '--file', at('export'), ...more)
    const withKeys = await verify('--config', config())
    assert.match(withKeys.out, /^3 events, 2 to 4 .*unbroken\.\nTheir seals are of the keys of this gate\./)
    const without = await verify()
    assert.match(without.out, /Their seals were not looked at/)
    assert.deepEqual([withKeys.status, without.status], [0, 0])
    const again = await audit(t, ...words)
    assert.deepEqual([again.status, /EEXIST/.test(again.err)], [1, true])

    const changes: readonly (readonly [RegExp, string, RegExp])[] = [
      [/"a\.bel"/, '"b.bel"', /^event 2 .*it is not as it was written/],
      [/\n[^\n]*\n$/, '\n', /^event 3 .*those after it are missing/],
      [/\n[^\n]*"seq":3[^\n]*/, '', /^event 4 .*events before this one are missing/],
      [/"to":"2026-01-15"/, '"to":"2026-01-31"', /^what the file says of itself was not written by this gate/],
    ]
    const original = readFileSync(at('export'), 'utf8')
    for (const [from, to, said] of changes) {
      const changed = original.replace(from, to)
      assert.notEqual(changed, original)
      writeFileSync(at('export'), changed)
      const found = await verify('--config', config())
      assert.match(found.out, said)
      assert.equal(found.status, 1)
    }
    writeFileSync(at('export'), 'something else\n')
    assert.match((await verify()).err, /line 1: not the beginning of an export/)
    assert.match((await run(t, 'audit', 'verify', '--file', at('none'))).err, /ENOENT/)
    const events = (await withDatabase(auditRows)).filter(({ event }) => event === 'audit.exported')
    assert.equal(events[0]?.detail, 'events 2 to 4, 2026-01-15 to 2026-01-15, jsonl')
  })

  it('G-02: an export for spreadsheets computes nothing, and is verified like the other', async (t) => {
    await audit(t, 'export', '--from', '2026-01-14', '--to', '2026-01-16', '--format', 'csv', '--out', at('csv'))
    const text = readFileSync(at('csv'), 'utf8')
    const cells = text.split('\r\n').flatMap((line) => line.split(';'))
    assert.ok(text.startsWith('\ufeffseq;id;at;event;result;'))
    assert.deepEqual(
      cells.filter((cell) => /^"?[=+@-]/.test(cell)),
      [],
    )
    assert.ok(text.includes(`"'=HYPERLINK(""http://evil.test"";""x"")"`))
    const verify = () => run(t, 'audit', 'verify', '--file', at('csv'), '--config', config())
    const whole = await verify()
    assert.match(whole.out, /^5 events, 1 to 5 /)
    assert.match(whole.out, /events may be missing there/)
    assert.equal(whole.status, 0)
    writeFileSync(at('csv'), text.replace('a.bel', 'b.bel'))
    const broken = await verify()
    assert.deepEqual([broken.status, /^event 2 /.test(broken.out)], [1, true])
  })

  it('nothing is written with other keys than those of the gate', async (t) => {
    renameSync(at('keys'), at('elsewhere'))
    const { err, status } = await audit(t, 'list')
    assert.equal(status, 1)
    assert.match(err, /there is no key in .*keys, and the audit trail was sealed with one/)
    assert.equal((await withDatabase(auditRows)).length, 5)
  })

  it('runs by itself: an export goes down a pipe, a broken trail ends with status 1', async () => {
    const days = ['--config', config(), '--from', '2026-01-14', '--to', '2026-01-16']
    const piped = await runCli(['audit', 'export', ...days])
    assert.deepEqual([piped.code, piped.stdout.trimEnd().split('\n').length], [0, 6])
    assert.match(piped.stderr, /^5 events exported \(1 to 5\)\.\n$/)
    await tamper()
    const { code, stdout } = await runCli(['audit', 'verify', '--config', config()])
    assert.deepEqual([code, /^event 2 /.test(stdout)], [1, true])
    const wrong = await runCli(['audit', 'export', '--config', config(), '--from', '2026-02-30', '--to', '2026-03-01'])
    assert.equal(wrong.code, 1)
    assert.match(wrong.stderr, /a day is written 2026-01-31/)
  })
})
