import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { callEvents, callOf, callSite, follow, FROM_DPI, lastReason, makeHospital, open } from '../kit/calls.ts'
import { PERSON } from '../kit/gate.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { useGate } from '../kit/use-gate.ts'
import { createVisitor } from '../kit/visitor.ts'

const SECRET = 'un-secret-de-test-de-plus-de-32-signes'
const file = join(createTempFolder('link-secret').path, 'secret')
writeFileSync(file, SECRET, { mode: 0o600 })

const chu = makeHospital('chu', '990000017')
const old = makeHospital('old', '990000025', {
  keys: { 'secret-file': file },
  link: {
    path: '/dcc/appel',
    fields: { rpps: 'user', ts: 'time', n: 'nonce', ipp: 'patient.local-id' },
    signature: { parameter: 'sig', algorithm: 'hmac-sha256', over: '{rpps}|{ts}|{n}|{ipp}' },
  },
})
const inUse = useGate(
  callSite([chu, old], {
    deliver: { as: 'query', path: '/dcc/patient', values: { ipp: 'patient.local-id' } },
  }),
  [PERSON],
)

let count = 0
const linkOf = (ipp: string, n = String((count += 1))): string => {
  const ts = String(Math.floor(inUse.clock.now() / 1_000))
  const user = PERSON.nationalId ?? ''
  const sig = createHmac('sha256', SECRET).update(`${user}|${ts}|${n}|${ipp}`).digest('hex')
  return new URLSearchParams({ rpps: user, ts, n, ipp, sig }).toString()
}

describe('an existing signed link of a record system', () => {
  it('leads to a page that the gate has taken over, is verified unchanged, and opens the right patient once', async () => {
    const { visitor } = inUse
    const address = `/dcc/appel?${linkOf('IPP-7')}`
    const opened = await follow(visitor, await visitor.page(address, FROM_DPI))
    assert.equal(opened.location, '/dcc/patient?ipp=IPP-7', opened.body)
    assert.equal(callEvents(inUse.gate, 'call.opened').at(-1)?.['login'], PERSON.login)
    const again = createVisitor(inUse.gate)
    assert.equal((await follow(again, await again.page(address, FROM_DPI))).status, 403)
    assert.equal(lastReason(inUse.gate), 'used')
  })

  it('as a form is verified over the bytes that came', async () => {
    const { visitor } = inUse
    const headers = { ...FROM_DPI, 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await visitor.ask('/dcc/appel', { body: linkOf('IPP-8'), headers })
    assert.equal((await follow(visitor, answer)).location, '/dcc/patient?ipp=IPP-8')
  })

  it('with another patient, without its signature, or bare, never reaches the application', async () => {
    const { visitor, upstream } = inUse
    const before = upstream.requests.length
    for (const query of [linkOf('IPP-7').replace('IPP-7', 'IPP-9'), linkOf('IPP-7').replace(/&sig=.*/, ''), '']) {
      const answer = await follow(visitor, await visitor.page(`/dcc/appel?${query}`, FROM_DPI))
      assert.equal(answer.status, 403, query)
    }
    assert.equal(upstream.requests.length, before)
  })

  it('X-11: opens nothing where letters could be moved from one value into the next under its signature', async () => {
    const { visitor } = inUse
    const signed = new URLSearchParams(linkOf('IPP-7|9'))
    const moved = new URLSearchParams({ ...Object.fromEntries(signed), n: `${signed.get('n')}|IPP-7`, ipp: '9' })
    for (const query of [signed, moved]) {
      const answer = await follow(visitor, await visitor.page(`/dcc/appel?${query.toString()}`, FROM_DPI))
      assert.equal(answer.status, 403)
      assert.equal(
        lastReason(inUse.gate),
        'link-ambiguous rpps ts n ipp',
        'its signature is right; the names, no value',
      )
    }
  })

  it('X-02: a scanner uses nothing up', async () => {
    const { visitor } = inUse
    const address = `/dcc/appel?${linkOf('IPP-7')}`
    await visitor.ask(address, { method: 'HEAD' })
    await visitor.page(address, { 'sec-purpose': 'prefetch' })
    await visitor.ask(address, { headers: { accept: 'text/html' } })
    assert.equal((await follow(visitor, await visitor.page(address, FROM_DPI))).location, '/dcc/patient?ipp=IPP-7')
  })
})

describe('the pages of a call, and what it has opened', () => {
  it('W-12: are kept by no cache, whatever the address looks like', async () => {
    const { visitor } = inUse
    const opened = await open(visitor, callOf(chu, inUse.clock.now()))
    for (const path of [
      '/_portillon/contextual-call/open?call=x',
      '/_portillon/contextual-call/open/x.css',
      opened.location ?? '',
    ])
      assert.match(String((await visitor.page(path)).headers['cache-control']), /no-store/, path)
    for (const path of ['/dcc/patient/x.css', '/dcc/patient;x.js'])
      assert.match(String((await visitor.page(path)).headers['cache-control']), /no-store/, path)
  })

  it('W-13: are given to no page of another site', async () => {
    const { visitor } = inUse
    await open(visitor, callOf(chu, inUse.clock.now()))
    const kinds = [
      { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
      { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
      { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    ]
    for (const kind of kinds) {
      const answer = await visitor.ask('/dcc/patient', { headers: { ...kind, 'sec-fetch-site': 'cross-site' } })
      assert.equal(answer.status, 403, kind['sec-fetch-dest'])
    }
    const page = await visitor.page('/dcc/patient')
    assert.equal(page.headers['cross-origin-resource-policy'], 'same-origin')
    const ours = await open(createVisitor(inUse.gate), 'x.y.z')
    assert.equal(ours.headers['cross-origin-resource-policy'], 'same-origin')
    assert.match(String(ours.headers['content-security-policy']), /frame-ancestors 'none'/)
  })
})
