import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { after, describe, it } from 'node:test'
import type { Problem } from '../../src/lib/settings/problem.ts'
import { createInstanceFolder, instanceText } from '../policy/instance.ts'
import { markedLine, siteText } from '../policy/site-text.ts'

const instance = createInstanceFolder()
after(() => instance[Symbol.dispose]())

const problemsOf = (...load: Parameters<typeof instance.load>): readonly Problem[] => {
  const loaded = instance.load(...load)
  return loaded.ok ? loaded.value.warnings : loaded.reason
}

/** One problem on the marked line, and nothing else. */
const tells = (
  sentence: string,
  text: string,
  told: { path: string; severity?: Problem['severity']; expected: RegExp; remedy: RegExp },
): void => {
  it(sentence, () => {
    const [problem, ...others] = problemsOf(text)
    assert.deepEqual(others, [])
    assert.ok(problem)
    assert.deepEqual([problem.path, problem.severity], [told.path, told.severity ?? 'error'])
    assert.equal(problem.file, instance.pathOf('config.yaml'))
    assert.equal(problem.line, markedLine(text))
    assert.match(problem.expected, told.expected)
    assert.match(problem.remedy, told.remedy)
  })
}

describe('an instance file without a fault', () => {
  it('is given with its sites, its defaults and absolute paths', () => {
    const loaded = instance.load(instanceText())
    assert.ok(loaded.ok, JSON.stringify(loaded))
    const { config, sites, tls, warnings, directory } = loaded.value
    assert.deepEqual([...warnings], [])
    assert.equal(tls, null)
    assert.deepEqual(
      sites.map(({ site }) => site.site),
      ['test'],
    )
    assert.equal(directory, instance.path)
    assert.deepEqual(config, {
      listen: { address: '127.0.0.1', port: 8443, 'trusted-proxies': ['127.0.0.1'] },
      admin: { address: '127.0.0.1', port: 9443 },
      store: 'embedded',
      database: { url: `sqlite:${instance.pathOf('data/portillon.sqlite')}` },
      smtp: { host: 'smtp.example.test', port: 587, security: 'starttls', timeout: 10_000 },
      keys: instance.pathOf('keys'),
      sites: [instance.pathOf('site.yaml')],
      log: { level: 'info' },
      audit: { retention: 12 },
      workers: 1,
      accountSources: {},
      'worker-silence': 15_000,
      'drain-notice': 2_000,
      drain: 30_000,
    })
  })

  it('has as many processes as the machine has processors, where sessions are in Redis, or as many as it says', () => {
    const store = 'store: { redis: "redis://127.0.0.1" }'
    const workersOf = (more: string) => {
      const loaded = instance.load(instanceText({ store, more }))
      assert.ok(loaded.ok, JSON.stringify(loaded))
      return loaded.value.config.workers
    }
    assert.equal(workersOf(''), availableParallelism())
    assert.equal(workersOf('workers: 7'), 7)
  })

  it('G-07: with the least settings is closed: this machine only, nobody trusted, TLS for mail, no memory by accident', () => {
    const loaded = instance.load(instanceText({ listen: '' }))
    assert.ok(loaded.ok)
    const { config } = loaded.value
    assert.equal(config.listen.address, '127.0.0.1')
    assert.equal(config.admin.address, '127.0.0.1')
    assert.deepEqual(config.listen['trusted-proxies'], [])
    assert.equal(config.smtp?.security, 'starttls')
    assert.deepEqual(
      loaded.value.sites.flatMap(({ site }) => site.rules),
      [],
    )
    assert.ok(loaded.value.sites.every(({ secure }) => secure))
  })

  it('G-07: never keeps sessions in memory unless that is asked for by name', () => {
    const problems = problemsOf(instanceText({ store: '' }))
    assert.deepEqual(
      problems.map(({ path, severity }) => [path, severity]),
      [['store', 'error']],
    )
    assert.match(problems[0]?.expected ?? '', /`embedded`, or a block/)
  })
})

describe('a fault of an instance file', () => {
  tells('of a misspelt setting is told with what was meant', instanceText({ more: 'drian: 10s # here' }), {
    path: 'drian',
    expected: /known here: listen, admin/,
    remedy: /did you mean `drain`\?/,
  })
  for (const [months, remedy] of [
    [3, /keep events for longer/],
    [24, /write down why/],
  ] as const)
    tells(
      `of events kept for ${months} months is warned of`,
      instanceText({ more: `audit: { retention: ${months} } # here` }),
      {
        path: 'audit.retention',
        severity: 'warning',
        expected: /6 to 12 months/,
        remedy,
      },
    )
  tells('of events kept for no time is told', instanceText({ more: 'audit: { retention: 0 } # here' }), {
    path: 'audit.retention',
    expected: /from 1 to 120/,
    remedy: /12/,
  })
  tells('of a port that does not exist is told', instanceText({ more: 'admin: { port: 70000 } # here' }), {
    path: 'admin.port',
    expected: /from 0 to 65535/,
    remedy: /9443/,
  })
  tells('of an address that is none is told', instanceText({ listen: 'listen: { address: all } # here' }), {
    path: 'listen.address',
    expected: /an IP address/,
    remedy: /127\.0\.0\.1/,
  })
  tells('of a proxy that is none is told', instanceText({ listen: 'listen: { trusted-proxies: [nginx] } # here' }), {
    path: 'listen.trusted-proxies[0]',
    expected: /an IP address or a block/,
    remedy: /192\.0\.2\.0\/24/,
  })
  tells('of visitors and monitoring on one port is told', instanceText({ more: 'admin: { port: 8443 } # here' }), {
    path: 'admin.port',
    expected: /of its own/,
    remedy: /G-05/,
  })
  tells('of a site file that is not there is told', instanceText({ sites: 'sites: [site.yaml, nope.yaml] # here' }), {
    path: 'sites[1]',
    expected: /a site file that exists/,
    remedy: /nope\.yaml/,
  })
  tells('of several processes with a store in the memory of one is told', instanceText({ more: 'workers: 2 # here' }), {
    path: 'workers',
    expected: /^1, since `store: embedded`/,
    remedy: /remove `workers`, or name a Redis server/,
  })
  tells('of a silence of workers that would end the busy ones', instanceText({ more: 'worker-silence: 1s # here' }), {
    path: 'worker-silence',
    expected: /2s or more/,
    remedy: /write 15s/,
  })
  tells('of a number of processes that is none is told', instanceText({ more: 'workers: many # here' }), {
    path: 'workers',
    expected: /from 1 to 256/,
    remedy: /4/,
  })
  tells('of keys that are a file is told', instanceText({ keys: 'keys: site.yaml # here' }), {
    path: 'keys',
    expected: /a folder/,
    remedy: /name a folder/,
  })
  tells('of a store without an address is told', instanceText({ store: 'store: { prefix: "x:" } # here' }), {
    path: 'store',
    expected: /`redis` or `redis-file`/,
    remedy: /redis-file/,
  })
  tells(
    'of a store in clear beyond the inner network is warned of',
    instanceText({ store: 'store: { redis: "redis://redis.example.com" } # here' }),
    { path: 'store.redis', severity: 'warning', expected: /rediss/, remedy: /write rediss/ },
  )
  tells('of a database without an address is told', instanceText({ database: 'database: {} # here' }), {
    path: 'database',
    expected: /`url` or `url-file`/,
    remedy: /url-file/,
  })
  tells(
    'of a mail user without a password is told',
    instanceText({ smtp: 'smtp: { host: smtp.example.test, user: portillon } # here' }),
    { path: 'smtp', expected: /a user name with a password/, remedy: /password-file/ },
  )
  tells(
    'of codes that would cross the network in clear is warned of',
    instanceText({ smtp: 'smtp: { host: smtp.example.test, security: none } # here' }),
    { path: 'smtp.security', severity: 'warning', expected: /in clear/, remedy: /starttls/ },
  )
  tells(
    'of mailed codes without a mail server is told',
    instanceText({ smtp: '', listen: 'listen: { trusted-proxies: [127.0.0.1] } # here' }),
    {
      path: 'smtp',
      expected: /mail server/,
      remedy: /test mails codes/,
    },
  )

  it('of a site is told with the file and line of the site', () => {
    const broken = instance.write('broken.yaml', siteText({ more: 'training: perhaps' }))
    const [problem] = problemsOf(instanceText({ sites: 'sites: [broken.yaml]' }))
    assert.deepEqual([problem?.file, problem?.path, problem?.line], [broken, 'training', 11])
  })

  it('of a file that is not there is told, not thrown', () => {
    const [problem] = problemsOf(instanceText({ sites: 'sites: 3' }))
    assert.equal(problem?.path, 'sites')
  })
})

describe('listening', () => {
  const open = 'listen: { address: 0.0.0.0 } # here'

  tells(
    'beyond this machine, without TLS and without a front, is refused for a site that is https',
    instanceText({ listen: open }),
    {
      path: 'listen.tls',
      expected: /TLS, since test is https/,
      remedy: /trusted-proxies/,
    },
  )
  tells(
    'on this machine without a listed front is warned of: visitors could not be told apart',
    instanceText({ listen: 'listen: { port: 8443 } # here' }),
    {
      path: 'listen.tls',
      severity: 'warning',
      expected: /know visitors apart/,
      remedy: /trusted-proxies/,
    },
  )

  it('beyond this machine behind a listed front is fine', () => {
    assert.deepEqual(
      problemsOf(instanceText({ listen: 'listen: { address: "::", trusted-proxies: [10.0.0.0/8] }' })),
      [],
    )
  })
})

describe('decisions for a proxy (forward-auth)', () => {
  const withSite = (enabled: boolean, listen: string) => {
    instance.write('asking.yaml', siteText({ more: `forward-auth: { enabled: ${enabled} }` }))
    return instanceText({ sites: 'sites: [asking.yaml]', listen })
  }
  const find = (text: string, path: string) => problemsOf(text).find((problem) => problem.path === path)

  it('R19: refuse to start without a list of proxies, with the site and the remedy', () => {
    for (const listen of ['listen: { port: 8443 }', 'listen: { trusted-proxies: [] }', '']) {
      const problem = find(withSite(true, listen), 'listen.trusted-proxies')
      assert.equal(problem?.severity, 'error')
      assert.match(problem.expected, /nobody else may ask/)
      assert.match(problem.remedy, /asks for test/)
    }
  })

  it('R19: refuse a list that holds everybody', () => {
    for (const everybody of ['0.0.0.0/0', '::/0']) {
      const text = withSite(true, `listen:\n  trusted-proxies:\n    - 127.0.0.1\n    - ${everybody} # here`)
      const [problem, ...more] = problemsOf(text)
      assert.deepEqual(more, [])
      assert.deepEqual([problem?.path, problem?.line], ['listen.trusted-proxies[1]', markedLine(text)])
      assert.match(problem?.expected ?? '', /not everybody/)
    }
  })

  it('are fine with a listed proxy, and nobody’s concern where no site asks for them', () => {
    assert.deepEqual(problemsOf(withSite(true, 'listen: { trusted-proxies: [10.0.0.7] }')), [])
    assert.equal(find(withSite(false, 'listen: { port: 8443 }'), 'listen.trusted-proxies'), undefined)
  })
})

describe('two sites of one instance', () => {
  const both = instanceText({ sites: 'sites:\n  - site.yaml\n  - other.yaml # here' })

  it('with hosts and names of their own are fine', () => {
    instance.write('other.yaml', siteText({ site: 'site: other', hosts: 'hosts: [other.example.test]' }))
    assert.deepEqual(problemsOf(both), [])
  })

  it('that claim one host are refused, the port that goes without saying included', () => {
    for (const host of ['dcc.example.test', 'dcc.example.test:443']) {
      instance.write('other.yaml', siteText({ site: 'site: other', hosts: `hosts: [${host}]` }))
      const [problem, ...more] = problemsOf(both)
      assert.deepEqual(more, [])
      assert.deepEqual([problem?.path, problem?.line], ['sites[1]', markedLine(both)])
      assert.match(problem?.remedy ?? '', /from other: test has it/)
    }
  })

  it('that bear one name are refused: accounts and sessions hang on it', () => {
    instance.write('other.yaml', siteText({ hosts: 'hosts: [other.example.test]' }))
    const [problem] = problemsOf(both)
    assert.equal(problem?.path, 'sites[1]')
    assert.match(problem.expected, /different names/)
  })
})
