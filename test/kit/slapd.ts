import { writeFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Attribute, Change, Client } from 'ldapts'
import { makeCertificate } from './certificate.ts'
import { freeze } from './freeze.ts'
import { freePorts, isListening } from './ports.ts'
import { runProcess, startProcess } from './processes.ts'
import { createTempFolder } from './temp-folder.ts'
import { requireTool } from './tools.ts'

/** An OpenLDAP server of its own: an inetOrgPerson directory with groups, a password policy and TLS. */
export interface LdapServer {
  /** `127.0.0.1:port`, for StartTLS or none. */
  readonly server: string
  /** The same over TLS from the first byte. */
  readonly tlsServer: string
  /** Who signed its certificate, which is for 127.0.0.1 and localhost. */
  readonly ca: string
  readonly serviceDn: string
  readonly servicePassword: string
  readonly suffix: string
  add(dn: string, attributes: Readonly<Record<string, string | readonly string[] | Buffer>>): Promise<void>
  /** Replaces an attribute; no value removes it. */
  set(dn: string, attribute: string, ...values: readonly (string | Buffer)[]): Promise<void>
  remove(dn: string): Promise<void>
  rename(dn: string, newDn: string): Promise<void>
  freeze(): void
  thaw(): void
  stop(): Promise<void>
}

const SUFFIX = 'dc=example,dc=test'
const ROOT = `cn=root,${SUFFIX}`
const SERVICE = `cn=portillon,${SUFFIX}`
const SECRET = 'the-service-account'

const configOf = (folder: string): string => `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/msuser.schema
attributetype ( 1.3.6.1.4.1.4203.666.1.99901 NAME 'testGuid' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload ppolicy
TLSCertificateFile ${folder}/cert.pem
TLSCertificateKeyFile ${folder}/key.pem
database mdb
suffix "${SUFFIX}"
rootdn "${ROOT}"
rootpw ${SECRET}
directory ${folder}/data
maxsize 33554432
dbnosync
access to attrs=userPassword by anonymous auth by dn.exact="${SERVICE}" compare by * none
access to * by dn.exact="${SERVICE}" read by self read by * auth
overlay memberof
overlay ppolicy
ppolicy_default "cn=policy,${SUFFIX}"
ppolicy_use_lockout
`

const FIRST_ENTRIES = `
dn: ${SUFFIX}
objectClass: domain
dc: example

dn: ${SERVICE}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: portillon
userPassword: ${SECRET}

dn: cn=policy,${SUFFIX}
objectClass: applicationProcess
objectClass: pwdPolicy
cn: policy
pwdAttribute: userPassword
pwdLockout: TRUE
pwdMaxFailure: 0
`

/** Starts a real server on free ports of 127.0.0.1, with its data in a folder of its own. */
export const startSlapd = async (): Promise<LdapServer> => {
  const folder = createTempFolder('slapd')
  const { cert, key } = makeCertificate('127.0.0.1', 'localhost')
  const file = (name: string) => join(folder.path, name)
  writeFileSync(file('cert.pem'), cert)
  writeFileSync(file('key.pem'), key)
  writeFileSync(file('slapd.conf'), configOf(folder.path))
  writeFileSync(file('first.ldif'), FIRST_ENTRIES)
  mkdirSync(file('data'))
  const slapd = requireTool('slapd')
  const loaded = await runProcess(slapd, ['-T', 'add', '-f', file('slapd.conf'), '-l', file('first.ldif')])
  if (loaded.code !== 0) throw new Error(`slapadd failed\n${loaded.stdout}${loaded.stderr}`)
  const [port = 0, tlsPort = 0] = await freePorts(2)
  const urls = `ldap://127.0.0.1:${port}/ ldaps://127.0.0.1:${tlsPort}/`
  const server = startProcess(slapd, ['-f', file('slapd.conf'), '-h', urls, '-d', 'sync'])
  await server.waitFor(/slapd starting/)
  // It says so just before it listens.
  for (const each of [port, tlsPort]) while (!(await isListening(each))) await pause(20)

  const asRoot = async (act: (client: Client) => Promise<void>): Promise<void> => {
    const client = new Client({ url: `ldap://127.0.0.1:${port}`, timeout: 10_000 })
    try {
      await client.bind(ROOT, SECRET)
      await act(client)
    } finally {
      await client.unbind()
    }
  }
  const attributeOf = (type: string, values: readonly (string | Buffer)[]) =>
    new Attribute({ type, values: values.map((value) => Buffer.from(value)) })
  const valuesOf = (value: string | readonly string[] | Buffer): readonly (string | Buffer)[] =>
    typeof value === 'string' || Buffer.isBuffer(value) ? [value] : value
  return {
    server: `127.0.0.1:${port}`,
    tlsServer: `127.0.0.1:${tlsPort}`,
    ca: cert,
    serviceDn: SERVICE,
    servicePassword: SECRET,
    suffix: SUFFIX,
    add: (dn, attributes) =>
      asRoot((client) =>
        client.add(
          dn,
          Object.entries(attributes).map(([type, value]) => attributeOf(type, valuesOf(value))),
        ),
      ),
    set: (dn, type, ...values) =>
      asRoot((client) =>
        client.modify(dn, new Change({ operation: 'replace', modification: attributeOf(type, values) })),
      ),
    remove: (dn) => asRoot((client) => client.del(dn)),
    rename: (dn, newDn) => asRoot((client) => client.modifyDN(dn, newDn)),
    freeze: () => freeze(server.pid),
    thaw: () => void process.kill(server.pid, 'SIGCONT'),
    stop: async () => {
      try {
        process.kill(server.pid, 'SIGCONT')
      } catch {
        // It has ended already.
      }
      await server.stop('SIGKILL')
      folder[Symbol.dispose]()
    },
  }
}
