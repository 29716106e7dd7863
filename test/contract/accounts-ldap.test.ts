import assert from 'node:assert/strict'
import { connect, createServer, type Socket } from 'node:net'
import { after, describe, it } from 'node:test'
import { InvalidCredentialsError, type Client } from 'ldapts'
import { checkPassword } from '../../src/accounts/ldap/check-password.ts'
import { addEntry, addOrganisation, directorySettings, ldapKit, openBench, REALM } from '../kit/account-sources.ts'
import { makeCertificate } from '../kit/certificate.ts'
import { databaseKinds } from '../kit/databases.ts'
import { freePort, listen } from '../kit/ports.ts'

/** What an LDAP directory alone can do; what every source does is in account-sources.test.ts. */

const ADA = { login: 'ada.bel', password: 'Muguet 2026', email: 'ada@example.test' }
const unavailable = { name: 'Fault', code: 'accounts-unavailable' }

const AGREED = '300c02010178070a010004000400'

describe('accounts in a directory', () => {
  const kit = ldapKit()
  const gate = databaseKinds.SQLite()
  const bench = async (more: object = {}, base?: string) => {
    const at = base ?? (await addOrganisation(kit.ldap()))
    if (base === undefined) await addEntry(kit.ldap(), at, ADA)
    return { base: at, ...(await openBench(gate, { ...directorySettings(kit.ldap(), at), ...more })) }
  }
  const prove = ({ directory }: Awaited<ReturnType<typeof bench>>, login = ADA.login, password = ADA.password) =>
    directory.provePassword(REALM, login, password)

  /** Somebody between gate and directory, who answers the first bytes in a way of their own. */
  const between = async (answer: (socket: Socket) => void) => {
    const heard: Buffer[] = []
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (chunk) => heard.push(chunk))
      socket.once('data', () => answer(socket))
    })
    const port = await listen(server)
    after(() => server.close())
    return { server: `127.0.0.1:${port}`, heard: () => Buffer.concat(heard).toString('latin1') }
  }

  it('G-08: is spoken to under TLS, from the first byte or by StartTLS, and answers', async () => {
    for (const more of [{ security: 'tls', servers: [kit.ldap().tlsServer] }, { security: 'starttls' }]) {
      assert.ok((await prove(await bench(more))).ok, JSON.stringify(more))
    }
  })

  it('G-08: a certificate of somebody else, or for another name, is refused, and nothing is said in clear', async () => {
    const { base } = await bench()
    const other = makeCertificate('ldap.example.test')
    for (const security of ['starttls', 'tls']) {
      const servers = [security === 'tls' ? kit.ldap().tlsServer : kit.ldap().server]
      await assert.rejects(prove(await bench({ security, servers, ca: other.cert }, base)), unavailable)
      await assert.rejects(prove(await bench({ security, servers, ca: undefined }, base)), unavailable)
    }
  })

  it('G-08: StartTLS that is refused, cut out or answered with something else is the end of it', async () => {
    const refused = Buffer.from('300c02010178070a013504000400', 'hex')
    const asIfBound = Buffer.from('300c02010161070a010004000400', 'hex')
    for (const bytes of [refused, asIfBound, Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), Buffer.alloc(0)]) {
      const middle = await between((socket) => (bytes.length === 0 ? socket.end() : socket.write(bytes)))
      const { base } = await bench()
      await assert.rejects(prove(await bench({ servers: [middle.server] }, base)), unavailable)
      assert.ok(!middle.heard().includes(ADA.password), 'the password crossed the network in clear')
      assert.ok(!middle.heard().includes(kit.ldap().servicePassword), 'so did that of the service account')
    }
  })

  it('G-08: words put behind the answer to StartTLS never count as said under encryption', async () => {
    // All of a « you are bound » but for its last byte, which the first one of the encrypted answer would complete.
    const forged = Buffer.from('300d02010261080a01000400040100', 'hex').subarray(0, -1)
    const { base } = await bench()
    const port = Number(kit.ldap().server.split(':')[1])
    for (const extra of [forged, Buffer.from([0x30])]) {
      const middle = await between((socket) => {
        const behind = connect({ host: '127.0.0.1', port })
        behind.on('error', () => undefined)
        behind.write(Buffer.from('301d02010177188016312e332e362e312e342e312e313436362e3230303337', 'hex'))
        behind.once('data', () => {
          socket.write(Buffer.concat([Buffer.from(AGREED, 'hex'), extra]))
          socket.pipe(behind).pipe(socket)
        })
      })
      await assert.rejects(prove(await bench({ servers: [middle.server] }, base)), {
        ...unavailable,
        message: /more than the answer to StartTLS/,
      })
    }
  })

  it('an empty password is never sent: directories say yes to it', async () => {
    const opened = await bench()
    assert.deepEqual(await prove(opened, ADA.login, ''), { ok: false, reason: { cause: 'wrong', account: null } })
    const asked = { bind: () => Promise.reject(new Error('it was sent')) } as unknown as Client
    assert.equal(await checkPassword(asked, directorySettings(kit.ldap(), opened.base), 'cn=x', ''), 'wrong')
  })

  it('C-17: a login that two people have is nobody’s; any of the attributes for logins will do', async () => {
    const opened = await bench()
    assert.ok((await prove(opened, ADA.email)).ok)
    await addEntry(kit.ldap(), opened.base, { ...ADA, login: 'ada.bel2' })
    const refused = await prove(opened, ADA.email)
    assert.deepEqual(refused, { ok: false, reason: { cause: 'ambiguous', account: null } })
    assert.ok((await prove(opened)).ok)
  })

  it('people outside the filter are nobody', async () => {
    const { base } = await bench()
    assert.ok((await prove(await bench({ filter: '(&(objectClass=person)(mail=*@example.test))' }, base))).ok)
    const outside = await prove(await bench({ filter: '(employeeType=medecin)' }, base))
    assert.deepEqual(outside, { ok: false, reason: { cause: 'unknown', account: null } })
    await assert.rejects(bench({ filter: '(nonsense)' }, base), /Invalid expression/)
  })

  it('H-15: an entry whose login cannot be one lets nobody in', async () => {
    const opened = await bench()
    const name = `cn=Cyr,${opened.base}`
    await kit.ldap().add(name, {
      objectClass: ['inetOrgPerson'],
      cn: 'Cyr',
      sn: 'Del',
      uid: 'cyr\r\nX-Admin: 1',
      mail: 'cyr@example.test',
      userPassword: ADA.password,
    })
    const refused = await prove(opened, 'cyr@example.test')
    assert.deepEqual(refused, { ok: false, reason: { cause: 'unreadable', account: null } })
  })

  it('compares a password where it must not sign in with it', async () => {
    const opened = await bench({ check: 'compare' })
    assert.ok((await prove(opened)).ok)
    assert.equal((await prove(opened, ADA.login, 'Muguet 2027')).ok, false)
    const unknown = await prove(opened, 'nobody')
    assert.equal(!unknown.ok && unknown.reason.cause, 'unknown')
  })

  it('gives roles by the names of groups, from the person or by searching groups', async () => {
    const { base } = await bench()
    const groups = `ou=groups,${base}`
    await kit.ldap().add(groups, { objectClass: 'organizationalUnit', ou: 'groups' })
    const group = `cn=Médecins (RCP),${groups}`
    await kit
      .ldap()
      .add(group, { objectClass: 'groupOfNames', cn: 'Médecins (RCP)', member: `uid=${ADA.login},${base}` })
    const roles = { [group.toUpperCase().replaceAll(',', ', ')]: 'medecin' }
    const searched = { base: groups, filter: '(objectClass=groupOfNames)', member: 'member' }
    const { attributes } = directorySettings(kit.ldap(), base)
    for (const more of [{ attributes: { ...attributes, roles: 'memberOf' } }, { groups: searched }]) {
      const proven = await prove(await bench({ roles, ...more }, base))
      assert.deepEqual(proven.ok && proven.value.roles, ['medecin'], JSON.stringify(more))
    }
  })

  it('E-04: asks the next server when one is down, and is a fault when the service account is refused', async () => {
    const { base } = await bench()
    const down = `127.0.0.1:${await freePort()}`
    assert.ok((await prove(await bench({ servers: [down, kit.ldap().server] }, base))).ok)
    await assert.rejects(prove(await bench({ servers: [down] }, base)), unavailable)
    await assert.rejects(prove(await bench({ password: 'not-the-service-account' }, base)), {
      ...unavailable,
      message: /refuses the service account/,
    })
  })

  it('Active Directory: disabled and expired accounts are closed, an id of bytes is kept', async () => {
    const { base } = await bench()
    const { attributes } = directorySettings(kit.ldap(), base)
    const settings = { attributes: { ...attributes, id: 'testGuid' } }
    const dn = `uid=${ADA.login},${base}`
    // Bytes that are no text, as most of objectGUID are; slapd's schema of that name cannot be searched by.
    await kit.ldap().set(dn, 'testGuid', Buffer.from('80ff00112233445566778899aabbccdd', 'hex'))
    const opened = await bench(settings, base)
    const first = await prove(opened)
    assert.ok(first.ok)
    const [row] = await opened.database.db.selectFrom('accounts').selectAll().execute()
    assert.ok(row)
    assert.equal(row.external_id, 'hex:80ff00112233445566778899aabbccdd')
    const standing = async () => (await opened.opened.source.standings([row])).get(row.id)
    assert.equal(await standing(), 'open')
    const closed = [
      ['userAccountControl', '514', '512'],
      ['accountExpires', '131000000000000000', '9223372036854775807'],
    ] as const
    for (const [attribute, shut, open] of closed) {
      await kit.ldap().set(dn, attribute, shut)
      assert.equal(await standing(), 'closed', attribute)
      const refused = await prove(opened)
      assert.equal(!refused.ok && refused.reason.cause, 'disabled', attribute)
      await kit.ldap().set(dn, attribute, open)
      assert.ok((await prove(opened)).ok, attribute)
    }
  })

  it('Active Directory: its reasons for a no are told apart, for the trail', async () => {
    const settings = directorySettings(kit.ldap(), 'dc=x,dc=y')
    const reasons = {
      '52e': 'wrong',
      '525': 'wrong',
      '533': 'disabled',
      '532': 'expired',
      '773': 'expired',
      '775': 'locked',
    }
    for (const [code, answer] of Object.entries(reasons)) {
      const text = `80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data ${code}, v4563`
      const client = { bind: () => Promise.reject(new InvalidCredentialsError(text)) } as unknown as Client
      assert.equal(await checkPassword(client, settings, 'cn=x', 'y'), answer, code)
    }
  })

  it('E-04: a server that accepts connections and says nothing is given up in time', async () => {
    const { base } = await bench()
    const silent = createServer(() => undefined)
    const port = await listen(silent)
    try {
      const opened = await bench({ servers: [`127.0.0.1:${port}`], connect: 300 }, base)
      await assert.rejects(prove(opened), { ...unavailable, message: /not reached within 300 ms/ })
    } finally {
      silent.close()
    }
  })
})
