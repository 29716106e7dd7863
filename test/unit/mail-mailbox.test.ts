import assert from 'node:assert/strict'
import { performance } from 'node:perf_hooks'
import { describe, it } from 'node:test'
import { toLetter } from '../../src/mail/letter.ts'
import type { Mail } from '../../src/mail/mail.ts'
import { domainOf, isMailbox, parseSender } from '../../src/mail/mailbox.ts'

const MAIL: Mail = {
  from: 'WebDCR@example.test',
  to: 'zoe@example.test',
  subject: 'Votre code',
  text: 'Votre code est 042 817.',
  html: '<p>Votre code est 042 817.</p>',
  language: 'fr',
}
const NOW = Date.UTC(2026, 10, 23, 9, 0)

describe('an address', () => {
  it('is accepted when every mail server reads it in the same way', () => {
    for (const address of [
      'zoe.oeuvrard@hopital.example.test',
      "d'arc+dcc_2@ch-nord.example.test",
      'x@localhost',
      `${'a'.repeat(64)}@example.test`,
    ]) {
      assert.equal(isMailbox(address), true, address)
    }
  })

  it('T-10: is refused when it has a list, a comment, quotes, a route, a literal, folding or letters beyond ASCII', () => {
    for (const address of [
      '',
      '@example.test',
      'a@',
      'a',
      'a@b@c',
      'a,b@example.test',
      'a@example.test,b@example.test',
      '"a b"@example.test',
      'a(b)@example.test',
      'a@(b)example.test',
      'a@example.test\r\n b',
      'a@exa mple.test',
      'a@.example.test',
      'a@example..test',
      'a@example.test.',
      'a@-example.test',
      'a@[192.0.2.1]',
      'a..b@example.test',
      '.a@example.test',
      'a!b@example.test',
      'a%b@example.test',
      '<a@example.test>',
      'zoé@example.test',
      'zoe@hôpital.example.test',
      `${'a'.repeat(65)}@example.test`,
      `a@${'b'.repeat(64)}.test`,
      `a@${'b.'.repeat(130)}test`,
    ]) {
      assert.equal(isMailbox(address), false, address)
    }
  })

  it('T-10: is refused with a separator, quote, comment, line end or control character at any place', () => {
    const address = 'zoe.o@hop.example.test'
    for (const character of new Set('@,;:<>()[]"\\ \r\n\t\0é%!\u2028\u00a0')) {
      for (let at = 0; at <= address.length; at += 1) {
        const text = address.slice(0, at) + character + address.slice(at)
        assert.equal(isMailbox(text), false, JSON.stringify(text))
      }
    }
  })

  it('T-11: 100 kB of nested comments, groups or dots are refused within 50 ms', () => {
    const size = 100_000
    const hostile = [
      `${'('.repeat(size / 2)}${')'.repeat(size / 2)}a@example.test`,
      `a@example.test${'('.repeat(size)}`,
      'g:'.repeat(size / 2),
      `${'a.'.repeat(size / 2)}@example.test`,
      `a@${'a-'.repeat(size / 2)}`,
      '"'.repeat(size),
      ' '.repeat(size),
    ]
    const startedAt = performance.now()
    for (const text of hostile) {
      assert.equal(isMailbox(text), false)
      assert.equal(parseSender(text), undefined)
      assert.equal(parseSender(`Name <${text}>`), undefined)
      assert.equal(toLetter({ ...MAIL, to: text }, 'token', NOW).ok, false)
      assert.equal(toLetter({ ...MAIL, from: text }, 'token', NOW).ok, false)
    }
    assert.ok(performance.now() - startedAt < 50)
  })

  it('is logged by its domain only', () => {
    assert.equal(domainOf('Zoe.Oeuvrard@Hopital.Example.test'), 'hopital.example.test')
  })
})

describe('a sender', () => {
  it('is an address, or a name and an address', () => {
    assert.deepEqual(parseSender('WebDCR@example.test'), { name: '', address: 'WebDCR@example.test' })
    assert.deepEqual(parseSender('Réseau, région <a@example.test>'), {
      name: 'Réseau, région',
      address: 'a@example.test',
    })
  })

  it('is nothing else', () => {
    for (const text of [
      '',
      'Name',
      'Name <a@b',
      '<a@example.test>',
      'Name <a@b@c>',
      'A\r\nBcc: b@c <a@example.test>',
    ]) {
      assert.equal(parseSender(text), undefined, text)
    }
  })
})

describe('a letter', () => {
  it('has an identity at its sender’s domain and the date of the clock', () => {
    const letter = toLetter({ ...MAIL, from: 'DCC <WebDCR@Mail.example.test>' }, 'drawn', NOW)
    assert.ok(letter.ok)
    assert.equal(letter.value.id, 'drawn@mail.example.test')
    assert.equal(letter.value.date.getTime(), NOW)
  })

  it('T-12: has a subject of one short line', () => {
    const letter = toLetter({ ...MAIL, subject: ` Code\r\n\tBcc: x\u0000\u2028y${'z'.repeat(5_000)}` }, 'drawn', NOW)
    assert.ok(letter.ok)
    assert.match(letter.value.subject, /^Code Bcc: x yz{1,200}$/)
    assert.equal(letter.value.subject.length, 200)
  })

  it('names the reason when it cannot leave', () => {
    const refusals = [
      [{ from: 'nobody' }, 'sender-unusable'],
      [{ to: 'a,b@example.test' }, 'recipient-unusable'],
      [{ language: 'fr\r\nBcc: a@example.test' }, 'language-unusable'],
      [{ html: 'x'.repeat(200_001) }, 'too-large'],
    ] as const
    for (const [change, reason] of refusals) {
      assert.deepEqual(toLetter({ ...MAIL, ...change }, 'drawn', NOW), { ok: false, reason })
    }
  })
})
