import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { beforeEach, describe, it, type TestContext } from 'node:test'
import { createSqlDirectory } from '../../src/accounts/sql.ts'
import { registerAccounts } from '../../src/cli/accounts.ts'
import { registerSessions } from '../../src/cli/sessions.ts'
import { openDatabase } from '../../src/database/open.ts'
import { silentLog } from '../../src/lib/log.ts'
import { hasher } from '../kit/accounts.ts'
import { runCommand } from '../kit/command.ts'
import { createCommandInstance, type CommandInstance } from '../kit/command-instance.ts'
import { runCli } from '../kit/processes.ts'

const ADA = ['--given-name', 'Ada', '--family-name', 'Bel', '--email', 'ada.bel@hopital.example.test']

describe('portillon accounts', () => {
  let instance: CommandInstance
  const path = (name: string) => instance.at(name)
  const register = (program: Parameters<typeof registerAccounts>[0]) => {
    registerAccounts(program)
    registerSessions(program)
  }
  const run = (t: TestContext, ...words: readonly string[]) =>
    runCommand(t, register, [...words, '--config', instance.config])

  const audit = async (t: TestContext) => {
    const database = openDatabase(instance.databaseUrl, silentLog)
    t.after(() => database.close())
    return database.db.selectFrom('audit').select(['event', 'site', 'login', 'actor']).orderBy('id').execute()
  }
  const prove = async (t: TestContext, realm: string, login: string, password: string) => {
    const database = openDatabase(instance.databaseUrl, silentLog)
    t.after(() => database.close())
    return createSqlDirectory(database, hasher).provePassword(realm, login, password)
  }

  beforeEach(() => {
    instance = createCommandInstance('accounts-command')
  })

  it('add makes the database and a password that is shown once and meets the rules', async (t) => {
    const added = await run(t, 'accounts', 'add', 'a.bel', ...ADA, '--role', 'medecin', 'rcp', '--generate')
    assert.deepEqual([added.err, added.status], ['', 0])
    const password = /^Added a\.bel \(Ada Bel\) to demo\.\nPassword: (\S+)\nIt is shown this once\./.exec(
      added.out,
    )?.[1]
    assert.ok(password, added.out)
    const known = await prove(t, 'demo', 'A.BEL', password)
    assert.ok(known.ok)
    assert.deepEqual(known.value.roles, ['medecin', 'rcp'])
    assert.equal(statSync(path('gate.sqlite')).mode & 0o077, 0)
    const [event] = await audit(t)
    assert.deepEqual([event?.event, event?.site, event?.login], ['account.added', 'demo', 'a.bel'])
    assert.match(event?.actor ?? '', /^\S+@\S+$/)
    assert.doesNotMatch(JSON.stringify(await audit(t)), new RegExp(password))
  })

  it('add says every fault at once with what would be right, and adds nothing', async (t) => {
    const words = ['add', 'a\u200bb', '--given-name', '', '--family-name', 'Bel', '--email', 'a@b,c@d', '--no-password']
    const { err, status } = await run(t, 'accounts', ...words, '--national-id', '123', '--role', 'a b')
    assert.equal(status, 1)
    for (const part of ['login holds', 'given name is missing', 'one plain address', 'PS_IdNat', 'a role is a word']) {
      assert.match(err, new RegExp(part))
    }
    assert.match((await run(t, 'accounts', 'list')).out, /demo has no accounts yet/)
  })

  it('list, show and --search give people without anything of a password', async (t) => {
    await run(t, 'accounts', 'add', 'a.bel', ...ADA, '--generate')
    await run(t, 'accounts', 'add', 'z.oe', '--given-name', 'Zoé', '--family-name', 'Œuvrard', '--no-password')
    const { out } = await run(t, 'accounts', 'list')
    assert.deepEqual(out.split('\n'), [
      'LOGIN  NAME         E-MAIL                        ROLES  STATE',
      'a.bel  Ada Bel      ada.bel@hopital.example.test  -      open',
      'z.oe   Zoé Œuvrard  -                             -      no password',
      '2 accounts',
      '',
    ])
    assert.match((await run(t, 'accounts', 'list', '--search', 'OEUVR')).out, /^LOGIN.*\nz\.oe .*\n1 account\n$/)
    assert.match((await run(t, 'accounts', 'list', '--search', 'nobody')).out, /^No account of demo has "nobody"/)
    const shown = await run(t, 'accounts', 'show', 'A.BEL')
    assert.match(shown.out, /^Login +a\.bel\nName +Ada Bel\n/)
    const json = await run(t, 'accounts', 'show', 'a.bel', '--json')
    assert.equal((JSON.parse(json.out) as Record<string, unknown>)['email'], 'ada.bel@hopital.example.test')
    assert.doesNotMatch(out + shown.out + json.out, /argon2|hash/i)
    const missing = await run(t, 'accounts', 'show', 'nobody')
    assert.equal(missing.status, 1)
    assert.match(missing.err, /no account "nobody" in demo\n +look for it: portillon accounts list --search/)
  })

  it('reset-factors says what was taken away, and how the person signs in then', async (t) => {
    await run(t, 'accounts', 'add', 'a.bel', ...ADA, '--no-password')
    const nothing = await run(t, 'accounts', 'reset-factors', 'a.bel')
    assert.match(nothing.out, /^a\.bel \(Ada Bel\) had enrolled nothing\. /)
    const database = openDatabase(instance.databaseUrl, silentLog)
    t.after(() => database.close())
    const { id: account } = await database.db.selectFrom('accounts').select('id').executeTakeFirstOrThrow()
    const factor = { account, label: 'x', secret: null, counter: -1, created_at: 0, used_at: null }
    await database.db
      .insertInto('factors')
      .values([
        { ...factor, id: 'one', kind: 'email' },
        { ...factor, id: 'two', kind: 'totp' },
      ])
      .execute()
    const { out, status } = await run(t, 'accounts', 'reset-factors', 'A.BEL', '--no-notice')
    assert.equal(status, 0)
    assert.match(out, /^a\.bel \(Ada Bel\) enrols anew: added addresses \(1\), applications \(1\) taken away\. /)
    assert.match(
      out,
      /\nCodes go to the registered address until then\.\nNo notice was sent: tell the person yourself\.\n$/,
    )
    const missing = await run(t, 'accounts', 'reset-factors', 'nobody')
    assert.deepEqual([missing.out, missing.status], ['', 1])
  })

  it('disable, enable and set-email change one account, say so, and are in the trail', async (t) => {
    await run(t, 'accounts', 'add', 'a.bel', ...ADA, '--no-password')
    const disabled = await run(t, 'accounts', 'disable', 'a.bel')
    assert.match(
      disabled.out,
      /^a\.bel \(Ada Bel\) is disabled\. The running gate ends open sessions within seconds\.\n$/,
    )
    assert.equal(disabled.status, 0)
    assert.match((await run(t, 'accounts', 'disable', 'a.bel')).out, /was already disabled/)
    assert.match((await run(t, 'accounts', 'enable', 'a.bel')).out, /may sign in again/)
    const refused = await run(t, 'accounts', 'set-email', 'a.bel', 'a@example.test, b@example.test')
    assert.equal(refused.status, 1)
    assert.match(refused.err, /the former address is kept/)
    assert.match(
      (await run(t, 'accounts', 'set-email', 'a.bel', 'new@example.test', '--no-notice')).out,
      /go to new@example\.test/,
    )
    assert.match(
      (await run(t, 'accounts', 'set-email', 'a.bel', '--remove', '--no-notice')).out,
      /has no e-mail address/,
    )
    assert.equal((await run(t, 'accounts', 'set-email', 'a.bel')).status, 1)
    assert.deepEqual(
      (await audit(t)).map(({ event }) => event),
      [
        'account.added',
        'account.disabled',
        'account.enabled',
        'account.email-set',
        'notice.left-out',
        'account.email-set',
        'notice.left-out',
      ],
    )
  })

  it('C-12: set-password takes the line of standard input as it is, and never an argument', async (t) => {
    await run(t, 'accounts', 'add', 'a.bel', ...ADA, '--no-password')
    const words = ['accounts', 'set-password', 'a.bel', '--password-stdin', '--no-notice', '--config', instance.config]
    const set = await runCli(words, { input: ' Muguet 🌼 2026 \n' })
    assert.match(set.stdout, /^a\.bel \(Ada Bel\) has a new password\./)
    assert.equal(set.code, 0)
    assert.equal((await prove(t, 'demo', 'a.bel', ' Muguet 🌼 2026 ')).ok, true)
    const weak = await runCli(words, { input: 'x\n' })
    assert.equal(weak.code, 1)
    assert.match(weak.stderr, /^portillon: the password: it needs at least \d+ characters/)
    const unasked = await runCli(words.filter((word) => word !== '--password-stdin'))
    assert.match(unasked.stderr, /no terminal to ask for the password/)
    assert.equal((await prove(t, 'demo', 'a.bel', ' Muguet 🌼 2026 ')).ok, true)
  })

  it('import reports every bad line with its number and imports nothing, or the good lines when asked to', async (t) => {
    const file = path('people.csv')
    writeFileSync(
      file,
      '\ufefflogin;given_name;family_name;email;roles\r\na.b;Ada;Bel;a@example.test;rcp\r\nA.B;Ada;Bel;;\r\nc;;Del;x;é\r\n',
    )
    const refused = await run(t, 'accounts', 'import', file)
    assert.equal(refused.status, 1)
    assert.deepEqual(
      refused.err
        .split('\n')
        .filter((line) => line.startsWith(file))
        .map((line) => line.slice(file.length, file.length + 10)),
      [':3  the lo', ':4  the gi', ':4  the e-', ':4  a role'],
    )
    assert.match(refused.err, /4 faults: nothing was imported/)
    assert.match((await run(t, 'accounts', 'list')).out, /no accounts yet/)
    const skipped = await run(t, 'accounts', 'import', file, '--skip-bad')
    assert.deepEqual([skipped.out, skipped.status], ['1 account added, 2 lines left out.\n', 0])
    const again = await run(t, 'accounts', 'import', file, '--skip-bad', '--json')
    assert.deepEqual((JSON.parse(again.out) as { added: number }).added, 0)
  })

  it('import refuses what is no text in UTF-8, and a file that is not there', async (t) => {
    writeFileSync(path('latin1.csv'), Buffer.from('login,given_name,family_name\nz,Zo\u00e9,B\n', 'latin1'))
    const latin1 = await run(t, 'accounts', 'import', path('latin1.csv'))
    assert.match(latin1.err, /is not UTF-8: save it as “CSV UTF-8”\n +nothing was imported/)
    const missing = await run(t, 'accounts', 'import', path('missing.csv'))
    assert.deepEqual([latin1.status, missing.status], [1, 1])
  })

  it('keeps the people of two sites apart, and asks which one is meant', async (t) => {
    const other = readFileSync(path('demo.yaml'), 'utf8').replace(/^site: .*$/m, 'site: other')
    writeFileSync(
      path('other.yaml'),
      other.replace(/^hosts:.*$/m, 'hosts: [other.example.test]').replace(/^origin:.*$/m, ''),
    )
    instance.write({ sites: ['demo.yaml', 'other.yaml'] })
    const unclear = await run(t, 'accounts', 'list')
    assert.equal(unclear.status, 1)
    assert.match(unclear.err, /2 sites\n +say which one: --site demo or --site other/)
    await run(t, 'accounts', 'add', 'a.bel', ...ADA, '--no-password', '--site', 'other')
    assert.match((await run(t, 'accounts', 'list', '--site', 'other')).out, /1 account/)
    assert.match((await run(t, 'accounts', 'list', '--site', 'demo')).out, /no accounts yet/)
    assert.match((await run(t, 'accounts', 'list', '--site', 'third')).err, /no site third/)
  })

  it('E-04: says what to look at when the database is away, and nothing of its password', async (t) => {
    instance.write({ database: { url: 'postgres://gate:secret@127.0.0.1:1/gate?sslmode=disable' } })
    const { err, status } = await run(t, 'accounts', 'list')
    assert.equal(status, 1)
    assert.match(err, /database: ECONNREFUSED\n +see `database` in the instance file/)
    assert.doesNotMatch(err, /secret/)
  })

  it('sessions says where they are when they are in the memory of the gate', async (t) => {
    for (const words of [['list'], ['revoke', '--all']]) {
      const { err, status } = await run(t, 'sessions', ...words)
      assert.equal(status, 1)
      assert.match(err, /in the memory of the running gate \(store: embedded\)\n +end all of them by a restart/)
    }
  })
})
