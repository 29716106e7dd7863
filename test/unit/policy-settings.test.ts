import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { problemsOf, siteText } from '../policy/site-text.ts'
import { tells } from '../policy/tells.ts'

describe('a single setting', () => {
  tells('that is misspelt is told what was meant', {
    in: { upstream: 'upstream:\n  url: http://webdcr.internal:8080\n  conect: 3s # here' },
    path: 'upstream.conect',
    expected: /known here: url, ca, host, connect/,
    remedy: /did you mean `connect`\?/,
  })
  tells('that stands in the wrong block is told where it belongs', {
    in: { more: 'password:\n  length: 8\n  idle: 3m # here' },
    path: 'password.idle',
    expected: /known here: length, classes, blocklist, expires/,
    remedy: /move it: it is a setting of `upstream` and `session`/,
  })
  tells('that is unknown everywhere is told to go', {
    in: { more: 'frobnicate: 1 # here' },
    path: 'frobnicate',
    expected: /known here: site, hosts/,
    remedy: /remove it/,
  })
  tells('that is missing is told what to add', {
    in: { site: 'name: DCC # here', name: '', hosts: 'hosts: [dcc.example.test]' },
    path: 'site',
    expected: /required: lower-case letters/,
    remedy: /add `site: …` \(Name of the site/,
  })
  tells('of the wrong type is told the right one', {
    in: { hosts: 'hosts: dcc.example.test # here' },
    path: 'hosts',
    value: 'dcc.example.test',
    expected: /a list with at least one entry/,
    remedy: /write it as a list: \[dcc\.example\.test\]/,
  })
  tells('that YAML reads as a number is told to be quoted', {
    in: { support: 'support:\n  name: Référent\n  email: a@example.test\n  phone: 0199000000 # here' },
    path: 'support.phone',
    value: '0199000000',
    expected: /a text/,
    remedy: /put it in quotes/,
  })
  tells('that must be true or false is told so', {
    in: { more: 'training: oui # here' },
    path: 'training',
    value: 'oui',
    expected: /true or false/,
    remedy: /write true/,
  })
  tells('out of range is told the range', {
    in: { 'email-code': 'email-code:\n  from: WebDCR@example.test\n  digits: 4 # here' },
    path: 'email-code.digits',
    value: '4',
    expected: /from 6 to 8/,
    remedy: /default, 6/,
  })
  tells('outside a list of names is told the names', {
    in: { more: 'rules:\n  - { id: a, match: { path: /a }, allow: anyoen } # here' },
    path: 'rules[0].allow',
    value: 'anyoen',
    expected: /one of anyone, signed-in, no-one/,
    remedy: /did you mean `anyone`\?/,
  })
  tells('that is no duration is told the form', {
    in: { more: 'session: { idle: 30 minutes } # here' },
    path: 'session.idle',
    value: '30 minutes',
    expected: /a whole number and a unit/,
    remedy: /default, 30m/,
  })
  for (const value of ['0s', '25d', '9999999h']) {
    tells(`that is a duration of ${value} is told the limits, which are those of timers`, {
      in: { more: `session: { idle: ${value} } # here` },
      path: 'session.idle',
      value,
      expected: /from 1ms to 24d/,
      remedy: /./,
    })
  }
  tells('in one language of two is told like any other', {
    in: { name: `name: { fr: '${'x'.repeat(90)}', en: DCC } # here` },
    path: 'name.fr',
    expected: /at most 80 characters/,
    remedy: /./,
  })
  tells('that is left empty is told to have a value', {
    in: { network: 'network: # here' },
    path: 'network',
    expected: /a text of at most 80/,
    remedy: /give it a value/,
  })
})

describe('identity headers', () => {
  const headers = (name: string) =>
    `identity:\n  assertion: { audience: webdcr }\n  headers:\n    X-User: login\n    ${name}: name # here`
  const taken = [
    'Cookie',
    'Host',
    'authorization',
    'Content-Type',
    'Transfer-Encoding',
    'X-Forwarded-For',
    'X-Portillon-User',
    'Connection',
    'TE',
    'Keep-Alive',
  ]
  for (const name of taken) {
    tells(`may not be called ${name}, which means something already`, {
      in: { identity: headers(name) },
      path: `identity.headers.${name}`,
      expected: /leave free/,
      remedy: /X-Remote-User/,
    })
  }
  tells('H-03: that differ only in case are refused', {
    in: { identity: headers('x-USER') },
    path: 'identity.headers.x-USER',
    expected: /more than case/,
    remedy: /X-User/,
  })
  tells('H-03: with an underscore are refused', {
    in: { identity: headers('X_User') },
    path: 'identity.headers.X_User',
    expected: /letters, digits and hyphens/,
    remedy: /rename/,
  })
  tells('that carry something unknown are told what there is', {
    in: { identity: 'identity:\n  assertion: { audience: webdcr }\n  headers: { X-User: logn } # here' },
    path: 'identity.headers.X-User',
    value: 'logn',
    expected: /one of login, name/,
    remedy: /did you mean `login`\?/,
  })
  tells('without an assertion are warned of: the application cannot verify them', {
    in: { identity: 'identity: { headers: { X-User: login } } # here' },
    path: 'identity.assertion',
    severity: 'warning',
    expected: /signed statement/,
    remedy: /add `assertion/,
  })
})

describe('limits, people and look', () => {
  tells('an idle limit beyond the absolute one is refused', {
    in: { more: 'session: { idle: 50m, absolute: 40m } # here' },
    path: 'session.idle',
    expected: /at most `absolute`, 40m/,
    remedy: /shorten/,
  })
  tells('an idle limit beyond an hour is warned of', {
    in: { more: 'session: { idle: 61m } # here' },
    path: 'session.idle',
    severity: 'warning',
    expected: /at most 60m/,
    remedy: /shorten/,
  })
  tells('a session beyond a working day is warned of', {
    in: { more: 'session: { absolute: 13h } # here' },
    path: 'session.absolute',
    severity: 'warning',
    expected: /at most 12h/,
    remedy: /shorten/,
  })
  tells('a code that lives beyond ten minutes is warned of', {
    in: { 'email-code': 'email-code: { from: WebDCR@example.test, lifetime: 11m } # here' },
    path: 'email-code.lifetime',
    severity: 'warning',
    expected: /at most 10m/,
    remedy: /shorten/,
  })
  tells('a code that is dead before another may be asked for is refused', {
    in: { 'email-code': 'email-code: { from: WebDCR@example.test, lifetime: 1m, resend-after: 2m } # here' },
    path: 'email-code.resend-after',
    expected: /at most `lifetime`, 1m/,
    remedy: /shorten/,
  })
  tells('a sender that is no address is refused', {
    in: { 'email-code': 'email-code: { from: WebDCR } # here' },
    path: 'email-code.from',
    value: 'WebDCR',
    expected: /an e-mail address/,
    remedy: /example\.test/,
  })
  tells('support that cannot be reached is warned of', {
    in: { support: 'support: { name: Votre référent RCP } # here' },
    path: 'support',
    severity: 'warning',
    expected: /telephone number or an address/,
    remedy: /add `phone` or `email`/,
  })
  tells('a sign-in page without the legal reminder is warned of', {
    in: { site: 'site: test # here', legal: '' },
    path: 'legal',
    severity: 'warning',
    expected: /professional secrecy/,
    remedy: /add `legal/,
  })
  tells('a notice that ends before it begins is refused', {
    in: { more: 'notices: [{ text: x, from: 2027-01-02, until: 2027-01-01 }] # here' },
    path: 'notices[0].from',
    expected: /not after `until`/,
    remedy: /exchange/,
  })
  tells('an accent on which white text is hard to read is refused', {
    in: { more: "theme: { accent: '#0b9cdc' } # here" },
    path: 'theme.accent',
    value: "'#0b9cdc'",
    expected: /white text .* at least 4\.5:1; here it is 3\.\d:1/,
    remedy: /darker/,
  })
  tells('a dark accent on which black text is hard to read is refused', {
    in: { more: "theme: { accent-dark: '#0b5c8c' } # here" },
    path: 'theme.accent-dark',
    expected: /black text .* at least 4\.5:1/,
    remedy: /lighter/,
  })
  tells('a logo that is not there is refused', {
    in: { more: 'theme: { logo: no-such-logo.svg } # here' },
    path: 'theme.logo',
    value: 'no-such-logo.svg',
    expected: /a file that exists/,
    remedy: /sites\/no-such-logo\.svg/,
  })
  tells('a folder of templates that is not there is refused', {
    in: { more: 'templates: no-such-folder # here' },
    path: 'templates',
    expected: /a folder that exists/,
    remedy: /create it/,
  })
  tells('a file of authorities that is not there is refused', {
    in: { upstream: 'upstream: { url: "https://webdcr.internal", ca: no-such-ca.pem } # here' },
    path: 'upstream.ca',
    expected: /a file that exists/,
    remedy: /correct the name/,
  })
})

describe('passwords', () => {
  it('links by mail without a sender are told, beside everything else', () => {
    const sectionless = { 'email-code': '', more: 'password: { forgotten: mail }' }
    const told = problemsOf(siteText(sectionless)).find(({ path }) => path === 'password.forgotten')
    assert.match(told?.expected ?? '', /a sender/)
    assert.match(told?.remedy ?? '', /mail: \{ from/)
    const named = { ...sectionless, more: `${sectionless.more}\nmail: { from: DCC@example.test }` }
    assert.ok(problemsOf(siteText(named)).every(({ path }) => path !== 'password.forgotten'))
  })
  tells('C-13: passwords that have to be changed by the calendar are warned of', {
    in: { more: 'password: { expires: 120d } # here' },
    path: 'password.expires',
    severity: 'warning',
    expected: /NIST SP 800-63B/,
    remedy: /leave `expires` out/,
  })
  tells('a link that is valid for long is warned of', {
    in: { more: 'password: { reset-link: 2h } # here' },
    path: 'password.reset-link',
    severity: 'warning',
    expected: /at most 60m/,
    remedy: /shorten/,
  })
})
