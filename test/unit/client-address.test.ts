import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createClientAddress } from '../../src/gateway/client-address.ts'
import { createAddressList, normalizeAddress } from '../../src/lib/address.ts'

const TRUSTED = ['127.0.0.1', '10.9.0.0/16', '2001:db8:f::/48']
const PROXY = '127.0.0.1'
const addresses = createClientAddress(createAddressList(TRUSTED))
const behind = (forwardedFor: string | undefined) => addresses.of(PROXY, forwardedFor)

/** Forms in which somebody writes an address, and what of it is believed. */
const FORMS: Readonly<Record<string, string | undefined>> = {
  '203.0.113.9': '203.0.113.9',
  ' \t203.0.113.9\t ': '203.0.113.9',
  '198.51.100.1, 203.0.113.9': '203.0.113.9',
  '198.51.100.1,203.0.113.9': '203.0.113.9',
  'unknown, 203.0.113.9': '203.0.113.9',
  ', 203.0.113.9': '203.0.113.9',
  '2001:db8::9': '2001:db8::9',
  '2001:DB8:0:0::0009': '2001:db8::9',
  '::ffff:203.0.113.9': '203.0.113.9',
  '::FFFF:cb00:7109': '203.0.113.9',
  // With a port, as Azure and IIS write it, in brackets, with a zone.
  '203.0.113.9:4711': undefined,
  '[2001:db8::9]': undefined,
  '[2001:db8::9]:4711': undefined,
  'fe80::1%eth0': undefined,
  '2001:db8::9%25eth0': undefined,
  '[fe80::1%25eth0]:80': undefined,
  // RFC 7239 § 6: unknown and obfuscated identifiers, quoted forms, and the parameter itself.
  unknown: undefined,
  _hidden: undefined,
  _SEVKISEK: undefined,
  '"203.0.113.9"': undefined,
  '"[2001:db8::9]:4711"': undefined,
  'for=203.0.113.9': undefined,
  'for="[2001:db8::9]:4711";proto=https': undefined,
  '203.0.113.9;proto=https': undefined,
  // Numbers that only some readers take for an address.
  '203.0.113.009': undefined,
  '203.0.113': undefined,
  '0xcb.0.0x71.9': undefined,
  '0xcb007109': undefined,
  '3405803785': undefined,
  '203.0.113.9.': undefined,
  '203.0.113.9/32': undefined,
  '1.2.3.4.5': undefined,
  '::1::': undefined,
  '2001:db8:::9': undefined,
  // Nothing, or no address at all.
  '': undefined,
  ',': undefined,
  '203.0.113.9,': undefined,
  '203.0.113.9, ': undefined,
  '203.0.113.9 198.51.100.1': undefined,
  localhost: undefined,
  a: undefined,
  '\u00e9\u00ff': undefined,
  '203.0.113.9\u00a0': undefined,
  '<script>': undefined,
  [`203.0.113.9${' '.repeat(5_000)}x`]: undefined,
  ['9'.repeat(30_000)]: undefined,
}

describe('H-10: what a listed proxy says of the visitor', () => {
  for (const [value, expected] of Object.entries(FORMS))
    it(`H-10: ${JSON.stringify(value.slice(0, 40))} is ${expected ?? 'nobody’s address'}`, () => {
      assert.equal(behind(value), expected)
    })

  it('H-10: proxies of the list are passed over from the right; of proxies alone the first one spoke', () => {
    assert.equal(behind('198.51.100.1, 203.0.113.9, 10.9.1.1, ::ffff:10.9.2.2, 2001:db8:f::7'), '203.0.113.9')
    assert.equal(behind('10.9.1.1, 127.0.0.1'), '10.9.1.1')
    assert.equal(behind('garbage, 10.9.1.1'), undefined)
    assert.equal(behind('203.0.113.9, 10.9.1.1:80'), undefined)
  })

  it('H-10: twenty hops are read, more are nobody’s, wherever the true one stands', () => {
    const proxies = (count: number) => Array.from({ length: count }, () => '10.9.1.1').join(', ')
    assert.equal(behind(`203.0.113.9, ${proxies(19)}`), '203.0.113.9')
    assert.equal(behind(`203.0.113.9, ${proxies(20)}`), undefined)
    assert.equal(behind(`${proxies(20)}, 203.0.113.9`), undefined)
    assert.equal(behind(`${'203.0.113.9,'.repeat(3_000)}203.0.113.9`), undefined)
    assert.equal(behind(','.repeat(30_000)), undefined)
  })

  it('H-09: nobody else is believed, and without the header the peer itself is meant', () => {
    for (const peer of ['198.51.100.7', '127.0.0.2', '2001:db8::7', '10.10.0.1'])
      assert.equal(addresses.of(peer, '203.0.113.9'), peer)
    assert.equal(behind(undefined), PROXY)
    assert.equal(addresses.of('::ffff:127.0.0.1', '203.0.113.9'), '203.0.113.9', 'a dual-stack socket')
    for (const peer of [undefined, '', 'unknown', '127.0.0.1%lo'])
      assert.equal(addresses.of(peer, '203.0.113.9'), undefined)
  })

  it('H-10: whatever is written, it is an address that stands there, in one spelling, or none', () => {
    const plain = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('10.9.0.1', '127.0.0.1', '2001:db8:f::1'))
    const odd = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary', maxLength: 60 }),
      plain.map((address) => `${address}:80`),
      plain.map((address) => `[${address}]`),
      plain.map((address) => `${address}%1`),
      fc.constantFrom('', 'unknown', '_x', '"', 'for='),
    )
    const separator = fc.constantFrom(',', ', ', ' ,\t', ',,')
    const chain = fc
      .array(fc.tuple(fc.oneof(plain, odd), separator), { minLength: 1, maxLength: 25 })
      .map((parts) => parts.map(([hop, between], at) => (at === 0 ? hop : between + hop)).join(''))
    const isProxy = (address: string) => addresses.isTrusted(address)
    let believed = 0
    fc.assert(
      fc.property(chain, (value) => {
        const found = behind(value)
        const hops = value.split(',').map((hop) => normalizeAddress(hop.trim()))
        if (found === undefined) return
        believed += 1
        assert.ok(hops.length <= 20)
        const at = hops.lastIndexOf(found)
        assert.ok(at !== -1, 'made up')
        // Everything to the right of it is a proxy of the list, and so is it only when all are.
        for (const later of hops.slice(at + 1)) assert.ok(later !== undefined && isProxy(later))
        if (isProxy(found)) assert.ok(hops.every((hop) => hop !== undefined && isProxy(hop)))
      }),
      { numRuns: 300 },
    )
    assert.ok(believed > 30, `${believed} chains ended in an address`)
  })
})
