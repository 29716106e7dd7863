import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { Problem } from '../../src/lib/settings/problem.ts'
import { createInstanceFolder, instanceText } from '../policy/instance.ts'
import { siteText } from '../policy/site-text.ts'

const instance = createInstanceFolder()
after(() => instance[Symbol.dispose]())
instance.write('site.yaml', siteText({ more: 'accounts: elsewhere' }))
instance.write('secret', 'hunter2')

const SERVER = 'servers: [ldap.example.test], base: "dc=example,dc=test"'
const COLUMNS = 'table: people, columns: { id: id, login: login, password: pw }'
const directory = (fields: string) => instanceText({ more: `directories: { elsewhere: { ${SERVER}, ${fields} } }` })
const table = (fields: string) => instanceText({ more: `legacy-tables: { elsewhere: { ${COLUMNS}, ${fields} } }` })
const problemsOf = (...load: Parameters<typeof instance.load>): readonly Problem[] => {
  const loaded = instance.load(...load)
  return loaded.ok ? loaded.value.warnings : loaded.reason
}

describe('where accounts live, in the instance file', () => {
  it('is taken as it is when nothing is wrong, secrets read from their files', () => {
    const loaded = instance.load(directory('bind-dn: "cn=x,dc=y", password-file: secret'))
    assert.ok(loaded.ok, JSON.stringify(loaded))
    const { elsewhere } = loaded.value.config.accountSources
    assert.equal(elsewhere?.kind === 'ldap' && elsewhere.password, 'hunter2')
    assert.equal(elsewhere?.kind === 'ldap' && elsewhere.security, 'starttls')
    assert.deepEqual(problemsOf(table('url: "postgres://db.internal/x"')), [])
  })

  it('may be set by variables with the name of the source; misspelt ones are told', () => {
    const variable = 'PORTILLON_DIRECTORIES_ELSEWHERE_PASSWORD_FILE'
    const text = directory('bind-dn: "cn=x,dc=y"')
    const loaded = instance.load(text, { environment: { [variable]: instance.pathOf('secret') } })
    assert.ok(loaded.ok, JSON.stringify(loaded))
    const stray = problemsOf(directory('filter: (uid=*)'), { environment: { [`${variable}S`]: 'x' } })
    assert.deepEqual(
      stray.map(({ file, remedy }) => [file, remedy]),
      [[`${variable}S`, `did you mean ${variable}?`]],
    )
  })

  it('G-08, G-06: is refused where it is unsafe, unclear or missing, each fault with its place and a remedy', () => {
    instance.write('not-pem', 'x')
    const faults: readonly (readonly [text: string, path: string, remedy: RegExp])[] = [
      [directory('security: none'), 'directories.elsewhere.security', /write starttls or tls: ldap\.example\.test/],
      [directory('bind-dn: "cn=x,dc=y"'), 'directories.elsewhere', /add `password-file`/],
      [directory('password-file: secret'), 'directories.elsewhere', /add `bind-dn`/],
      [directory('check: compare'), 'directories.elsewhere.check', /check: bind/],
      [directory('filter: "(uid=a))(b=c)"'), 'directories.elsewhere.filter', /as in \(objectClass=person\)/],
      [directory('ca: not-pem'), 'directories.elsewhere.ca', /export it as PEM/],
      [directory('attributes: { id: "uid)(x" }'), 'directories.elsewhere.attributes.id', /./],
      [table('security: none'), 'legacy-tables.elsewhere', /add `url: …`/],
      [table('url: "mysql://192.0.2.1/x"'), 'legacy-tables.elsewhere.url', /the name that its certificate is for/],
      [table('url: "oracle://h/x"'), 'legacy-tables.elsewhere.url', /./],
      [
        table('url: "postgres://h/x"').replace('table: people', 'table: "people; drop table x"'),
        'legacy-tables.elsewhere.table',
        /./,
      ],
      [
        table('url: "postgres://h/x"').replace('password: pw', 'password: pw, salt: s'),
        'legacy-tables.elsewhere.columns.salt',
        /add `digest/,
      ],
      [
        table('url: "postgres://h/x", digest: { algorithm: md5, order: salt-password }'),
        'legacy-tables.elsewhere.digest.order',
        /columns\.salt/,
      ],
      [instanceText(), 'sites[0]', /add `elsewhere` to `directories` or `legacy-tables` \(there is none\)/],
    ]
    for (const [text, path, remedy] of faults) {
      const [problem, ...others] = problemsOf(text)
      assert.deepEqual(others, [], text)
      assert.equal(problem?.severity, 'error', text)
      assert.equal(problem.path, path, text)
      assert.match(problem.remedy, remedy)
    }
  })

  it('G-06: the password in an address, or beside the service account, is never told', () => {
    for (const text of [
      table('url: "postgres://u:hunter2@db bad"'),
      table('url: "oracle://u:hunter2@db/x"'),
      directory('bind-dn: "cn=x,dc=y", password: [hunter2]'),
    ]) {
      const problems = problemsOf(text)
      assert.ok(problems.length > 0)
      assert.ok(!JSON.stringify(problems).includes('hunter2'), text)
    }
    const open = problemsOf(table('url: "postgres://u:hunter2@db.internal/x"'), { mode: 0o644 })
    assert.match(open[0]?.remedy ?? '', /chmod 600/)
  })

  it('warns of a source that no site uses, and refuses one name for two', () => {
    const both = instanceText({
      more: `directories: { elsewhere: { ${SERVER} } }\nlegacy-tables: { elsewhere: { ${COLUMNS}, url: "postgres://h.internal/x" } }`,
    })
    assert.deepEqual(
      problemsOf(both).map(({ path, remedy }) => [path, remedy]),
      [['legacy-tables.elsewhere', 'rename it: a directory is called elsewhere too']],
    )
    const more = `directories: { elsewhere: { ${SERVER} }, unused: { ${SERVER} } }`
    assert.deepEqual(
      problemsOf(instanceText({ more })).map(({ severity, path }) => [severity, path]),
      [['warning', 'directories.unused']],
    )
  })
})
