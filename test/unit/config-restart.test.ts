import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { LoadedConfig } from '../../src/config/instance.ts'
import { takeUp } from '../../src/config/restart.ts'
import type { LoadedSite } from '../../src/policy/load.ts'
import { createInstanceFolder, instanceText } from '../policy/instance.ts'
import { siteText } from '../policy/site-text.ts'

const instance = createInstanceFolder()
after(() => instance[Symbol.dispose]())

const loaded = (...changes: Parameters<typeof instanceText>): LoadedConfig<LoadedSite> => {
  const result = instance.load(instanceText(...changes))
  assert.ok(result.ok, JSON.stringify(result))
  return result.value
}

describe('new settings of a running instance', () => {
  const before = loaded()

  it('are all taken up where they only say how visitors are served', () => {
    instance.write('other.yaml', siteText())
    const after = loaded({
      sites: 'sites: [other.yaml]',
      listen: 'listen: { trusted-proxies: [192.0.2.7] }',
      smtp: 'smtp: { host: other.example.test }',
      more: 'drain: 9s\ndrain-notice: 1s\nlog: { level: debug }',
    })
    assert.deepEqual(takeUp(before, after), { inForce: after, waiting: [] })
  })

  it('wait for a restart where they say on what the instance stands, and what was there stays', () => {
    const after = loaded({
      listen: 'listen: { port: 9000, trusted-proxies: [192.0.2.7] }',
      store: 'store: { redis: "redis://127.0.0.1:6380" }',
      database: 'database: { url: "sqlite:other.sqlite" }',
      keys: 'keys: other-keys',
      more: 'workers: 3\nadmin: { port: 9999 }\ndrain: 9s',
    })
    const { inForce, waiting } = takeUp(before, after)
    assert.deepEqual([...waiting].sort(), ['admin', 'database', 'keys', 'listen.port', 'store', 'workers'])
    const listen = { ...before.config.listen, 'trusted-proxies': ['192.0.2.7'] }
    assert.deepEqual(inForce.config, { ...before.config, listen, drain: 9_000 })
  })

  it('cannot make a listener begin to speak TLS, nor to stop, but change its certificate', () => {
    const tls = (name: string) => ({ cert: Buffer.from(`${name} certificate`), key: Buffer.from(`${name} key`) })
    const [plain, old, renewed] = [before, { ...before, tls: tls('old') }, { ...before, tls: tls('renewed') }]
    assert.deepEqual(takeUp(plain, renewed), { inForce: plain, waiting: ['listen.tls'] })
    assert.deepEqual(takeUp(old, plain), { inForce: old, waiting: ['listen.tls'] })
    assert.deepEqual(takeUp(old, renewed), { inForce: renewed, waiting: [] })
  })
})
