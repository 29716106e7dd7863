import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { problemsOf, siteText } from '../policy/site-text.ts'
import { tells } from '../policy/tells.ts'

const rule = (...lines: string[]) => `rules:\n${lines.map((line) => `  - ${line}`).join('\n')}`
const upstream = (more: string) => `upstream:\n  url: http://webdcr.internal:8080\n  ${more}`

describe('P-14: rules about what the container keeps to itself', () => {
  for (const path of [
    '/manager/**',
    '/manager/html',
    '/MANAGER/html',
    '/dcc/WEB-INF/**',
    '/dcc/web-inf/*.xml',
    '[/META-INF/**, /host-manager/**]',
    '/dcc/j_security_check',
  ])
    tells(`that speak of ${path} alone are told that nobody asks them`, {
      in: { more: rule(`{ id: a, match: { path: ${path} }, allow: signed-in } # here`) },
      path: 'rules[0]',
      severity: 'warning',
      expected: /outside `upstream\.closed`/,
      remedy: /closed to everybody before any rule is asked; or take them out/,
    })

  it('that speak of something else too, or of what only looks like it, are left alone', () => {
    for (const path of ['[/manager/**, /dcc/**]', '/managers/**', '/dcc/manager/**', '/dcc/WEB-INFO', '/dcc/**'])
      assert.deepEqual(
        problemsOf(siteText({ more: rule(`{ id: a, match: { path: ${path} }, allow: signed-in }`) })),
        [],
        path,
      )
  })

  it('are asked where the site opens these doors by name', () => {
    const text = siteText({
      upstream: upstream("closed: ['/**/WEB-INF/**']"),
      more: rule('{ id: a, match: { path: /manager/** }, allow: { networks: [192.0.2.0/24] } }'),
    })
    assert.deepEqual(problemsOf(text), [])
  })
})

describe('S-15: domains of the application’s cookies', () => {
  tells('in which no host of the site lies are told: browsers refuse such cookies', {
    in: { upstream: upstream('cookies: { domains: [other.test] } # here') },
    path: 'upstream.cookies.domains[0]',
    severity: 'warning',
    value: 'other.test',
    expected: /a domain in which a host of the site lies/,
    remedy: /correct it, or remove it/,
  })
  tells('that only end like a host of the site are no such domain', {
    in: { upstream: upstream('cookies: { domains: [cc.example.test] } # here') },
    path: 'upstream.cookies.domains[0]',
    severity: 'warning',
    expected: /a domain in which a host/,
    remedy: /correct it/,
  })

  it('that are a host of the site, or lie above one, are right, whatever its port', () => {
    for (const [hosts, domains] of [
      ['[dcc.example.test]', '[dcc.example.test, example.test]'],
      ['[a.test, "dcc.example.test:8443"]', '[example.test, dcc.example.test, a.test]'],
    ] as const)
      assert.deepEqual(
        problemsOf(
          siteText({
            hosts: `hosts: ${hosts}`,
            upstream: upstream(`cookies: { domains: ${domains} }`),
          }),
        ).filter(({ path }) => path.startsWith('upstream')),
        [],
        domains,
      )
  })
})

describe('W-13: pages of other domains', () => {
  const embed = (value: string, allow: string) =>
    rule(`{ id: a, match: { path: /w/** }, allow: ${allow}, embed: ${value} } # here`)

  for (const allow of ['signed-in', '{ roles: [medecin] }'])
    tells(`that may show what is for ${allow} are told to see nobody signed in`, {
      in: { more: embed('anywhere', allow) },
      path: 'rules[0].embed',
      severity: 'warning',
      value: 'anywhere',
      expected: /`same-site`, or `own-pages`/,
      remedy: /browsers do not send the session \(SameSite=Lax\)/,
    })

  it('that show what is for anyone, and neighbours that show what is for people, are left alone', () => {
    for (const more of [embed('anywhere', 'anyone'), embed('same-site', 'signed-in'), embed('own-pages', 'signed-in')])
      assert.deepEqual(problemsOf(siteText({ more })), [])
  })
})
