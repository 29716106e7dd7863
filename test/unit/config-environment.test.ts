import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { Problem } from '../../src/lib/settings/problem.ts'
import { createInstanceFolder, instanceText } from '../policy/instance.ts'

const instance = createInstanceFolder()
after(() => instance[Symbol.dispose]())

const load = (environment: Record<string, string>, text = instanceText()) =>
  instance.load(text, { environment, mode: 0o644 })
const problemsOf = (...asked: Parameters<typeof load>): readonly Problem[] => {
  const loaded = load(...asked)
  return loaded.ok ? loaded.value.warnings : loaded.reason
}

describe('settings from the environment', () => {
  it('win over the file: texts, numbers, durations, and settings that the file leaves out', () => {
    const loaded = load({
      PORTILLON_LISTEN_PORT: '8080',
      PORTILLON_SMTP_HOST: 'relay.example.test',
      PORTILLON_DRAIN: '5s',
      PORTILLON_LOG_LEVEL: 'debug',
      PORTILLON_DATABASE_URL: 'postgres://portillon@db.internal/portillon',
    })
    assert.ok(loaded.ok, JSON.stringify(loaded))
    const { config } = loaded.value
    assert.equal(config.listen.port, 8080)
    assert.deepEqual(config.listen['trusted-proxies'], ['127.0.0.1'], 'the rest of a block stays')
    assert.equal(config.smtp?.host, 'relay.example.test')
    assert.equal(config.drain, 5_000)
    assert.equal(config.log.level, 'debug')
    assert.equal(config.database.url, 'postgres://portillon@db.internal/portillon')
  })

  it('change the kind of store', () => {
    const redis = load({ PORTILLON_STORE_REDIS: 'redis://127.0.0.1:6379' })
    assert.ok(redis.ok)
    assert.deepEqual(redis.value.config.store, { redis: 'redis://127.0.0.1:6379', prefix: 'portillon:' })
    const embedded = load(
      { PORTILLON_STORE: 'embedded' },
      instanceText({ store: 'store: { redis: "redis://127.0.0.1" }' }),
    )
    assert.ok(embedded.ok)
    assert.equal(embedded.value.config.store, 'embedded')
  })

  it('may be a secret, or name the file of one, whoever can read the instance file', () => {
    const smtp = 'smtp: { host: smtp.example.test, user: portillon }'
    const direct = load({ PORTILLON_SMTP_PASSWORD: 'hunter2' }, instanceText({ smtp }))
    assert.ok(direct.ok, JSON.stringify(direct))
    assert.equal(direct.value.config.smtp?.password, 'hunter2')
    const file = instance.write('secret', 'hunter3')
    const named = load({ PORTILLON_SMTP_PASSWORD_FILE: file }, instanceText({ smtp }))
    assert.ok(named.ok)
    assert.equal(named.value.config.smtp?.password, 'hunter3')
  })

  it('that are wrong are told with the name of the variable, secrets without their value', () => {
    const [port] = problemsOf({ PORTILLON_SMTP_PORT: 'many' })
    assert.deepEqual([port?.file, port?.line, port?.path, port?.value], ['PORTILLON_SMTP_PORT', 0, 'smtp.port', 'many'])
    const [database] = problemsOf({ PORTILLON_DATABASE_URL: 'mysql://u:hunter2@db' })
    assert.deepEqual(
      [database?.file, database?.path, database?.value],
      ['PORTILLON_DATABASE_URL', 'database.url', undefined],
    )
    assert.ok(!JSON.stringify(database).includes('hunter2'))
  })

  it('that set nothing are told: a misspelt one must not silently not count', () => {
    const [problem, ...others] = problemsOf({ PORTILLON_SMTP_PROT: '25' })
    assert.deepEqual(others, [])
    assert.deepEqual([problem?.file, problem?.severity], ['PORTILLON_SMTP_PROT', 'error'])
    assert.match(problem?.remedy ?? '', /PORTILLON_SMTP_PORT\?/)
  })

  it('of somebody else are left alone: other programs, and what orchestrators set for services', () => {
    const problems = problemsOf({
      PATH: '/usr/bin',
      PORTILLON_IMAGE_TAG: '1',
      PORTILLON_ADMIN_SERVICE_HOST: '10.0.0.1',
      PORTILLON_ADMIN_PORT: 'tcp://10.0.0.1:9443',
      PORTILLON_ADMIN_PORT_9443_TCP_ADDR: '10.0.0.1',
    })
    assert.deepEqual(problems, [])
  })
})
