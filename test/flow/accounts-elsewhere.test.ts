import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { addEntry, addOrganisation, directorySettings } from '../kit/account-sources.ts'
import { GATE_PASSWORD, PERSON, startGate, type Gate } from '../kit/gate.ts'
import { eventually } from '../kit/instance.ts'
import { startSlapd, type LdapServer } from '../kit/slapd.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { createVisitor, giveCredentials, openSignIn, signIn } from '../kit/visitor.ts'

/** A site whose people are in a directory, from the sign-in page to the application. */

const { login, email = '' } = PERSON

describe('a site whose accounts live in a directory', () => {
  let ldap: LdapServer
  let upstream: HttpUpstream
  let gate: Gate
  let base: string

  before(async () => {
    ldap = await startSlapd()
    base = await addOrganisation(ldap)
    const person = { login, password: GATE_PASSWORD, email, givenName: 'Camille', familyName: 'Exemple' }
    await addEntry(ldap, base, { ...person, rpps: '99900000003', roles: ['medecin'] })
    upstream = await startHttpUpstream()
    gate = await startGate({
      upstream: upstream.url,
      people: [],
      site: { accounts: 'annuaire' },
      config: { accountSources: { annuaire: directorySettings(ldap, base, { recheck: '200ms' }) } },
    })
  })
  after(async () => {
    await gate.stop()
    await upstream.stop()
    await ldap.stop()
  })

  const refusedPage = async (asked: string, password: string) => {
    const visitor = createVisitor(gate)
    const fields = await openSignIn(visitor)
    const answer = await giveCredentials(visitor, fields, asked, password)
    return { status: answer.status, body: answer.body.replaceAll(/value="[^"]*"|nonce="[^"]*"|[0-9A-Z]{6}-\d{5}/g, '') }
  }

  it('lets its people in by password and mailed code, and the application receives what it says of them', async () => {
    const visitor = createVisitor(gate)
    await signIn(gate, visitor)
    assert.equal((await visitor.page('/dcc/')).status, 200)
    const received = upstream.requests.at(-1)?.headers ?? assert.fail()
    assert.deepEqual(
      [received['x-remote-user'], received['x-user-rpps'], received['x-user-name']],
      [login, '99900000003', 'Camille Exemple'],
    )
  })

  it('C-01: somebody unknown and a wrong password are one answer', async () => {
    const [unknown, wrong] = [await refusedPage('nobody.atall', 'x'), await refusedPage(login, 'x')]
    assert.equal(unknown.status, wrong.status)
    assert.equal(unknown.body.replaceAll('nobody.atall', login), wrong.body)
  })

  it('S-08: whoever is closed there is signed out here', async () => {
    const visitor = createVisitor(gate)
    await signIn(gate, visitor)
    await ldap.set(`uid=${login},${base}`, 'pwdAccountLockedTime', '000001010000Z')
    await eventually(async () => (await visitor.page('/dcc/')).status === 302, 'the session ends')
    await ldap.set(`uid=${login},${base}`, 'pwdAccountLockedTime')
  })

  it('E-04: while it does not answer, nobody signs in (503), and who is signed in goes on', async () => {
    const visitor = createVisitor(gate)
    await signIn(gate, visitor)
    ldap.freeze()
    const refused = await refusedPage(login, GATE_PASSWORD)
    assert.equal(refused.status, 503)
    assert.equal((await refusedPage('nobody.atall', 'x')).status, 503)
    assert.equal((await visitor.page('/dcc/')).status, 200)
    ldap.thaw()
    assert.equal((await visitor.page('/dcc/')).status, 200)
    await signIn(gate, createVisitor(gate))
    assert.ok(!JSON.stringify(gate.log).includes(GATE_PASSWORD))
  })
})
