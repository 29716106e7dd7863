import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { ScureBase32Plugin } from 'otplib'
import { digitsOf, judgeCode, newSecret } from '../../src/methods/totp/code.ts'
import { groupedSecret, issuerOf, keyUri, qrCode } from '../../src/methods/totp/key-uri.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { siteSchema } from '../../src/policy/schema.ts'
import { siteFile } from '../kit/sign-in.ts'

/** RFC 6238 appendix B for SHA-1: the last six of its eight digits are the code of six. */
const VECTORS = [
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
] as const
const RFC_SECRET = new ScureBase32Plugin().encode(Buffer.from('12345678901234567890'), { padding: false })

describe('codes of applications', () => {
  it('T-15: are those of RFC 6238, also far in the future', () => {
    for (const [time, code] of VECTORS) {
      assert.deepEqual(
        judgeCode(RFC_SECRET, code.slice(2), time * 1_000),
        { kind: 'right', step: Math.floor(time / 30) },
        String(time),
      )
    }
  })

  it('T-15: are those that oathtool computes', () => {
    for (const moment of ['2026-11-26 08:30:00 UTC', '2026-03-29 01:30:00 UTC', '2038-01-19 03:14:08 UTC']) {
      const secret = newSecret(systemRandom)
      const code = execFileSync('oathtool', ['--totp', '--base32', '--now', moment, secret], {
        encoding: 'utf8',
      }).trim()
      assert.equal(judgeCode(secret, code, Date.parse(moment)).kind, 'right', moment)
    }
  })

  it('T-16: are judged one step on each side, told apart within ten minutes, and nothing beyond', () => {
    const [time, code] = [1_111_111_111, VECTORS[2][1].slice(2)]
    const at = (seconds: number) => judgeCode(RFC_SECRET, code, (time + seconds) * 1_000)
    assert.equal(at(30).kind, 'right')
    assert.deepEqual(at(60), { kind: 'apart', ahead: -60_000 })
    assert.deepEqual(at(-300), { kind: 'apart', ahead: 300_000 })
    assert.deepEqual(at(660), { kind: 'wrong' })
  })

  it('are read with the blanks that applications show, and as digits only', () => {
    assert.equal(digitsOf(' 123 456 '), '123456')
    assert.equal(digitsOf('123\u00a0456'), '123456')
    for (const text of ['12345', '1234567', '12345a', '１２３４５６', '']) assert.equal(digitsOf(text), null, text)
  })

  it('come from secrets of 160 bits, no two alike', () => {
    const secrets = Array.from({ length: 200 }, () => newSecret(systemRandom))
    assert.equal(new Set(secrets).size, 200)
    for (const secret of secrets) assert.match(secret, /^[A-Z2-7]{32}$/)
  })
})

describe('what an application reads', () => {
  const site = siteSchema.parse(
    siteFile({ name: 'Dossier Communicant', 'short-name': 'DCC', network: 'Réseau : de test' }),
  )

  it('names the service and the account, in the form that all applications share', () => {
    const uri = new URL(keyUri(site, { login: 'c.exemple' }, RFC_SECRET))
    assert.equal(uri.protocol, 'otpauth:')
    assert.equal(uri.host, 'totp')
    assert.equal(decodeURIComponent(uri.pathname), '/DCC – Réseau   de test:c.exemple')
    assert.equal(uri.searchParams.get('issuer'), issuerOf(site))
    assert.equal(uri.searchParams.get('secret'), RFC_SECRET)
    assert.doesNotMatch(uri.search, /\+/)
  })

  it('is a picture, and a key in groups of four', () => {
    assert.match(qrCode(keyUri(site, { login: 'c.exemple' }, RFC_SECRET)), /^data:image\/svg\+xml;base64,/)
    assert.equal(groupedSecret('ABCDEFGHIJKL'), 'ABCD EFGH IJKL')
  })
})
