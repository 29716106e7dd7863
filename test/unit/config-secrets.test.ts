import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { Problem } from '../../src/lib/settings/problem.ts'
import { makeCertificate } from '../kit/certificate.ts'
import { createInstanceFolder, instanceText } from '../policy/instance.ts'
import { NOW } from '../policy/site-text.ts'

const instance = createInstanceFolder()
after(() => instance[Symbol.dispose]())

const SECRET = 'hunter2-and-more'

/** The problems of an instance, after making sure that none of them says the secret. */
const problemsOf = (...load: Parameters<typeof instance.load>): readonly Problem[] => {
  const loaded = instance.load(...load)
  const problems = loaded.ok ? loaded.value.warnings : loaded.reason
  assert.ok(!JSON.stringify(problems).includes(SECRET), 'a secret was told')
  return problems
}

const mail = (fields: string) => instanceText({ smtp: `smtp: { host: smtp.example.test, user: portillon, ${fields} }` })

describe('a secret in a file', () => {
  it('is read without the line end that editors add', () => {
    instance.write('secrets/smtp', `${SECRET}\n`)
    instance.write('secrets/redis', `redis://:${SECRET}@127.0.0.1:6379\n`)
    instance.write('secrets/database', `postgres://portillon:${SECRET}@db.internal/portillon\r\n`)
    const loaded = instance.load(
      instanceText({
        smtp: 'smtp: { host: smtp.example.test, user: portillon, password-file: secrets/smtp }',
        store: 'store: { redis-file: secrets/redis }',
        database: 'database: { url-file: secrets/database }',
      }),
      // The instance file itself names no secret: it may be read by others.
      { mode: 0o644 },
    )
    assert.ok(loaded.ok, JSON.stringify(loaded))
    const { config } = loaded.value
    assert.equal(config.smtp?.password, SECRET)
    assert.deepEqual(config.store, { redis: `redis://:${SECRET}@127.0.0.1:6379`, prefix: 'portillon:' })
    assert.equal(config.database.url, `postgres://portillon:${SECRET}@db.internal/portillon`)
  })

  for (const mode of [0o604, 0o660, 0o644, 0o601]) {
    it(`G-06: that others may touch (mode 0${mode.toString(8)}) is refused, naming setting and file, never the value`, () => {
      const file = instance.write('open-secret', SECRET, mode)
      const [problem, ...others] = problemsOf(mail('password-file: open-secret'))
      assert.deepEqual(others, [])
      assert.equal(problem?.path, 'smtp.password-file')
      assert.match(problem.expected, /only the service and its group can read/)
      assert.match(problem.remedy, new RegExp(`0${mode.toString(8)}.*chmod 600 ${file}`))
    })
  }

  it('may be readable by its group: systemd and Kubernetes hand secrets over so', () => {
    for (const mode of [0o600, 0o400, 0o440, 0o640]) {
      instance.write(`secret-${mode}`, SECRET, mode)
      assert.deepEqual(problemsOf(mail(`password-file: secret-${mode}`)), [], mode.toString(8))
    }
  })

  it('G-06: that is missing, empty or a folder is refused', () => {
    instance.write('empty', ' \n')
    for (const [name, remedy] of [
      ['nope', /nope: there is no such file/],
      ['empty', /is empty/],
      ['.', /name the file that holds the secret/],
    ] as const) {
      const [problem, ...others] = problemsOf(mail(`password-file: ${name}`))
      assert.deepEqual(others, [], name)
      assert.equal(problem?.path, 'smtp.password-file')
      assert.match(problem.remedy, remedy)
    }
  })

  it('G-06: is refused beside the same secret in the instance file', () => {
    instance.write('secret', SECRET)
    const [problem] = problemsOf(mail(`password-file: secret, password: ${SECRET}`))
    assert.equal(problem?.path, 'smtp.password-file')
    assert.match(problem.expected, /not both/)
  })
})

describe('a secret in the instance file', () => {
  it('G-06: is refused when others can read that file, whichever setting it is in', () => {
    const texts = {
      'smtp.password': mail(`password: ${SECRET}`),
      'store.redis': instanceText({ store: `store: { redis: "redis://:${SECRET}@127.0.0.1" }` }),
      'database.url': instanceText({ database: `database: { url: "postgres://u:${SECRET}@db.internal/x" }` }),
    }
    for (const [path, text] of Object.entries(texts)) {
      const [problem, ...others] = problemsOf(text, { mode: 0o644 })
      assert.deepEqual(others, [], path)
      assert.equal(problem?.path, path)
      assert.match(problem.remedy, /chmod 600/)
      assert.deepEqual(problemsOf(text, { mode: 0o600 }), [], path)
    }
  })

  it('G-06: is never told, however the line is wrong', () => {
    const wrong = [
      mail(`password: [${SECRET}]`),
      mail(`pasword: ${SECRET}`),
      mail(`password: "${SECRET}" x`),
      mail(`password: !${SECRET} x`),
      mail(`password: ${SECRET}, password: ${SECRET}x`),
      instanceText({ smtp: `smtp: "smtp://portillon:${SECRET}@smtp.example.test"` }),
      instanceText({ store: `store: redis://:${SECRET}@127.0.0.1` }),
      instanceText({ store: `store: { redis: "http://:${SECRET}@127.0.0.1" }` }),
      instanceText({ database: `database: postgres://u:${SECRET}@db` }),
      instanceText({ database: `database: { url: "mysql://u:${SECRET}@db" }` }),
      instanceText({ database: `database: { url: "postgres://u:${SECRET}@db bad" }` }),
      instanceText({ more: `password: ${SECRET}` }),
    ]
    for (const text of wrong) assert.ok(problemsOf(text).length > 0, text)
  })

  it('G-06: of digits is told to be quoted without being repeated', () => {
    const [problem] = problemsOf(mail('password: 20261123').replace('20261123', '1234567'))
    assert.equal(problem?.path, 'smtp.password')
    assert.equal(problem.remedy, 'put it in quotes')
    assert.ok(!JSON.stringify(problem).includes('1234567'))
  })
})

describe('the certificate of the gate', () => {
  const { cert, key } = makeCertificate('dcc.example.test')
  const other = makeCertificate('dcc.example.test')
  const secured = instanceText({
    listen: 'listen: { address: 0.0.0.0, tls: { certificate: tls/cert.pem, key: tls/key.pem } }',
  })
  const DAY = 86_400_000
  // openssl makes certificates from now on; the gate judges them by the clock that it is given.
  const today = Date.now()
  const problemsOn = (now: number) => problemsOf(secured, { now }).filter(({ path }) => path.startsWith('listen'))

  it('is given with its key, and lets the gate listen beyond this machine', () => {
    instance.write('tls/cert.pem', cert, 0o644)
    instance.write('tls/key.pem', key)
    const loaded = instance.load(secured, { now: today })
    assert.ok(loaded.ok, JSON.stringify(loaded))
    assert.equal(loaded.value.tls?.cert.toString(), cert)
    assert.equal(loaded.value.tls.key.toString(), key)
    assert.deepEqual(loaded.value.config.listen.tls, {
      certificate: instance.pathOf('tls/cert.pem'),
      key: instance.pathOf('tls/key.pem'),
    })
  })

  it('G-06: that is over, or not yet valid, is refused; one that soon ends is warned of', () => {
    const told = [today + 3 * DAY, today - 2 * DAY, today].map((now) => problemsOn(now))
    assert.deepEqual(
      told.map((problems) => problems.map(({ path, severity }) => [path, severity])),
      [
        [['listen.tls.certificate', 'error']],
        [['listen.tls.certificate', 'error']],
        [['listen.tls.certificate', 'warning']],
      ],
    )
    assert.match(told[0]?.[0]?.remedy ?? '', /it ended on/)
    assert.match(told[1]?.[0]?.remedy ?? '', /it begins on/)
    assert.match(told[2]?.[0]?.remedy ?? '', /it ends on/)
  })

  it('G-06: with the key of another is refused', () => {
    instance.write('tls/key.pem', other.key)
    const problems = problemsOn(today).filter(({ severity }) => severity === 'error')
    assert.deepEqual(
      problems.map(({ path, expected }) => [path, expected]),
      [['listen.tls.key', 'the key of the certificate']],
    )
  })

  it('G-06: with a key that others can read, or that is no key, is refused', () => {
    instance.write('tls/key.pem', key, 0o644)
    const open = problemsOn(today).find(({ path }) => path === 'listen.tls.key')
    assert.match(open?.remedy ?? '', /chmod 600/)
    instance.write('tls/key.pem', cert)
    const none = problemsOn(today).find(({ path }) => path === 'listen.tls.key')
    assert.match(none?.expected ?? '', /a private key in PEM form/)
  })

  it('G-06: that is missing, or no certificate, is refused', () => {
    instance.write('tls/key.pem', key)
    instance.write('tls/cert.pem', 'no certificate')
    assert.match(problemsOn(today)[0]?.remedy ?? '', /holds no certificate/)
    const elsewhere = secured.replace('tls/cert.pem', 'tls/nope.pem')
    assert.match(problemsOf(elsewhere, { now: today })[0]?.remedy ?? '', /nope\.pem: there is no such file/)
  })

  it('that does not name a host of the sites is warned of', () => {
    const foreign = makeCertificate('other.example.test')
    instance.write('tls/cert.pem', foreign.cert)
    instance.write('tls/key.pem', foreign.key)
    const problem = problemsOn(today).find(({ expected }) => expected.includes('every host'))
    assert.equal(problem?.severity, 'warning')
    assert.match(problem.expected, /does not name dcc\.example\.test/)
  })

  it('is no use to a site that is http', () => {
    instance.write('tls/cert.pem', cert)
    instance.write('tls/key.pem', key)
    const http = 'hosts: [localhost]\norigin: http://localhost'
    instance.write('site.yaml', instanceSite(http))
    const problem = problemsOf(secured, { now: NOW }).find(({ path }) => path === 'sites[0]')
    assert.match(problem?.remedy ?? '', /http:\/\/localhost is http/)
  })
})

const instanceSite = (hosts: string) => `site: test
${hosts}
name: DCC
network: Réseau
upstream: { url: http://127.0.0.1:8081 }
ways: [{ id: mailed-code, methods: [password, email-code], homologation: x }]
email-code: { from: WebDCR@example.test }
identity: { assertion: { audience: webdcr } }
support: { name: Référent, phone: 01 99 00 00 00 }
legal: x
`
