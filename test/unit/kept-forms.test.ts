import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { closeEnvelope, NONCE_BYTES, openEnvelope } from '../../src/lib/envelope.ts'
import { createKeptForms } from '../../src/kept-forms/kept-forms.ts'
import { measureForm } from '../../src/kept-forms/measure.ts'
import { createSessionOwners } from '../../src/kept-forms/owners.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { createManualClock } from '../kit/clock.ts'

const key = randomBytes(32)
const nonce = () => randomBytes(NONCE_BYTES)
const binding = { what: 'kept form', site: 'onco', handle: 'h'.repeat(24) }

describe('the envelope of a kept form', () => {
  it('gives back every byte, and never the same text twice', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        const content = Buffer.from(bytes)
        const texts = [closeEnvelope(key, nonce(), binding, content), closeEnvelope(key, nonce(), binding, content)]
        assert.notEqual(texts[0], texts[1])
        for (const text of texts) assert.deepEqual(openEnvelope([randomBytes(32), key], binding, text), content)
      }),
    )
  })

  it('opens for its own site and handle only, with a key that is still believed, and in no other shape', () => {
    const text = closeEnvelope(key, nonce(), binding, Buffer.from('note'))
    const opens = (keys: Buffer[], at: typeof binding, given = text) => openEnvelope(keys, at, given) !== null
    assert.ok(opens([key], binding))
    assert.ok(!opens([key], { ...binding, site: 'other' }))
    assert.ok(!opens([key], { ...binding, handle: 'i'.repeat(24) }))
    assert.ok(!opens([randomBytes(32)], binding))
    assert.ok(!opens([], binding))
    const [version = '', iv = '', closed = ''] = text.split('.')
    for (const other of [
      '',
      'x',
      `2.${iv}.${closed}`,
      `${version}.${iv}`,
      `${version}.AAAA.${closed}`,
      `${version}.${iv}.`,
    ])
      assert.ok(!opens([key], binding, other), other)
    for (let at = text.length - 30; at < text.length - 1; at += 1) {
      const flipped = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
      assert.ok(!opens([key], binding, flipped), `character ${at}`)
    }
  })
})

describe('kept forms', () => {
  const clock = createManualClock()
  const store = createMemoryStore({ clock })
  const secrets = [randomBytes(32)]
  const purpose = { current: () => secrets[0] ?? key, every: () => secrets }
  const forms = createKeptForms({ store, clock, random: systemRandom, key: purpose })
  const form = {
    ...{ site: 'onco', browser: 'browser', owner: 'owner', target: '/dcc/x?q=\xe9', type: 'text/plain' },
    ...{ referer: 'https://x.test/', behind: '/', body: Buffer.from('note') },
  }
  const keep = async (session: string) => (await forms.keep(form, session)) ?? assert.fail('not kept')

  it('outlive a change of key, and end with the key that closed them', async () => {
    const handle = await keep('s1')
    secrets.unshift(randomBytes(32))
    assert.deepEqual((await forms.find(form, handle))?.body, form.body)
    secrets.pop()
    assert.equal(await forms.find(form, handle), null)
  })

  it('are asked for by handles of ours only', async () => {
    await keep('s2')
    for (const odd of ['', '*', 'a'.repeat(23), `${'a'.repeat(24)} `, '../', '__proto__'])
      assert.equal(await forms.find(form, odd), null)
  })

  it('are taken once, within a minute of the word of their owner', async () => {
    const handle = await keep('s3')
    assert.equal(await forms.take(handle), false, 'nobody has said so')
    await forms.release(handle)
    clock.advance('61s')
    assert.equal(await forms.take(handle), false, 'too long ago')
    await forms.release(handle)
    const taken = await Promise.all(Array.from({ length: 20 }, () => forms.take(handle)))
    assert.deepEqual(taken.filter(Boolean).length, 1)
    assert.equal(await forms.state(handle), 'sent')
  })

  it('keep no word about a form that was not there', async () => {
    const handle = await keep('s4')
    await forms.drop(handle, 'declined')
    await forms.drop(handle, 'foreign')
    assert.equal(await forms.state(handle), 'declined')
  })
})

describe('whose session it was', () => {
  it('is known for an hour after the last moment of the session, as a mark that names nobody', async () => {
    const clock = createManualClock()
    const store = createMemoryStore({ clock })
    const secrets = [randomBytes(32)]
    const owners = createSessionOwners({
      store,
      clock,
      key: { current: () => secrets[0] ?? key, every: () => secrets },
    })
    const person = { realm: 'onco', account: 'account-1' }
    await owners.remember('digest', person, clock.now() + 10 * 3_600_000)
    clock.advance('659m')
    const mark = (await owners.of('digest')) ?? assert.fail('forgotten')
    assert.doesNotMatch(mark, /onco|account/)
    assert.ok(owners.isMarkOf(mark, person))
    assert.ok(!owners.isMarkOf(mark, { realm: 'onco', account: 'account-2' }))
    assert.ok(!owners.isMarkOf(mark, { realm: 'training', account: 'account-1' }))
    secrets.unshift(randomBytes(32))
    assert.ok(owners.isMarkOf(mark, person), 'the key has changed meanwhile')
    clock.advance('2m')
    assert.equal(await owners.of('digest'), null)
  })
})

describe('the measures of a form', () => {
  it('count fields and files without reading what they say', () => {
    const multipart = (boundary: string, ...heads: string[]) =>
      Buffer.from(`${heads.map((head) => `--${boundary}\r\n${head}\r\n\r\nx\r\n`).join('')}--${boundary}--\r\n`)
    const field = 'Content-Disposition: form-data; name="a"'
    const type = 'application/x-www-form-urlencoded'
    assert.deepEqual(measureForm(type, Buffer.from('a=1&b=&c')), { fields: 3, files: 0 })
    assert.deepEqual(measureForm(type, Buffer.alloc(0)), { fields: 0, files: 0 })
    assert.deepEqual(measureForm('text/plain', Buffer.from('a=1\r\nb=2\r\n')), { fields: 2, files: 0 })
    const body = multipart('xYz', field, `${field}; filename="x.pdf"`, `${field}; filename=""`)
    assert.deepEqual(measureForm('multipart/form-data; boundary=xYz', body), { fields: 3, files: 1 })
    assert.deepEqual(measureForm('Multipart/Form-Data; charset=utf-8; boundary="xYz"', body), { fields: 3, files: 1 })
    assert.deepEqual(measureForm('multipart/form-data', body).files, 0)
  })
})
