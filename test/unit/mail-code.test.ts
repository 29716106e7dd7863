import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { codeMail, type CodeMailModel } from '../../src/mail/messages.ts'
import { LANGUAGES } from '../../src/render/messages.ts'
import { createRenderer } from '../../src/render/renderer.ts'
import { codeMailModel } from '../browser/mail-example.ts'

const ENVELOPE = { from: 'WebDCR <WebDCR@example.test>', to: 'zoe@hopital.example.test' }
const write = (model: CodeMailModel) => codeMail(createRenderer(), model, ENVELOPE)

describe('the mail with a code', () => {
  for (const language of LANGUAGES) {
    const model = codeMailModel(language)

    it(`G12: says in both forms the code, until when, which service, when and from where (${language})`, () => {
      const { text, html } = write(model)
      const { codeGrouped, code, until, siteName, origin, requestedAt, device, address, support } = model
      for (const part of [codeGrouped, code, until, siteName, origin, requestedAt, device, address, support.name]) {
        assert.ok(text.includes(part), `text: ${part}`)
        assert.ok(html.includes(part), `html: ${part}`)
      }
    })

    it(`T-12: keeps the code out of the subject, which shows on locked screens (${language})`, () => {
      const { subject, language: tag } = write(model)
      assert.match(subject, /DCC/)
      assert.doesNotMatch(subject, /\d/)
      assert.equal(tag, language)
    })

    it(`R22: has nothing that a scanner could follow or load (${language})`, () => {
      assert.doesNotMatch(write(model).html, /<(?:a|img|link|script|iframe|form)\b|\b(?:href|src)\s*=|\burl\(/i)
    })
  }

  it('T-12: a value with markup stays text, and one with line ends draws no line of its own', () => {
    const hostile = '"><a href="https://evil.example.test">\r\nVotre mot de passe :\u2028<script>alert(1)</script>'
    const model = { ...codeMailModel('fr'), device: hostile, address: hostile }
    const plain = write(codeMailModel('fr'))
    const { text, html, subject } = write(model)
    assert.doesNotMatch(html, /<a\b|<script\b|"><a/)
    assert.equal(text.split('\n').length, plain.text.split('\n').length)
    assert.doesNotMatch(text, /^Votre mot de passe/m)
    assert.equal(subject, plain.subject)
  })
})
