import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { hash as bcryptHash } from '@node-rs/bcrypt'
import { isPasswordHash } from '../../src/accounts/password-hash.ts'
import { registerAccounts } from '../../src/cli/accounts.ts'
import {
  addLine,
  addTable,
  openBench,
  REALM,
  startTablesInMariadb,
  startTablesInPostgres,
  tableSettings,
  type TableServer,
} from '../kit/account-sources.ts'
import { makeCertificate } from '../kit/certificate.ts'
import { runCommand } from '../kit/command.ts'
import { databaseKinds } from '../kit/databases.ts'
import { createTempFolder } from '../kit/temp-folder.ts'

/** What a table of another application alone does; what every source does is in account-sources.test.ts. */

const ADA = { login: 'ada.bel', password: 'Muguet 2026', email: 'ada@example.test' }
const ssha = (password: string | Buffer) => {
  const digest = createHash('sha1').update(password).update('salt').digest()
  return `{SSHA}${Buffer.concat([digest, Buffer.from('salt')]).toString('base64')}`
}

describe('accounts in a table of another application', () => {
  const gate = databaseKinds.SQLite()
  let server: TableServer
  before(async () => {
    server = await startTablesInPostgres()
  })
  after(() => server.stop())

  const bench = async (table: string, more: object = {}) => {
    const opened = await openBench(gate, tableSettings(server, table, more))
    return {
      ...opened,
      prove: (login: string, password: string) => opened.directory.provePassword(REALM, login, password),
      row: () => opened.database.db.selectFrom('accounts').selectAll().executeTakeFirst(),
    }
  }
  const causeOf = async (asked: ReturnType<Awaited<ReturnType<typeof bench>>['prove']>) => {
    const proven = await asked
    return proven.ok ? 'none' : proven.reason.cause
  }

  it('G11: the first right sign-in leaves an argon2id hash at the gate, which counts from then on', async () => {
    const table = await addTable(server)
    await addLine(server, table, ADA, ssha(ADA.password))
    const { prove, row } = await bench(table)
    assert.ok((await prove(ADA.login, ADA.password)).ok)
    const made = (await row())?.password_hash ?? ''
    assert.ok(isPasswordHash(made))
    assert.equal(await causeOf(prove(ADA.login, 'Muguet 2027')), 'wrong')
    assert.ok((await prove(ADA.login, ADA.password)).ok)
    assert.equal((await row())?.password_hash, made, 'it is not made anew each time')
  })

  it('G11: a password that is changed in the other application counts at once, and the former one no more', async () => {
    const table = await addTable(server)
    await addLine(server, table, ADA, ssha(ADA.password))
    const { prove, row } = await bench(table)
    assert.ok((await prove(ADA.login, ADA.password)).ok)
    const before = (await row())?.password_hash
    await server.query(`update ${table} set pw = ?`, [ssha('Jonquille 2027')])
    assert.equal(await causeOf(prove(ADA.login, ADA.password)), 'wrong')
    assert.ok((await prove(ADA.login, 'Jonquille 2027')).ok)
    assert.notEqual((await row())?.password_hash, before)
  })

  it('what the gate keeps tells nothing of the old hash', async () => {
    const table = await addTable(server)
    const old = ssha(ADA.password)
    await addLine(server, table, ADA, old)
    const { prove, row } = await bench(table)
    assert.ok((await prove(ADA.login, ADA.password)).ok)
    const kept = JSON.stringify(await row())
    const plain = createHash('sha256').update(old)
    for (const text of [old, plain.copy().digest('hex'), plain.copy().digest('base64url')])
      assert.ok(!kept.includes(text))
  })

  it('a hash of unknown form, or none, lets nobody in, and is no fault', async () => {
    const table = await addTable(server)
    const forms = ['$1$abcdefgh$K3n5c0hW1t8qXo2yVbJ7Z.', '{noop}Muguet 2026', 'Muguet 2026', '']
    for (const [at, hash] of forms.entries()) await addLine(server, table, { ...ADA, login: `p${at}` }, hash)
    const { prove } = await bench(table)
    const causes = await Promise.all(forms.map((_, at) => causeOf(prove(`p${at}`, ADA.password))))
    assert.deepEqual(causes, ['unverifiable', 'unverifiable', 'unverifiable', 'wrong'])
  })

  it('C-12: passwords that were hashed in ISO-8859-1, or decomposed, are taken where the settings say so', async () => {
    const table = await addTable(server)
    await addLine(server, table, { ...ADA, login: 'old' }, ssha(Buffer.from('Clé de Zoé', 'latin1')))
    await addLine(server, table, { ...ADA, login: 'mac' }, ssha('Clé'.normalize('NFD')))
    assert.equal(await causeOf((await bench(table)).prove('old', 'Clé de Zoé')), 'wrong')
    const both = await bench(table, { 'password-encodings': ['utf-8', 'iso-8859-1'] })
    assert.ok((await both.prove('old', 'Clé de Zoé')).ok)
    assert.ok((await both.prove('mac', 'Clé'.normalize('NFD'))).ok)
  })

  it('C-17: logins that are one here are refused when two people have them, whatever their case', async () => {
    const table = await addTable(server)
    for (const login of ['Ada', 'ada', 'CYR']) await addLine(server, table, { ...ADA, login }, ssha(ADA.password))
    for (const login of ['Ada', 'ada', 'ADA']) {
      for (const mode of ['folded', 'exact']) {
        const { prove } = await bench(table, { 'login-case': mode })
        assert.equal(await causeOf(prove(login, ADA.password)), 'ambiguous', `${login} ${mode}`)
      }
    }
    assert.ok((await (await bench(table)).prove('cyr', ADA.password)).ok)
    const exact = await bench(table, { 'login-case': 'exact' })
    assert.equal(await causeOf(exact.prove('cyr', ADA.password)), 'unknown')
    assert.ok((await exact.prove('CYR', ADA.password)).ok)
  })

  it('a view of another schema serves, padded columns and a salt of its own column included', async () => {
    const table = await addTable(server)
    await addLine(server, table, ADA, createHash('md5').update(`pepper${ADA.password}`).digest('hex'))
    await server.query('create schema if not exists app')
    const columns = `id, login::char(40) as login, pw, 'pepper'::char(20) as salt, 'MED, x' as groups_of, 7 as state`
    await server.query(`create view app.people as select ${columns} from ${table}`)
    const { prove } = await bench('app.people', {
      columns: { id: 'id', login: 'login', password: 'pw', salt: 'salt', roles: 'groups_of', state: 'state' },
      'open-values': ['7'],
      digest: { algorithm: 'md5', order: 'salt-password' },
      roles: { med: 'medecin' },
    })
    const proven = await prove(ADA.login, ADA.password)
    assert.ok(proven.ok)
    const { login, name, email, roles } = proven.value
    assert.deepEqual(
      { login, name, email, roles },
      { login: ADA.login, name: ADA.login, email: null, roles: ['medecin'] },
    )
  })

  it('is only read: the connection refuses to write', async () => {
    const table = await addTable(server)
    await server.query(`create or replace function bump() returns text language plpgsql as
      $$ begin insert into ${table} (id, login, enabled) values (1, 'x', 'x'); return 'x'; end $$`)
    await server.query(
      `create view v_${table} as select id, bump() as login, pw, enabled from (select 9 as id, '' as pw, '' as enabled) one`,
    )
    const { prove } = await bench(`v_${table}`, { columns: { id: 'id', login: 'login', password: 'pw' } })
    await assert.rejects(prove('x', 'y'), { name: 'Fault', code: 'accounts-unavailable', message: /25006/ })
  })

  it('G-08: a server without TLS is refused unless the settings allow it', async () => {
    const table = await addTable(server)
    const { prove } = await bench(table, { security: 'tls' })
    await assert.rejects(prove('x', 'y'), { name: 'Fault', code: 'accounts-unavailable' })
  })

  describe('commands', () => {
    const folder = createTempFolder('migration').path
    const file = (name: string) => join(folder, name)
    const run = (t: TestContext, ...words: readonly string[]) =>
      runCommand(t, registerAccounts, ['accounts', ...words, '--config', file('portillon.yaml')])
    let table: string

    before(async () => {
      table = await addTable(server)
      await addLine(server, table, ADA, ssha(ADA.password))
      await addLine(server, table, { ...ADA, login: 'cyr.del' }, await bcryptHash(ADA.password, 4))
      await addLine(server, table, { ...ADA, login: 'eva.fox' }, '$1$abcdefgh$K3n5c0hW1t8qXo2yVbJ7Z.')
      // Passwords of the other application are changed there: the gate offers no link of its own (check refuses it).
      const site = readFileSync(resolve('policies/demo.yaml'), 'utf8').replace('forgotten: mail', 'forgotten: referent')
      writeFileSync(file('demo.yaml'), `${site}\naccounts: webdcr\n`)
      const { columns } = tableSettings(server, table)
      const source = { url: server.url, security: 'none', table, columns }
      const settings = [
        'listen: { trusted-proxies: [127.0.0.1] }',
        'smtp: { host: localhost, port: 25, security: none }',
        'store: embedded',
        'database: { url: "sqlite:gate.sqlite" }',
        'keys: keys',
        'sites: [demo.yaml]',
        `legacy-tables: ${JSON.stringify({ webdcr: source })}`,
      ]
      writeFileSync(file('portillon.yaml'), `${settings.join('\n')}\n`, { mode: 0o600 })
    })

    it('G11: migration says what is left, by form, and what to do next; no hash is shown', async (t) => {
      const { out, err, status } = await run(t, 'migration')
      assert.deepEqual([err, status], ['', 0])
      assert.match(out, /^Passwords of demo, from webdcr, a table of another application:/)
      assert.match(out, /^\{SSHA\} +1 +0 +1$/m)
      assert.match(out, /^bcrypt +1 +0 +1$/m)
      assert.match(out, /^unknown, begins with \$1\$ +1 +0 +1 +cannot sign in$/m)
      assert.match(out, /^3 open accounts: 0 moved to argon2id at the gate, 3 left; 0 closed\.$/m)
      assert.match(out, /^1 account cannot sign in: give them a password in the other application/m)
      assert.doesNotMatch(out, /K3n5c0hW|\$2b\$04/)
      const json = JSON.parse((await run(t, 'migration', '--json')).out) as { left: number; open: number }
      assert.deepEqual([json.open, json.left], [3, 3])
    })

    it('show looks into the table; what belongs there is refused with where to do it', async (t) => {
      const shown = await run(t, 'show', 'CYR.DEL')
      assert.match(shown.out, /^Password there +bcrypt$/m)
      assert.match(shown.out, /cyr\.del has not signed in here yet/)
      const nobody = await run(t, 'show', 'nobody')
      assert.equal(nobody.status, 1)
      const refused = [
        ['add', 'x', '--given-name', 'X', '--family-name', 'Y', '--no-password'],
        ['set-password', 'ada.bel', '--generate'],
        ['set-email', 'ada.bel', 'other@example.test'],
        ['import', file('portillon.yaml')],
      ]
      for (const words of refused) {
        const { err, status } = await run(t, ...words)
        assert.match(err, /the accounts of demo live in webdcr, a table of another application\n +\S/)
        assert.equal(status, 1, words[0])
      }
    })
  })
})

describe('accounts in a table of MariaDB', () => {
  const gate = databaseKinds.SQLite()
  let server: TableServer
  before(async () => {
    server = await startTablesInMariadb()
  })
  after(() => server.stop())

  it('G-08: its certificate is checked, and for the name of the server too', async () => {
    const table = await addTable(server)
    await addLine(server, table, ADA, ssha(ADA.password))
    const settings = tableSettings(server, table)
    const prove = async (more: object) =>
      (await openBench(gate, { ...settings, ...more })).directory.provePassword(REALM, ADA.login, ADA.password)
    assert.ok((await prove({})).ok)
    await assert.rejects(prove({ ca: undefined }), { name: 'Fault', code: 'accounts-unavailable' })
    const byAddress = prove({ url: settings.url.replace('@localhost:', '@127.0.0.1:') })
    await assert.rejects(byAddress, { name: 'Fault', message: /by its name, not by an address/ })
    const other = { ca: makeCertificate('localhost').cert }
    await assert.rejects(prove(other), { name: 'Fault', code: 'accounts-unavailable' })
  })

  it('C-17: a collation that takes more letters for equal than the gate does lets nobody in by them', async () => {
    const table = await addTable(server)
    await server.query(`alter table ${table} modify login varchar(200) character set latin1 collate latin1_swedish_ci`)
    await addLine(server, table, { ...ADA, login: 'zoé' }, ssha(ADA.password))
    const { directory } = await openBench(gate, tableSettings(server, table))
    assert.ok((await directory.provePassword(REALM, 'ZOÉ', ADA.password)).ok)
    for (const login of ['zoe', 'zoé漢', '🌼']) {
      const proven = await directory.provePassword(REALM, login, ADA.password)
      assert.deepEqual(proven, { ok: false, reason: { cause: 'unknown', account: null } }, login)
    }
  })

  it('a flag of one bit, as Hibernate writes them, is 1 or 0', async () => {
    const table = await addTable(server)
    await addLine(server, table, ADA, ssha(ADA.password))
    await server.query(`alter table ${table} add column flag bit(1) not null default b'1'`)
    const { columns } = tableSettings(server, table)
    const settings = tableSettings(server, table, { columns: { ...columns, state: 'flag' } })
    const { directory } = await openBench(gate, settings)
    assert.ok((await directory.provePassword(REALM, ADA.login, ADA.password)).ok)
    await server.query(`update ${table} set flag = b'0'`)
    const closed = await directory.provePassword(REALM, ADA.login, ADA.password)
    assert.equal(!closed.ok && closed.reason.cause, 'disabled')
  })
})
