import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toPem } from '../../deploy/demo/igc-sante/certificate.ts'
import { isFromFront } from '../../src/server/card-front.ts'
import { readCardHeaders, type CardHeaderForm } from '../../src/server/card-headers.ts'
import { CAMILLE, createTestIgcSante } from '../kit/igc-sante.ts'

const igc = createTestIgcSante({ now: Date.now() })
const leaf = Buffer.from(igc.card('CPS', CAMILLE).certificate)
const other = Buffer.from(igc.strong.certificate)

const base64 = (der: Buffer) => der.toString('base64')
const sequence = (der: Buffer) => `:${base64(der)}:`
/** As nginx writes `$ssl_client_escaped_cert`: ngx_escape_uri keeps letters, digits and - . _ ~ alone. */
const escaped = (der: Buffer) =>
  encodeURIComponent(toPem(der)).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

/** A certificate as each form hands it over, with all that belongs to it. */
const GOOD: Readonly<Record<CardHeaderForm, readonly string[]>> = {
  rfc9440: ['Client-Cert', sequence(leaf), 'Client-Cert-Chain', sequence(other)],
  nginx: ['X-SSL-Client-Cert', escaped(leaf), 'X-SSL-Client-Verify', 'SUCCESS'],
  haproxy: ['X-SSL-Client-DER', base64(leaf), 'X-SSL-Client-Verify', '0'],
}
const FORMS = Object.keys(GOOD) as CardHeaderForm[]

const read = (form: CardHeaderForm, raw: readonly string[]) =>
  readCardHeaders(form, ['Host', 'carte.example.test', ...raw])
const faultOf = (form: CardHeaderForm, raw: readonly string[]) => {
  const handed = read(form, raw)
  return handed.ok ? 'accepted' : handed.reason.fault
}
/** The same fields with another value for one of them; left out where there is none. */
const bent = (form: CardHeaderForm, name: string, value: string | null): string[] => {
  const raw = GOOD[form]
  const at = raw.indexOf(name)
  assert.ok(at >= 0, name)
  return [...raw.slice(0, at), ...(value === null ? [] : [name, value]), ...raw.slice(at + 2)]
}
const CERTIFICATE: Readonly<Record<CardHeaderForm, string>> = {
  rfc9440: 'Client-Cert',
  nginx: 'X-SSL-Client-Cert',
  haproxy: 'X-SSL-Client-DER',
}

describe('what a front hands over', () => {
  for (const form of FORMS) {
    it(`is read to the byte: ${form}`, () => {
      const handed = read(form, GOOD[form])
      assert.ok(handed.ok && handed.value !== null)
      assert.ok(handed.value.leaf.equals(leaf))
      const others = form === 'rfc9440' ? [other] : []
      assert.deepEqual(handed.value.others, others)
    })
  }

  it('may be that the visitor has shown nothing', () => {
    const nothing: Readonly<Record<CardHeaderForm, readonly (readonly string[])[]>> = {
      rfc9440: [[], ['Client-Cert', '']],
      nginx: [
        ['X-SSL-Client-Cert', '', 'X-SSL-Client-Verify', 'NONE'],
        ['X-SSL-Client-Verify', 'NONE'],
      ],
      haproxy: [['X-SSL-Client-DER', '', 'X-SSL-Client-Verify', '0']],
    }
    for (const form of FORMS)
      for (const raw of nothing[form]) assert.deepEqual(read(form, raw), { ok: true, value: null }, form)
  })

  for (const form of FORMS) {
    it(`K-02: is refused when a field stands there twice, in whatever spelling: ${form}`, () => {
      for (let at = 0; at < GOOD[form].length; at += 2) {
        const [name = '', value = ''] = GOOD[form].slice(at, at + 2)
        for (const spelling of [name, name.toLowerCase(), name.toUpperCase(), name.replaceAll('-', '_')]) {
          assert.equal(faultOf(form, [...GOOD[form], spelling, value]), 'repeated', spelling)
          assert.equal(faultOf(form, [spelling, '', ...GOOD[form]]), 'repeated', spelling)
        }
      }
    })
  }

  it('K-03: counts only with the one word that says that the front has verified it', () => {
    const wrong = [
      null,
      '',
      'NONE',
      'FAILED',
      'FAILED:certificate has expired',
      'success',
      'Success',
      'SUCCESS ',
      'OK',
      '1',
    ]
    for (const value of [...wrong, '0', 'SUCCESS, SUCCESS', 'SUCCESS\u00a0'])
      assert.equal(faultOf('nginx', bent('nginx', 'X-SSL-Client-Verify', value)), 'unverified', `nginx ${value}`)
    for (const value of [...wrong, 'SUCCESS', '00', '0x0', '-0', '10', '0.0', '0, 0'])
      assert.equal(faultOf('haproxy', bent('haproxy', 'X-SSL-Client-Verify', value)), 'unverified', `haproxy ${value}`)
  })

  it('K-03: is no certificate where the front says that it has verified one and hands none over', () => {
    assert.equal(faultOf('nginx', bent('nginx', 'X-SSL-Client-Cert', null)), 'unverified')
    assert.equal(faultOf('nginx', bent('nginx', 'X-SSL-Client-Cert', '')), 'unverified')
    assert.equal(faultOf('nginx', []), 'unverified', 'nginx says NONE when there was none')
    assert.equal(faultOf('haproxy', ['X-SSL-Client-Verify', '10']), 'unverified')
    assert.equal(faultOf('rfc9440', ['Client-Cert-Chain', sequence(other)]), 'unverified')
  })

  it('K-03: tells what an unverified one was, so that its holder can be told why', () => {
    const handed = read('nginx', bent('nginx', 'X-SSL-Client-Verify', 'FAILED:certificate has expired'))
    assert.ok(!handed.ok && handed.reason.shown?.leaf.equals(leaf))
  })

  const malformed: Readonly<Record<CardHeaderForm, readonly string[]>> = {
    rfc9440: [
      ...[
        base64(leaf),
        `:${base64(leaf)}`,
        `${sequence(leaf)};a=1`,
        `${sequence(leaf)}, ${sequence(leaf)}`,
        '::',
        ':*:',
      ],
      ...[
        sequence(leaf.subarray(0, -20)),
        sequence(Buffer.concat([leaf, other])),
        sequence(Buffer.concat([leaf, Buffer.of(0)])),
      ],
      ...[escaped(leaf), `:${base64(leaf).slice(0, 40)} ${base64(leaf).slice(40)}:`, `:${leaf.toString('base64url')}:`],
    ],
    nginx: [
      ...[
        encodeURIComponent(escaped(leaf)),
        toPem(leaf).replaceAll('\n', ' '),
        base64(leaf),
        escaped(leaf) + escaped(other),
      ],
      ...[escaped(leaf).slice(0, -30), escaped(leaf).slice(20), `${escaped(leaf)}%00`, `%00${escaped(leaf)}`],
      ...[
        escaped(leaf).replace('%0A', '%0'),
        escaped(leaf).replace('%0A', '%FF'),
        escaped(leaf).replace('CERTIFICATE', 'X509'),
      ],
    ],
    haproxy: [
      ...[
        sequence(leaf),
        escaped(leaf),
        base64(leaf.subarray(0, 100)),
        base64(Buffer.concat([leaf, other])),
        '!',
        'AAAA',
      ],
      ...[`${base64(leaf)},${base64(other)}`, leaf.toString('hex'), `${base64(leaf)}\u0000`],
    ],
  }
  for (const form of FORMS) {
    it(`K-04: is refused when it is no certificate, cut, coded twice, or more than one: ${form}`, () => {
      for (const value of [...malformed[form], 'A'.repeat(200_000), sequence(Buffer.alloc(150_000, 48))])
        assert.equal(faultOf(form, bent(form, CERTIFICATE[form], value)), 'malformed', value.slice(0, 60))
    })
  }

  it('K-04: is refused with a chain that cannot be read, or without end', () => {
    const many = (one: string) => Array.from({ length: 9 }, () => one).join(', ')
    for (const value of ['x', `${sequence(other)}, x`, sequence(other.subarray(0, 50)), many(sequence(other))])
      assert.equal(faultOf('rfc9440', bent('rfc9440', 'Client-Cert-Chain', value)), 'malformed')
  })

  it('K-14: is believed from nobody without the secret', () => {
    const secret = 's3cret-of-the-front-0123456789abcdef'
    const front = { form: 'nginx', secret } as const
    const from = (value: string | string[] | undefined) =>
      isFromFront({ headers: { 'x-portillon-front': value } } as unknown as Parameters<typeof isFromFront>[0], front)
    assert.equal(from(secret), true)
    for (const value of [
      undefined,
      '',
      `${secret} `,
      secret.slice(0, -1),
      secret.toUpperCase(),
      [secret],
      `${secret}, ${secret}`,
    ])
      assert.equal(from(value), false, String(value))
  })
})
