import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { registerAccounts } from '../../src/cli/accounts.ts'
import { openDatabase } from '../../src/database/open.ts'
import { silentLog } from '../../src/lib/log.ts'
import { runCommand } from '../kit/command.ts'
import { createCommandInstance } from '../kit/command-instance.ts'

const NUMBER = '899900000003'

describe('portillon accounts link and unlink (G19)', () => {
  const instance = createCommandInstance('accounts-link')
  const run = (t: TestContext, ...words: readonly string[]) =>
    runCommand(t, registerAccounts, ['accounts', ...words, '--config', instance.config])
  const add = (t: TestContext, login: string) =>
    run(t, 'add', login, '--given-name', 'Ada', '--family-name', 'Bel', '--no-password')
  const trail = async () => {
    const database = openDatabase(instance.databaseUrl, silentLog)
    const rows = await database.db.selectFrom('audit').select(['event', 'login']).orderBy('id').execute()
    await database.close()
    return rows.filter(({ event }) => event.includes('identity')).map(({ event, login }) => `${event} ${login ?? ''}`)
  }

  it('give a number to one account, take it away again, and say both in the trail', async (t) => {
    await add(t, 'a.bel')
    await add(t, 'b.cel')
    const linked = await run(t, 'link', 'A.Bel', NUMBER)
    assert.match(linked.err, /^warning: the notice could not be sent \(the account has no e-mail address\)[^\n]+\n$/)
    assert.equal(linked.status, 0)
    assert.match(linked.out, /Card, Pro Santé Connect and calls of 899900000003 lead to a\.bel \(Ada Bel\)\./)
    assert.match((await run(t, 'show', 'a.bel')).out, /National identifier +899900000003/)
    assert.match((await run(t, 'link', 'a.bel', NUMBER)).out, /had this number already/)
    const unlinked = await run(t, 'unlink', 'a.bel')
    assert.match(unlinked.out, /No card, provider or call leads to a\.bel \(Ada Bel\) any more\./)
    assert.match((await run(t, 'unlink', 'a.bel')).out, /had no number/)
    assert.deepEqual(await trail(), ['account.identity-linked a.bel', 'account.identity-unlinked a.bel'])
  })

  it('refuse a number of somebody else, one that is none, and a login that nobody has, and change nothing', async (t) => {
    await run(t, 'link', 'a.bel', NUMBER)
    const taken = await run(t, 'link', 'b.cel', NUMBER)
    assert.equal(taken.status, 1)
    assert.match(taken.err, /another account has 899900000003[\s\S]*accounts list --search 899900000003/)
    const malformed = await run(t, 'link', 'b.cel', '12345')
    assert.equal(malformed.status, 1)
    assert.match(malformed.err, /nothing was changed/)
    assert.match((await run(t, 'link', 'n.personne', '899900000011')).err, /no account "n\.personne" in demo/)
    assert.match((await run(t, 'show', 'b.cel')).out, /National identifier +-/)
  })
  it("link the name that a provider or an establishment has for somebody, which is nobody else's then", async (t) => {
    const issuer = ['--issuer', 'urn:finess:990000028']
    assert.match((await run(t, 'link', 'b.cel', 'u042', ...issuer)).out, /u042 of urn:finess:990000028 is b\.cel/)
    assert.match((await run(t, 'link', 'a.bel', 'u042', ...issuer)).err, /another account has u042/)
    assert.match((await run(t, 'link', 'b.cel', 'u042', ...issuer)).out, /already/)
    assert.match((await run(t, 'link', 'a.bel', 'u042', '--issuer', 'urn:finess:990000010')).out, /is a\.bel/)
  })
})
