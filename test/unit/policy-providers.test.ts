import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { stringify } from 'yaml'
import { profilesOf } from '../../src/methods/oidc/profile.ts'
import { parseSite } from '../../src/policy/load.ts'
import type { SiteFile } from '../../src/policy/schema.ts'
import { makeCertificate } from '../kit/certificate.ts'
import { siteFile } from '../kit/sign-in.ts'
import { createTempFolder } from '../kit/temp-folder.ts'

/** G-06: whatever is wrong with a provider is said at once, with what is allowed; what is secret is never in it. */

const SECRET = 'the-secret-that-no-report-repeats'
const folder = createTempFolder('providers')
after(() => folder[Symbol.dispose]())
const write = (name: string, content: string, mode = 0o600): string => {
  const file = join(folder.path, name)
  writeFileSync(file, content)
  chmodSync(file, mode)
  return file
}
write('psc.secret', SECRET)
write('open.secret', SECRET, 0o644)
const [ours, another] = [makeCertificate('gate'), makeCertificate('gate')]
write('psc.crt', ours.cert)
write('psc.key', ours.key)
write('another.key', another.key)

type Psc = NonNullable<SiteFile['pro-sante-connect']>

const load = (psc: Partial<Psc>, more: Partial<SiteFile> = {}) => {
  const site = siteFile({
    ways: [{ id: 'psc', methods: ['pro-sante-connect'], level: 3 }],
    'pro-sante-connect': { 'client-id': 'dcc', ...psc },
    legal: 'Rappel',
    identity: { assertion: { audience: 'webdcr' } },
    ...more,
  })
  return parseSite(stringify(site), join(folder.path, 'site.yaml'), { now: Date.parse('2026-11-27') })
}

const problemsOf = (psc: Partial<Psc>, more: Partial<SiteFile> = {}): readonly string[] => {
  const loaded = load(psc, more)
  const problems = loaded.ok ? loaded.value.warnings : loaded.reason
  assert.ok(!JSON.stringify(problems).includes(SECRET))
  return problems.map(({ severity, path }) => `${severity} ${path}`)
}

const profileOf = (psc: Partial<Psc>) => {
  const loaded = load(psc)
  assert.ok(loaded.ok, JSON.stringify(loaded))
  const [profile] = profilesOf(loaded.value)
  return profile ?? assert.fail('no provider')
}

describe('the settings of a provider', () => {
  it('are those of the production of Pro Santé Connect when only the client is named', () => {
    const profile = profileOf({ 'client-secret-file': 'psc.secret' })
    assert.equal(profile.issuer, 'https://auth.esw.esante.gouv.fr/auth/realms/esante-wallet')
    assert.equal(profile.discovery, '/.well-known/wallet-openid-configuration')
    assert.deepEqual([profile.scope, profile.acrValues], ['openid scope_all', 'eidas1'])
    assert.deepEqual(
      [...profile.acr.accepted],
      [
        ['eidas1', 2],
        ['eidas2', 3],
        ['eidas3', 3],
      ],
    )
    assert.deepEqual(
      [profile.acr.absent, profile.takesTestIds, profile.authentication],
      ['refused', false, 'client-secret-basic'],
    )
    assert.equal(profile.credentials.secret, SECRET)
    assert.match(profile.redirectUri, /^https:\/\/[^/]+\/_portillon\/pro-sante-connect\/callback$/)
  })

  it('lead to the BAS for tests, where identifiers need not be real ones, which is warned of outside training', () => {
    const profile = profileOf({ environment: 'test', 'client-secret-file': 'psc.secret' })
    assert.match(profile.issuer, /^https:\/\/auth\.bas\.psc\.esante\.gouv\.fr\//)
    assert.equal(profile.takesTestIds, true)
    const psc = { environment: 'test' as const, 'client-secret-file': 'psc.secret' }
    assert.deepEqual(problemsOf(psc), ['warning pro-sante-connect.environment'])
    assert.deepEqual(problemsOf(psc, { training: true }), [])
  })

  it('take a certificate with its key in place of a secret, and then mutual TLS', () => {
    const { authentication, credentials } = profileOf({ certificate: { certificate: 'psc.crt', key: 'psc.key' } })
    assert.deepEqual([authentication, credentials.certificate, credentials.key], ['tls', ours.cert, ours.key.trim()])
  })

  it('warn where there is neither: the button then says that it is not available', () => {
    assert.deepEqual(problemsOf({}), ['warning pro-sante-connect'])
  })

  const wrong: readonly (readonly [string, Partial<Psc>, readonly string[]])[] = [
    [
      'a secret that others can read',
      { 'client-secret-file': 'open.secret' },
      ['error pro-sante-connect.client-secret-file'],
    ],
    ['a secret that is not there', { 'client-secret-file': 'none' }, ['error pro-sante-connect.client-secret-file']],
    [
      'the key of another certificate',
      { certificate: { certificate: 'psc.crt', key: 'another.key' } },
      ['error pro-sante-connect.certificate.key'],
    ],
    [
      'mutual TLS without a certificate',
      { 'client-secret-file': 'psc.secret', authentication: 'tls' },
      ['error pro-sante-connect.authentication'],
    ],
    [
      'an issuer without TLS that is not this machine',
      { 'client-secret-file': 'psc.secret', issuer: 'http://psc.example.test' },
      ['error pro-sante-connect.issuer'],
    ],
    [
      'clocks that differ by an hour',
      { 'client-secret-file': 'psc.secret', 'clock-skew': '1h', timeout: '1m' },
      ['error pro-sante-connect.clock-skew', 'error pro-sante-connect.timeout'],
    ],
    [
      'a scope without openid, and levels that let nobody in',
      { 'client-secret-file': 'psc.secret', scope: 'scope_all', acr: { accepted: {} } },
      ['error pro-sante-connect.scope', 'error pro-sante-connect.acr'],
    ],
    [
      'a mark that is not there',
      { 'client-secret-file': 'psc.secret', button: { logo: 'none.svg' } },
      ['error pro-sante-connect.button.logo'],
    ],
  ]
  for (const [name, psc, expected] of wrong) {
    it(`are refused with ${name}`, () => assert.deepEqual(problemsOf(psc), expected))
  }

  it('are refused where a way asks for a provider that is not described, and warned of where no way asks', () => {
    const ways: SiteFile['ways'] = [{ id: 'hospital', methods: ['oidc'] }]
    const found = problemsOf({ 'client-secret-file': 'psc.secret' }, { ways })
    assert.deepEqual([...found].sort(), ['error ways[0].methods', 'warning pro-sante-connect'])
  })

  it('are refused where a header carries the practice, and nobody is asked for it', () => {
    const identity: SiteFile['identity'] = {
      headers: { 'X-Site': 'practice-finess' },
      assertion: { audience: 'webdcr' },
    }
    const psc = { 'client-secret-file': 'psc.secret' }
    assert.deepEqual(problemsOf({ ...psc, practices: 'ask' }, { identity }), [])
    for (const practices of ['ignore', undefined] as const)
      assert.deepEqual(problemsOf({ ...psc, practices }, { identity }), ['error identity.headers.X-Site'])
  })

  it('of another provider need the claim of the national number, where that is the key', () => {
    const oidc: SiteFile['oidc'] = {
      ...{ name: 'CHU', issuer: 'https://chu.example.test', 'client-id': 'dcc', 'client-secret-file': 'psc.secret' },
      ...{ key: 'national-id', acr: { accepted: { high: 2 } } },
    }
    const ways: SiteFile['ways'] = [{ id: 'hospital', methods: ['oidc'] }]
    assert.deepEqual(problemsOf({}, { ways, 'pro-sante-connect': undefined, oidc }), ['error oidc.national-id'])
  })
})
