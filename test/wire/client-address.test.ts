import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { sendRaw } from '../kit/raw-http.ts'

/** What a listed proxy writes about the visitor, against what the application, the log and the rules make of it. */

let behind: BehindGate

before(async () => {
  behind = await startBehindGate({
    site: {
      rules: [
        { id: 'ward', match: { path: '/ward/**' }, allow: { networks: ['203.0.113.0/24', '2001:db8:9::/48'] } },
        { id: 'near', match: { path: '/near/**' }, allow: { networks: ['127.0.0.0/8'] } },
      ],
    },
    config: { listen: { address: '127.0.0.1', port: 0, 'trusted-proxies': ['127.0.0.1'] } },
  })
})
beforeEach(() => behind.arrived())
after(() => behind.stop())

const forwardedFor = (...values: readonly string[]) => values.map((value) => `X-Forwarded-For: ${value}`)

/** Header lines, and the address that the gate takes from them; null for one that cannot be read. */
const LINES: Readonly<Record<string, readonly [lines: readonly string[], address: string | null]>> = {
  'one address': [forwardedFor('203.0.113.9'), '203.0.113.9'],
  'one of IPv6, in its long spelling': [forwardedFor('2001:DB8:9:0::0009'), '2001:db8:9::9'],
  'one of IPv4 within IPv6': [forwardedFor('::ffff:203.0.113.9'), '203.0.113.9'],
  'a list, of which the last entry is the proxy’s': [forwardedFor('10.0.0.1, 203.0.113.9'), '203.0.113.9'],
  'a list over several lines': [forwardedFor('10.0.0.1', '10.0.0.2, 198.51.100.1', '203.0.113.9'), '203.0.113.9'],
  'what the visitor wrote, in front of the proxy’s': [
    forwardedFor('_hidden', '"[::1]:80", for=1', '203.0.113.9'),
    '203.0.113.9',
  ],
  'two proxies of the list': [forwardedFor('203.0.113.9', '127.0.0.1'), '203.0.113.9'],
  'a last line without anything': [forwardedFor('203.0.113.9', ''), null],
  'a last line of commas': [forwardedFor('203.0.113.9', ', ,'), null],
  'a port': [forwardedFor('203.0.113.9:4711'), null],
  brackets: [forwardedFor('[2001:db8:9::9]'), null],
  'brackets and a port': [forwardedFor('[2001:db8:9::9]:4711'), null],
  'a zone': [forwardedFor('fe80::1%eth0'), null],
  'a zone of a known address': [forwardedFor('2001:db8:9::9%eth0'), null],
  'an unknown visitor': [forwardedFor('203.0.113.1, unknown'), null],
  'an obfuscated identifier': [forwardedFor('203.0.113.1', '_SEVKISEK'), null],
  quotes: [forwardedFor('"203.0.113.9"'), null],
  'a parameter of Forwarded': [forwardedFor('for=203.0.113.9'), null],
  'octal digits': [forwardedFor('203.0.113.009'), null],
  'one number': [forwardedFor('3405803785'), null],
  'a byte that only some readers call a blank': [forwardedFor('203.0.113.9\xa0'), null],
  garbage: [forwardedFor('\x80\xff<x>'), null],
  'twenty hops': [forwardedFor(`203.0.113.9${', 127.0.0.1'.repeat(19)}`), '203.0.113.9'],
  'more hops than there are proxies in the world': [forwardedFor(`203.0.113.9${', 127.0.0.1'.repeat(20)}`), null],
  'the same over many lines': [forwardedFor(...Array<string>(25).fill('203.0.113.9')), null],
  'a list of 20 kB': [forwardedFor('203.0.113.9,'.repeat(1_600) + '203.0.113.9'), null],
}

describe('H-10: what a listed proxy says of the visitor', () => {
  for (const [what, [lines, address]] of Object.entries(LINES))
    it(`H-10: ${what}: ${address ?? 'nobody’s address, and the strictest reading of every rule'}`, async () => {
      await behind.askSignedIn('GET /dcc/', ...lines)
      assert.deepEqual(behind.onlyArrived().all('x-forwarded-for'), [address ?? 'unknown'])

      const isInWard = address !== null
      assert.equal((await behind.askSignedIn('GET /ward/', ...lines)).status, isInWard ? 200 : 403)
      // Nor is it taken for the proxy itself.
      assert.equal((await behind.askSignedIn('GET /near/', ...lines)).status, 403)

      const seen = behind.gate.log.length
      await behind.ask('GET /a%2fb', ...lines)
      assert.equal(behind.gate.log[seen]?.fields['address'], address ?? undefined)
    })

  it('H-10: a list that is longer than a header section may be is refused as that', async () => {
    const hops = '203.0.113.9,'.repeat(3_000)
    assert.equal((await behind.askSignedIn('GET /ward/', ...forwardedFor(`${hops}203.0.113.9`))).status, 431)
    assert.equal((await behind.askSignedIn('GET /ward/', ...forwardedFor(...Array<string>(300).fill('a')))).status, 431)
    assert.equal(behind.arrived().length, 0)
  })

  it('H-10: Forwarded, in every form of RFC 7239, and its relatives are nobody’s word', async () => {
    for (const line of [
      ...['Forwarded: for=203.0.113.9', 'Forwarded: for="[2001:db8:9::9]:4711";proto=http;by=203.0.113.43'],
      ...['Forwarded: for=unknown', 'Forwarded: for=_hidden, for=203.0.113.9', 'Forwarded: For="203.0.113.9:80"'],
      ...['X-Real-IP: 203.0.113.9', 'X-Client-IP: 203.0.113.9', 'True-Client-IP: 203.0.113.9', 'Via: 1.1 203.0.113.9'],
      ...['X_Forwarded_For: 203.0.113.9', 'X-Forwarded-For-: 203.0.113.9', 'X-Forward-For: 203.0.113.9'],
    ]) {
      assert.equal((await behind.askSignedIn('GET /ward/', line)).status, 403, line)
      assert.equal((await behind.askSignedIn('GET /ward/', line, ...forwardedFor('203.0.113.9'))).status, 200, line)
      const request = behind.onlyArrived()
      assert.deepEqual(request.all('x-forwarded-for'), ['203.0.113.9'])
      if (!line.startsWith('Via')) assert.equal(request.raw.toString('latin1').split('203.0.113').length, 2, line)
    }
  })

  it('H-09: a peer that is not in the list says nothing, whatever it writes', async () => {
    for (const [lines] of Object.values(LINES)) {
      const bytes = behind.request('GET /near/', behind.signedIn, ...lines)
      assert.equal((await sendRaw({ ...behind.at, from: '127.0.0.2' }, bytes)).status, 200)
      assert.deepEqual(behind.onlyArrived().all('x-forwarded-for'), ['127.0.0.2'])
    }
  })
})
