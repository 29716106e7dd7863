import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { codeMail, groupCode } from '../../src/mail/messages.ts'
import { createRenderer } from '../../src/render/renderer.ts'
import { codeMailModel } from '../browser/mail-example.ts'

const envelope = { from: 'WebDCR@example.test', to: 'zoe.oeuvrard@hopital.example.test' }
const renderer = createRenderer()

describe('the mail with a code', () => {
  const mail = codeMail(renderer, codeMailModel('fr'), envelope)

  it('has a subject that names the service and holds no secret', () => {
    assert.equal(mail.subject, 'Votre code de connexion au DCC')
    assert.equal(codeMail(renderer, codeMailModel('en'), envelope).subject, 'Your sign-in code for DCC')
  })

  it('G12: says in both forms the code, until when, which service, from where, and what to do if it was not you', () => {
    for (const content of [mail.text, mail.html.replaceAll('&#39;', "'")]) {
      for (const text of [
        ...['482\u00a0913', '482913', '14:42', '10 minutes', 'Dossier Communicant de Cancérologie', 'Firefox, Windows'],
        ...['192.0.2.44', 'https://dcc.example.test', "Vous n'êtes pas à l'origine de cette demande\u00a0?"],
        ...['Votre référent RCP', '01 99 00 12 34', 'referent.rcp@example.test'],
      ]) {
        assert.ok(content.includes(text), text)
      }
    }
  })

  it('stands alone on its line in the text, for eyes and for the demo outbox', () => {
    assert.match(mail.text, /^\s*482\u00a0913\s*$/m)
  })

  it('R22: has no link to follow, no remote image, nothing that loads', () => {
    assert.doesNotMatch(mail.html, /<a\s|<img|<link|<script|src=|url\(|@import/i)
  })

  it('leaves out what is not known', () => {
    const { text, html } = codeMail(renderer, { ...codeMailModel('fr'), device: '', address: '' }, envelope)
    for (const content of [text, html]) assert.doesNotMatch(content, /Appareil|Adresse réseau/)
  })

  it('T-12: keeps markup and line ends of names from doing anything', () => {
    const model = { ...codeMailModel('fr'), siteName: 'DCC</td><a href="//x">\r\nBcc: y@example.test', device: '<b>' }
    const { text, html } = codeMail(renderer, model, envelope)
    assert.doesNotMatch(html, /<a href|<b>/)
    assert.doesNotMatch(text, /^Bcc:/m)
  })

  it('groups codes as people read them', () => {
    assert.deepEqual(['482913', '12345678', '1234567'].map(groupCode), [
      '482\u00a0913',
      '1234\u00a05678',
      '123\u00a04567',
    ])
  })
})
