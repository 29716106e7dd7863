import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { jwksOf, makeIssuerKey } from '../kit/jws.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { problemsOf, siteText } from '../policy/site-text.ts'

const folder = createTempFolder('partners').path
mkdirSync(join(folder, 'sites'))
const key = makeIssuerKey('ES256', 'k')
writeFileSync(join(folder, 'sites/keys.json'), jwksOf(key))
writeFileSync(join(folder, 'sites/private.json'), JSON.stringify({ keys: [key.privateKey.export({ format: 'jwk' })] }))
writeFileSync(join(folder, 'sites/html.json'), '<html>')
writeFileSync(join(folder, 'sites/secret'), 'un-secret-de-test-de-plus-de-32-signes', { mode: 0o600 })
writeFileSync(join(folder, 'sites/short'), 'court', { mode: 0o600 })

const WAYS =
  'ways: [{ id: dpi, methods: [contextual-call], level: 2 }, { id: mailed-code, methods: [password, email-code], homologation: Décision 1 }]'
const CALL = 'contextual-call: { deliver: { as: form, path: /dcc/p, values: { id: patient.local-id } } }'
const partner = (fields = '') =>
  `partners: [{ id: chu, finess: "990000017", name: CHU, contact: dsi, keys: { file: keys.json }, caller: { amr: [mfa] }${fields} }]`

const told = (more: string, ways = WAYS): string[] =>
  problemsOf(siteText({ ways, more }), join(folder, 'sites/test.yaml')).map(
    ({ severity, path, expected }) => `${severity} ${path}: ${expected}`,
  )
const tells = (more: string, pattern: RegExp, ways = WAYS): void => {
  const all = told(more, ways)
  assert.ok(
    all.some((line) => pattern.test(line)),
    `${String(pattern)} in ${JSON.stringify(all)}`,
  )
}

describe('portillon check on calls from record systems', () => {
  it('finds nothing in a site that takes calls as the manual says', () => {
    assert.deepEqual(told(`${CALL}\n${partner()}`), [])
  })

  it('asks for a way that begins with a call, for partners, and for the section', () => {
    tells(
      `${CALL}\n${partner()}`,
      /^error contextual-call: a way that begins/,
      'ways: [{ id: mailed-code, methods: [password, email-code], homologation: D }]',
    )
    tells(CALL, /^warning contextual-call: at least one of `partners`/)
    tells(partner(), /^error partners: a `contextual-call` section/)
  })

  it('refuses keys that are none, private, without TLS, or not named exactly once', () => {
    const withKeys = (keys: string) => `${CALL}\n${partner().replace('keys: { file: keys.json }', `keys: ${keys}`)}`
    tells(withKeys('{ file: html.json }'), /keys\.file: a file with a JWKS/)
    tells(withKeys('{ file: missing.json }'), /keys\.file: a file with a JWKS/)
    tells(withKeys('{ file: private.json }'), /keys\.file: public keys alone/)
    tells(withKeys('{ url: "http://chu.example.test/jwks.json" }'), /keys\.url: an address that begins with https/)
    tells(withKeys('{ file: keys.json, url: "https://chu.example.test/jwks.json" }'), /keys: exactly one of/)
    tells(withKeys('{}'), /keys: exactly one of/)
  })

  it('J-05: never lets a secret and key pairs meet, and a secret only where the site allows it', () => {
    tells(`${CALL}\n${partner(', algorithms: [ES256, HS256]')}`, /algorithms: HS256 alone, or/)
    tells(`${CALL}\n${partner(', algorithms: [HS256]')}`, /algorithms: no HS256, with public keys/)
    const shared = partner(', algorithms: [HS256]').replace('file: keys.json', 'secret-file: secret')
    tells(`${CALL}\n${shared}`, /`contextual-call\.hmac` does not allow secrets/)
    const allowed = CALL.replace('{ deliver', '{ hmac: true, deliver')
    assert.deepEqual(told(`${allowed}\n${shared}`), [])
    tells(`${allowed}\n${shared.replace('secret-file: secret', 'secret-file: short')}`, /at least 32 printable/)
  })

  it('refuses limits that leave a stolen call time, and longer sessions than the site has', () => {
    const withLimits = (text: string) => `${CALL.replace('{ deliver', `{ ${text}, deliver`)}\n${partner()}`
    tells(withLimits('max-age: 3m'), /max-age: at most 2m/)
    tells(withLimits('leeway: 90s'), /leeway: at most 1m/)
    tells(withLimits('session: { absolute: 11h }'), /session\.absolute: at most that of the site/)
    tells(withLimits('session: { idle: 3h, absolute: 2h }'), /session\.idle: at most `absolute`/)
  })

  it('refuses a delivery that would mean two patients at once, or two things by one name', () => {
    const headers =
      'contextual-call: { second-patient: beside, deliver: { as: headers, path: /dcc/p, headers: { X-P: patient.ins } } }'
    tells(`${headers}\n${partner()}`, /second-patient: `replace`/)
    tells(`${CALL.replace('as: form', 'as: headers')}\n${partner()}`, /deliver\.values: no parameters with/)
    tells(
      `${CALL.replace('values:', 'fixed: { id: x }, values:')}\n${partner()}`,
      /deliver\.fixed: names that `values` does not have/,
    )
    tells(
      `${CALL.replace('as: form', 'as: query').replace('patient.local-id', 'patient.matricule')}\n${partner()}`,
      /^warning contextual-call\.deliver\.as: `form` or `headers`/,
    )
    tells(
      `${CALL.replace('{ deliver', '{ confined: [/other/**], deliver')}\n${partner()}`,
      /confined: a pattern for \/dcc\/p/,
    )
  })

  it('of a link wants everything signed, a user, a time, and another page than calls open', () => {
    const link = (fields: string, over: string, path = '/dcc/appel') =>
      `${CALL.replace('{ deliver', '{ hmac: true, deliver')}\n${partner(
        `, link: { path: ${path}, fields: ${fields}, signature: { parameter: sig, algorithm: hmac-sha256, over: "${over}" } }`,
      ).replace('file: keys.json', 'secret-file: secret')}`
    assert.deepEqual(told(link('{ u: user, t: time, n: nonce }', '{u}|{t}|{n}')), [])
    tells(link('{ u: user, t: time, p: patient.local-id }', '{u}|{t}'), /over: `\{p\}` in what is signed/)
    tells(link('{ u: user }', '{u}'), /fields: a parameter that stands for `time`/)
    tells(link('{ u: user, t: time }', '{u}|{t}'), /^warning .*fields: a `nonce`/)
    tells(link('{ u: user, t: time, n: nonce }', '{u}{t}|{n}'), /^error .*over: a separator between any two values/)
    tells(link('{ u: user, t: time, n: nonce }', '{u}|{t}-{n}'), /^warning .*over: separators that no value holds/)
    tells(link('{ u: user, t: time, n: nonce }', '{u}|{t}|{n}', '/dcc/p'), /deliver\.path: a page that no `link`/)
  })

  it('refuses two partners of one name or one establishment', () => {
    const two = `${partner().slice(0, -1)}, ${partner().slice('partners: ['.length)}`
    tells(`${CALL}\n${two}`, /partners\[1\]\.id: a `id` that no other partner has/)
    tells(`${CALL}\n${two}`, /partners\[1\]\.finess: a `finess` that no other partner has/)
  })
})
