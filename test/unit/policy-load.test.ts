import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { loadSite, parseSite } from '../../src/policy/load.ts'
import { makeCertificate } from '../kit/certificate.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { NOW, problemsOf, siteText } from '../policy/site-text.ts'
import { tells } from '../policy/tells.ts'

const goodWay = 'methods: [password, email-code], homologation: x'

describe('a site file without a fault', () => {
  it('is accepted without a warning, with its defaults and its public address', () => {
    const loaded = parseSite(siteText(), 'sites/test.yaml', { now: NOW })
    assert.ok(loaded.ok)
    const { site, origin, secure, realm, warnings } = loaded.value
    assert.deepEqual([...warnings], [])
    assert.equal(origin, 'https://dcc.example.test')
    assert.equal(secure, true)
    assert.equal(realm, 'test')
    assert.equal(site.session.idle, 1_800_000)
    assert.equal(site['email-code']?.lifetime, 600_000)
    assert.deepEqual(site.name, { fr: 'DCC', en: 'DCC' })
  })

  it('may be http on this machine itself', () => {
    for (const host of ['localhost:8080', '127.0.0.1:8080', "'[::1]:8080'"]) {
      const origin = `origin: ${host.startsWith("'") ? "'" : ''}http://${host.replace(/^'/, '')}`
      const loaded = parseSite(siteText({ hosts: `hosts: [${host}]`, more: origin }), 'x.yaml', { now: NOW })
      assert.ok(loaded.ok, host)
      assert.equal(loaded.value.secure, false)
    }
  })

  it('G-07: opens nothing that it does not name', () => {
    const loaded = parseSite(siteText(), 'sites/test.yaml', { now: NOW })
    assert.ok(loaded.ok)
    assert.deepEqual(loaded.value.site.rules, [])
    assert.deepEqual(loaded.value.site.identity.headers, {})
    assert.deepEqual(loaded.value.site['sign-out']['upstream-paths'], [])
  })
})

describe('a site file with a fault of YAML', () => {
  tells('is told the line of a bracket that is not closed', {
    in: { more: 'notices: [\nrules: [] # here' },
    path: '',
    expected: /well-formed YAML/,
    remedy: /./,
  })
  tells('is told that a setting is there twice', {
    in: { more: 'training: true\ntraining: false # here' },
    path: 'training',
    expected: /once/,
    remedy: /keep one/,
  })
  tells('is told that a setting within a list is there twice', {
    in: {
      ways: `ways:\n  - id: mailed-code\n    ${goodWay.replace(', homologation', '\n    homologation')}\n    id: other # here`,
    },
    path: 'ways[0].id',
    expected: /once/,
    remedy: /keep one/,
  })
  tells('is told that there is a second document', {
    in: { more: '--- # here\nmore: 1' },
    path: '',
    expected: /well-formed YAML/,
    remedy: /remove the `---`/,
  })

  it('is told that aliases multiply beyond reason', () => {
    const bomb = [
      'a: &a [1,1,1,1,1,1,1,1,1,1]',
      'b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]',
      'c: &c [*b,*b,*b,*b,*b,*b,*b,*b]',
      'd: [*c,*c,*c]',
    ]
    const [problem] = problemsOf(bomb.join('\n'))
    assert.match(problem?.remedy ?? '', /write the values out/)
  })

  it('that is empty, or a list, is told what it should be', () => {
    for (const text of ['', '# nothing\n', '- a\n', 'text\n']) {
      const [problem] = problemsOf(text)
      assert.equal(problem?.path, '', JSON.stringify(text))
      assert.match(problem.expected, /block of settings: site, hosts/)
    }
  })
})

describe('the files that a site names', () => {
  const folder = createTempFolder('site')
  after(() => folder[Symbol.dispose]())
  const file = join(folder.path, 'test.yaml')
  mkdirSync(join(folder.path, 'pages'))
  writeFileSync(join(folder.path, 'logo.svg'), '<svg/>')
  writeFileSync(join(folder.path, 'ca.pem'), makeCertificate('webdcr.internal').cert)
  writeFileSync(join(folder.path, 'empty.pem'), 'nothing\n')

  it('are found from the folder of the site file, and given as absolute paths', () => {
    writeFileSync(
      file,
      siteText({
        upstream: 'upstream: { url: "https://webdcr.internal", ca: ca.pem }',
        more: 'templates: pages\ntheme: { logo: ./logo.svg }',
      }),
    )
    const loaded = loadSite(file, { now: NOW })
    assert.ok(loaded.ok)
    const { site, directory } = loaded.value
    assert.equal(directory, folder.path)
    assert.equal(site.theme.logo, join(folder.path, 'logo.svg'))
    assert.equal(site.templates, join(folder.path, 'pages'))
    assert.equal(site.upstream.ca, join(folder.path, 'ca.pem'))
  })

  it('must hold what they are named for', () => {
    const text = siteText({
      upstream: 'upstream: { url: "https://webdcr.internal", ca: empty.pem }',
      more: 'theme: { logo: ca.pem }\ntemplates: logo.svg',
    })
    const problems = problemsOf(text, file)
    assert.deepEqual(
      problems.map(({ path }) => path),
      ['upstream.ca', 'theme.logo', 'templates'],
    )
  })

  it('G-06: a site file that is not there, a folder, or no text is told, not thrown', () => {
    const binary = join(folder.path, 'binary.yaml')
    writeFileSync(binary, Buffer.from([0xff, 0xfe, 0x00]))
    for (const [name, remedy] of [
      [join(folder.path, 'nope.yaml'), /no such file/],
      [folder.path, /is a folder/],
      [binary, /UTF-8/],
    ] as const) {
      const loaded = loadSite(name, { now: NOW })
      assert.ok(!loaded.ok)
      assert.equal(loaded.reason.length, 1)
      assert.match(loaded.reason[0]?.remedy ?? '', remedy)
    }
  })
})

describe('a site file with many faults', () => {
  const text = `site: Bad Name
hosts: [dcc.example.test, dcc.example.test]
origin: https://other.example.test
nmae: DCC
network: Réseau
upstream: { url: http://webdcr.example.com, conect: 3s }
ways:
  - { id: a, methods: [password] }
  - { id: a, methods: [email-code], until: 2026-01-01 }
session: { idle: 11h, absolute: 10h }
identity: { headers: { Cookie: login, X-A: logn } }
rules:
  - { id: all, match: { path: /** }, allow: anyone }
  - { id: b, match: { path: /a/../b }, allow: { ways: [c] } }
theme: { accent: '#ffff00' }
support: { name: Référent }
`

  it('is told all of them at once, in the order of the file, each with something to do', () => {
    const problems = problemsOf(text)
    const errors = problems.filter(({ severity }) => severity === 'error').map(({ path }) => path)
    assert.deepEqual([...new Set(errors)].sort(), [
      'hosts[1]',
      'identity.headers.Cookie',
      'identity.headers.X-A',
      'name',
      'nmae',
      'origin',
      'rules[0].match.path',
      'rules[1].allow.ways[0]',
      'rules[1].match.path',
      'session.idle',
      'site',
      'theme.accent',
      'upstream.conect',
      'ways[0].methods',
      'ways[1].id',
      'ways[1].methods',
    ])
    const warnings = problems.filter(({ severity }) => severity === 'warning').map(({ path }) => path)
    for (const path of ['legal', 'support', 'identity.assertion', 'ways[1].until', 'session.idle']) {
      assert.ok(warnings.includes(path), path)
    }
    assert.deepEqual(
      problems.map(({ line }) => line),
      problems.map(({ line }) => line).sort((a, b) => a - b),
    )
    for (const problem of problems) assert.ok(problem.remedy.length > 5 && problem.expected.length > 5, problem.path)
  })
})
