import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  addressBlock,
  createAddressList,
  isInList,
  normalizeAddress,
  parseAddressBlock,
  widerBlock,
} from '../../src/lib/address.ts'

describe('normalizeAddress', () => {
  it('gives every spelling of one IPv6 address the same text', () => {
    const spellings = ['2001:db8::1', '2001:DB8:0:0::1', '2001:0db8:0000:0000:0000:0000:0000:0001']
    assert.deepEqual([...new Set(spellings.map(normalizeAddress))], ['2001:db8::1'])
  })

  it('C-08: folds an IPv4 address mapped into IPv6 into the IPv4 address', () => {
    for (const mapped of ['::ffff:192.0.2.1', '::FFFF:192.0.2.1', '::ffff:c000:201'])
      assert.equal(normalizeAddress(mapped), '192.0.2.1')
  })

  it('H-10: refuses what other readers would take for an address and what is none', () => {
    const texts = ['', ' ', 'unknown', '_hidden', 'localhost', '192.0.2', '192.0.2.1.5', '192.0.2.256', '0300.0.2.1']
    const more = [
      '0x7f.1',
      '2130706433',
      '192.0.2.1:80',
      '[2001:db8::1]',
      '2001:db8::1%eth0',
      '192.0.2.1 ',
      '192.0.2.1,',
    ]
    for (const text of [...texts, ...more]) assert.equal(normalizeAddress(text), undefined, JSON.stringify(text))
  })
})

describe('an address list', () => {
  const list = createAddressList(['192.0.2.0/24', '198.51.100.7', '2001:db8:a::/48'])

  it('contains the addresses of its blocks and no neighbour', () => {
    for (const inside of ['192.0.2.0', '192.0.2.255', '198.51.100.7', '2001:db8:a:ffff::1'])
      assert.equal(isInList(list, inside), true, inside)
    for (const outside of ['192.0.1.255', '192.0.3.0', '198.51.100.8', '2001:db8:b::1'])
      assert.equal(isInList(list, outside), false, outside)
  })

  it('recognises an IPv4 address that a dual-stack socket reports as IPv6', () => {
    assert.equal(isInList(list, '::ffff:192.0.2.9'), true)
  })

  it('never contains an unreadable address', () => {
    const everything = createAddressList(['0.0.0.0/0', '::/0'])
    for (const text of ['', 'unknown', '192.0.2', '192.0.2.1:80']) assert.equal(isInList(everything, text), false, text)
  })

  it('is empty without entries and then contains nobody', () => {
    assert.equal(isInList(createAddressList([]), '127.0.0.1'), false)
  })

  it('refuses an entry that is neither an address nor a block', () => {
    for (const entry of [
      '',
      '*',
      'proxy.example.test',
      '192.0.2.0/33',
      '192.0.2/24',
      '2001:db8::/129',
      '/24',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '::ffff:192.0.2.0/120',
      '::ffff:192.0.2.0/24',
      '10.0.0.0/-1',
    ]) {
      assert.equal(parseAddressBlock(entry), undefined, entry)
      assert.throws(() => createAddressList([entry]), {
        name: 'TypeError',
        message: `not an address or a block: ${entry}`,
      })
    }
  })
})

describe('addressBlock', () => {
  it('counts an IPv4 address by itself, whatever its spelling', () => {
    assert.equal(addressBlock('192.0.2.1'), '192.0.2.1')
    assert.equal(addressBlock('::ffff:192.0.2.1'), '192.0.2.1')
  })

  it('C-08: counts a whole IPv6 /64 as one client, and the next /64 as another', () => {
    assert.equal(addressBlock('2001:db8:1:2::1'), '2001:db8:1:2::/64')
    assert.equal(addressBlock('2001:db8:1:2:ffff:ffff:ffff:ffff'), '2001:db8:1:2::/64')
    assert.equal(addressBlock('2001:db8:1:3::1'), '2001:db8:1:3::/64')
  })

  it('C-08: knows the /24 and the /48 that somebody may walk through', () => {
    assert.equal(widerBlock('192.0.2.77'), '192.0.2.0/24')
    assert.equal(widerBlock('::ffff:192.0.2.1'), '192.0.2.0/24')
    assert.equal(widerBlock('2001:db8:1:2::1'), '2001:db8:1::/48')
    assert.equal(widerBlock('2001:db8:1:ffff::1'), '2001:db8:1::/48')
    assert.equal(widerBlock(undefined), 'unknown')
  })

  it('H-10: counts everybody whose address cannot be read as one client', () => {
    for (const text of [undefined, '', 'unknown', '192.0.2']) assert.equal(addressBlock(text), 'unknown')
  })
})
