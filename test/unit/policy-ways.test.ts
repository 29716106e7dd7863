import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { problemsOf, siteText } from '../policy/site-text.ts'
import { tells } from '../policy/tells.ts'

const way = (fields: string) => `ways:\n  - { id: mailed-code, ${fields} } # here`
const goodWay = 'methods: [password, email-code], homologation: x'
describe('hosts and addresses', () => {
  tells('a host that is listed twice is told', {
    in: { hosts: 'hosts:\n  - dcc.example.test\n  - dcc.example.test # here' },
    path: 'hosts[1]',
    expected: /each host once/,
    remedy: /hosts\[0\]/,
  })
  tells('a host that is listed again with the port that goes without saying is told', {
    in: { hosts: 'hosts:\n  - dcc.example.test\n  - dcc.example.test:443 # here' },
    path: 'hosts[1]',
    expected: /each host once/,
    remedy: /remove it/,
  })
  tells('a host in upper case is told', {
    in: { hosts: 'hosts: [DCC.example.test] # here' },
    path: 'hosts[0]',
    value: 'DCC.example.test',
    expected: /lower case/,
    remedy: /./,
  })
  tells('an origin that no host answers to is told', {
    in: { more: 'origin: https://www.example.test # here' },
    path: 'origin',
    expected: /dcc\.example\.test/,
    remedy: /add www\.example\.test to `hosts`/,
  })
  tells('an origin over http beyond this machine is told', {
    in: { more: 'origin: http://dcc.example.test # here' },
    path: 'origin',
    expected: /https:\/\//,
    remedy: /write https:\/\/dcc\.example\.test/,
  })
  tells('an application over http at a public name is warned of', {
    in: { upstream: 'upstream: { url: "http://webdcr.example.com" } # here' },
    path: 'upstream.url',
    severity: 'warning',
    expected: /https:\/\/, or an inner address/,
    remedy: /write https/,
  })
  tells('an application over http at a public address is warned of', {
    in: { upstream: 'upstream: { url: "http://[2001:db8::1]:8080" } # here' },
    path: 'upstream.url',
    severity: 'warning',
    expected: /inner address/,
    remedy: /write https/,
  })
  tells('an application at the address of the gate itself is told', {
    in: { upstream: 'upstream: { url: "https://dcc.example.test" } # here' },
    path: 'upstream.url',
    expected: /not of the gate/,
    remedy: /comes back here/,
  })
  tells('a port that does not exist is told', {
    in: { upstream: 'upstream: { url: "http://webdcr.internal:99999" } # here' },
    path: 'upstream.url',
    expected: /a host and a port/,
    remedy: /correct/,
  })
})

describe('ways', () => {
  const two = (second: string) => `ways:\n  - { id: mailed-code, ${goodWay} }\n  - { ${second} } # here`

  tells('with one name are told apart', {
    in: { ways: two(`id: mailed-code, ${goodWay}`) },
    path: 'ways[1].id',
    expected: /no other way/,
    remedy: /ways\[0\]/,
  })
  tells('by password alone are refused: they have not been lawful since 2026', {
    in: { ways: two('id: alone, methods: [password]') },
    path: 'ways[1].methods',
    value: '[password]',
    expected: /a second method/,
    remedy: /2026-01-01/,
  })
  tells('that begin with another method than the password are refused', {
    in: { ways: two('id: x, methods: [email-code], homologation: x') },
    path: 'ways[1].methods',
    expected: /`password` first/,
    remedy: /write \[password, email-code\]/,
  })
  tells('by a passkey and something else after it are refused: it says by itself who it is', {
    in: { ways: two('id: x, methods: [passkey, totp], homologation: x') },
    path: 'ways[1].methods',
    expected: /`passkey` alone, or after `password`/,
    remedy: /\[password, passkey\]/,
  })
  tells('by passkeys without homologation are warned of (RIE)', {
    in: { ways: two('id: x, methods: [passkey], level: 2') },
    path: 'ways[1].homologation',
    severity: 'warning',
    expected: /RIE/,
    remedy: /add `homologation/,
  })
  tells('by passkeys at the level of a card are warned of', {
    in: { ways: two('id: x, methods: [password, passkey], level: 3, homologation: x') },
    path: 'ways[1].level',
    severity: 'warning',
    expected: /level 2 at most/,
    remedy: /write `level: 2`/,
  })
  tells('by passkeys at an address are refused: browsers make none there', {
    in: {
      hosts: 'hosts: [192.0.2.7]',
      ways: two('id: x, methods: [password, passkey], level: 2, homologation: x'),
    },
    path: 'ways[1].methods',
    expected: /a host name for passkeys/,
    remedy: /give the site a name/,
  })
  tells('by passkeys at several hosts are warned of: they answer at one', {
    in: {
      hosts: 'hosts: [dcc.example.test, www.example.test]',
      ways: two('id: x, methods: [passkey], level: 2, homologation: x'),
    },
    path: 'ways[1].methods',
    severity: 'warning',
    expected: /at dcc\.example\.test alone/,
    remedy: /let the other hosts lead there/,
  })
  tells('by passkeys alone are warned of: nobody could make the first one', {
    in: { ways: 'ways: # here\n  - { id: x, methods: [password, passkey], level: 2, homologation: x }' },
    path: 'ways',
    severity: 'warning',
    expected: /before a passkey is made/,
    remedy: /password and mailed code/,
  })
  it('by a passkey after the password, or alone, are right', () => {
    for (const methods of ['[password, passkey]', '[passkey]'])
      assert.deepEqual(problemsOf(siteText({ ways: two(`id: x, methods: ${methods}, level: 2, homologation: x`) })), [])
  })
  tells('that ask the same thing twice are refused', {
    in: { ways: two('id: x, methods: [password, email-code, email-code], homologation: x') },
    path: 'ways[1].methods',
    expected: /each method once/,
    remedy: /remove the repetition/,
  })
  tells('by an unknown method are told the known ones', {
    in: { ways: way('methods: [password, emial-code]') },
    path: 'ways[0].methods[1]',
    value: 'emial-code',
    expected: /one of password, email-code/,
    remedy: /did you mean `email-code`\?/,
  })
  tells('by mailed code need the section that says how codes are mailed', {
    in: { ways: way(goodWay), 'email-code': '' },
    path: 'ways[0].methods',
    expected: /`email-code` section/,
    remedy: /add `email-code/,
  })
  tells('that end before they begin are refused', {
    in: { ways: way(`${goodWay}, from: 2027-06-01, until: 2027-05-31`) },
    path: 'ways[0].from',
    value: '2027-06-01',
    expected: /not after `until`, 2027-05-31/,
    remedy: /exchange/,
  })
  tells('that are over are warned of', {
    in: { ways: two(`id: old, ${goodWay}, until: 2026-11-22`) },
    path: 'ways[1].until',
    severity: 'warning',
    value: '2026-11-22',
    expected: /today, 2026-11-23, or a later day/,
    remedy: /remove the way/,
  })
  tells('that end within 60 days are warned of', {
    in: { ways: way(`${goodWay}, until: 2027-01-22`) },
    path: 'ways[0].until',
    severity: 'warning',
    expected: /more than 60 days/,
    remedy: /tell the people/,
  })
  tells('by mailed code without homologation are warned of (RIE)', {
    in: { ways: way('methods: [password, email-code]') },
    path: 'ways[0].homologation',
    severity: 'warning',
    expected: /RIE/,
    remedy: /add `homologation/,
  })
  tells('by mailed code at a level of two factors are warned of (CNIL 2025-019)', {
    in: { ways: way(`${goodWay}, level: 2`) },
    path: 'ways[0].level',
    severity: 'warning',
    expected: /CNIL, deliberation 2025-019/,
    remedy: /leave `level` out/,
  })

  it('that end after more than 60 days, or today, are no reason to speak of them yet, or still work', () => {
    assert.deepEqual(problemsOf(siteText({ ways: way(`${goodWay}, until: 2027-01-23`) })), [])
    const [ending] = problemsOf(siteText({ ways: way(`${goodWay}, until: 2026-11-23`) }))
    assert.match(ending?.expected ?? '', /more than 60 days/)
  })

  it('that are all closed are warned of: nobody can sign in', () => {
    const problems = problemsOf(siteText({ ways: way(`${goodWay}, from: 2027-01-01`) }))
    assert.deepEqual(
      problems.map(({ path, severity }) => [path, severity]),
      [['ways', 'warning']],
    )
  })
})
