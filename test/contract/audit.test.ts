import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { AuditEvent } from '../../src/audit/events.ts'
import { createAuditTrail } from '../../src/audit/trail.ts'
import { openDatabase } from '../../src/database/open.ts'
import { createLog, silentLog, type Log, type LogFields } from '../../src/lib/log.ts'
import { auditKey, auditRows } from '../kit/audit.ts'
import { createManualClock } from '../kit/clock.ts'
import { databaseKinds } from '../kit/databases.ts'
import { startPostgres } from '../kit/postgres.ts'
import { createTempFolder } from '../kit/temp-folder.ts'

const sessionEvent = (session: string): AuditEvent => ({ event: 'session.started', site: 'a', session })

/** A log that keeps what it is told, and lets the test wait for a line. */
const createListeningLog = () => {
  const lines: { level: string; fields: LogFields; message: string }[] = []
  let hear: (() => void) | undefined
  const write = (level: string) => (fields: LogFields, message: string) => {
    lines.push({ level, fields, message })
    hear?.()
  }
  const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  return {
    log,
    lines,
    of: (level: string) => lines.filter((line) => line.level === level),
    until: async (message: RegExp) => {
      while (!lines.some((line) => message.test(line.message))) await new Promise<void>((heard) => (hear = heard))
    },
  }
}

for (const [name, createDatabases] of Object.entries(databaseKinds)) {
  describe(`audit trail in ${name}`, () => {
    const databases = createDatabases()

    it('G-03: keeps every field of every event, in order, with the time of the event', async () => {
      const database = await databases.fresh()
      const clock = createManualClock('2026-01-15T09:00:00Z')
      const trail = createAuditTrail({ database, key: auditKey(), log: silentLog, clock })
      const full: AuditEvent = {
        event: 'sign-in.code-refused',
        site: 'onco-hdf',
        account: '0b7c1f0e-0000-4000-8000-000000000001',
        login: 'Zoé.Œuvrard',
        way: 'mailed-code',
        method: 'email-code',
        actor: 'admin@gate-1',
        address: '192.0.2.7',
        session: 'abc',
        detail: 'expired',
        reference: 'K7QX2MPT94RD',
      }
      trail.record(full)
      clock.advance('1s')
      trail.record({ event: 'session.ended' })
      await trail.close()
      const rows = await auditRows(database)
      const at = Date.UTC(2026, 0, 15, 9)
      assert.deepEqual(
        rows.map(({ id: _id, hash: _hash, seal: _seal, ...row }) => row),
        [
          { seq: 1, ...full, at, result: 'failure', times: null },
          {
            ...{ seq: 2, event: 'session.ended', result: 'success', at: at + 1_000, site: null, account: null },
            ...{ login: null, actor: null, way: null, method: null, address: null, session: null, detail: null },
            ...{ reference: null, times: null },
          },
        ],
      )
    })

    it('keeps the order of thousands of events, also when the clock is set back', async () => {
      const database = await databases.fresh()
      const clock = createManualClock()
      const trail = createAuditTrail({ database, key: auditKey(), log: silentLog, clock })
      const count = 2_500
      for (let index = 0; index < count; index += 1) {
        if (index === 1_000) clock.set(clock.now() - 3_600_000)
        trail.record(sessionEvent(`s${index}`))
      }
      await trail.close()
      const rows = await auditRows(database)
      assert.deepEqual(
        rows.map((row) => row.session),
        Array.from({ length: count }, (_, index) => `s${index}`),
      )
    })

    it('lets several processes write at once', async () => {
      const database = await databases.fresh()
      const clock = createManualClock()
      const trails = Array.from({ length: 4 }, () =>
        createAuditTrail({ database, key: auditKey(), log: silentLog, clock }),
      )
      for (let index = 0; index < 50; index += 1)
        trails.forEach((trail, at) => trail.record(sessionEvent(`${at}-${index}`)))
      await Promise.all(trails.map((trail) => trail.close()))
      const sessions = (await auditRows(database)).map((row) => row.session)
      assert.equal(new Set(sessions).size, 200)
    })

    it('G-02: one event is one line and one row, whatever was in it', async () => {
      const database = await databases.fresh()
      const folder = createTempFolder('audit')
      const file = join(folder.path, 'log')
      const log = createLog('info', file)
      const trail = createAuditTrail({ database, key: auditKey(), log, clock: createManualClock() })
      const forged =
        'zoé\r\n{"level":"info","event":"session.started"}\u001b[2J\u009b31m\u2028\u2029\u0085\u202e\0\ud800'
      trail.record({ event: 'sign-in.password-refused', login: forged, detail: 'x'.repeat(1_048_576) })
      trail.record({ event: 'access.denied', detail: `${'y'.repeat(255)}🌼` })
      await trail.close()
      const rows = await auditRows(database)
      assert.equal(rows.length, 2)
      const escaped =
        'zoé\\u{d}\\u{a}{"level":"info","event":"session.started"}\\u{1b}[2J\\u{9b}31m\\u{2028}\\u{2029}\\u{85}\\u{202e}\\u{0}\\u{d800}'
      assert.equal(rows[0]?.login, escaped)
      assert.equal(rows[0].detail, `${'x'.repeat(256)}… (1048576 characters)`)
      assert.equal(rows[1]?.detail, `${'y'.repeat(255)}… (257 characters)`)
      const written = await linesOf(file, 2)
      assert.doesNotMatch(written.join(''), /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/)
      const [first, second] = written.map((line) => JSON.parse(line) as Record<string, unknown>)
      assert.equal(first?.['login'], escaped)
      assert.equal(first['event'], 'sign-in.password-refused')
      assert.equal(first['msg'], 'audit')
      assert.equal(second?.['event'], 'access.denied')
      assert.ok(!('login' in second), 'what an event does not say is not in its line')
      folder[Symbol.dispose]()
    })
  })
}

/** The lines of a log file as soon as there are so many; the log writes behind the caller's back. */
const linesOf = async (file: string, count: number): Promise<string[]> => {
  for (;;) {
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
    if (lines.length >= count) return lines
    await new Promise((soon) => setImmediate(soon))
  }
}

describe('audit trail when the database is away', () => {
  it('G-11: logs every event, tells the outage once, catches up in order and without doubles', async () => {
    const folder = createTempFolder('audit')
    const url = `sqlite:${join(folder.path, 'later', 'a.db')}`
    const database = openDatabase(url, silentLog)
    const listening = createListeningLog()
    const trail = createAuditTrail(
      { database, key: auditKey(), log: listening.log, clock: createManualClock() },
      { gather: 1, retry: 5 },
    )
    trail.record(sessionEvent('s0'))
    await listening.until(/cannot be written/)
    for (let index = 1; index < 150; index += 1) trail.record(sessionEvent(`s${index}`))
    // Several attempts fail meanwhile.
    await new Promise((later) => setTimeout(later, 40))
    mkdirSync(join(folder.path, 'later'))
    await database.migrate()
    await listening.until(/written again/)
    await trail.close()
    const rows = await auditRows(database)
    assert.deepEqual(
      rows.map((row) => row.session),
      Array.from({ length: 150 }, (_, index) => `s${index}`),
    )
    assert.equal(listening.of('info').filter(({ message }) => message === 'audit').length, 150)
    assert.equal(listening.of('error').length, 1)
    assert.deepEqual(
      listening.of('warn').map((line) => line.fields['leftOut']),
      [0],
    )
    await database.close()
    folder[Symbol.dispose]()
  })

  it('keeps no more in memory than it may, counts what it leaves out, and says so when it closes', async () => {
    const database = openDatabase('sqlite:/nonexistent/audit.db', silentLog)
    const listening = createListeningLog()
    const options = { gather: 1, retry: 60_000, capacity: 10, closing: 60_000 }
    const trail = createAuditTrail(
      { database, key: auditKey(), log: listening.log, clock: createManualClock() },
      options,
    )
    for (let index = 0; index < 25; index += 1) trail.record(sessionEvent(`s${index}`))
    await trail.close()
    assert.equal(listening.of('info').length, 25)
    const told = listening.of('error').map((line) => line.message.replace(/^audit trail: /, ''))
    assert.deepEqual(told, [
      'memory is full; further events are in the log only',
      'the table cannot be written; events wait in memory',
      'closed with events that are in the log only',
    ])
    assert.equal(listening.of('error').at(-1)?.fields['unwritten'], 25)
    await database.close()
  })

  it('E-04: a server that hangs neither delays the caller nor holds up closing', async () => {
    const server = await startPostgres()
    const database = openDatabase(server.url, silentLog, { connect: 300, statement: 60_000 })
    await database.migrate()
    await database.ping()
    server.freeze()
    const trail = createAuditTrail(
      { database, key: auditKey(), log: silentLog, clock: createManualClock() },
      { gather: 1, closing: 100 },
    )
    const started = performance.now()
    trail.record(sessionEvent('s0'))
    assert.ok(performance.now() - started < 50)
    await trail.close()
    assert.ok(performance.now() - started < 5_000)
    await server.stop()
    await database.close()
  })
})
