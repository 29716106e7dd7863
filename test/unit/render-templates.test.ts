import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { templateFolders } from '../../src/render/folders.ts'
import { formatDay, formatHour, formatMoment } from '../../src/render/moments.ts'
import { createRenderer, createRenderers } from '../../src/render/renderer.ts'
import { createTemplates } from '../../src/render/templates.ts'

const root = mkdtempSync(join(tmpdir(), 'portillon-templates-'))
after(() => rmSync(root, { recursive: true }))

let folders = 0
const folder = (files: Record<string, string>): string => {
  const path = join(root, String((folders += 1)))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), content)
  }
  return path
}

describe('templates', () => {
  it('W-10: escape what they write, in texts and in attributes', () => {
    const templates = createTemplates([folder({ 'page.eta': '<p title="<%= it.name %>"><%= it.name %></p>' })])
    assert.equal(
      templates.render('page', { name: `"><script>alert('1')</script>` }),
      '<p title="&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;">&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;</p>',
    )
  })

  for (const source of [
    '<%~ it.name %>',
    '<%~ include("@x") + it.name %>',
    '<% output(it.name) %>',
    '<% __eta.res += it.name %>',
    '<%~ it.frame.name %>',
  ]) {
    it(`W-10: a template that would write a value as it is stops the start: ${source}`, () => {
      const path = folder({ 'pages/sign-in.eta': source })
      assert.throws(() => createTemplates([path]), /sign-in\.eta does not compile: unescaped output is not allowed/)
    })
  }

  it('G-06: a template that is not well formed stops the start and is named', () => {
    assert.throws(
      () => createTemplates([folder({ 'pages/code.eta': '<% if ( %>' })]),
      /pages\/code\.eta does not compile/,
    )
  })

  it('G-06: a folder that does not exist stops the start', () => {
    assert.throws(() => createTemplates([join(root, 'nowhere')]), /nowhere/)
  })

  it('are replaced one at a time by those of a region', () => {
    const region = folder({ 'pages/forgotten.eta': '<p><%= it.t("forgotten.title") %>, ici</p>' })
    const templates = createTemplates(templateFolders(region))
    assert.equal(templates.render('pages/forgotten', { t: (key: string) => key }), '<p>forgotten.title, ici</p>')
    assert.ok(templates.has('pages/sign-in'))
  })

  it('P-13: are found by their name only, never by a path', () => {
    const templates = createTemplates(templateFolders())
    for (const name of ['../package', '/etc/passwd', 'pages/../layout', 'pages/Sign-In', '']) {
      assert.equal(templates.has(name), false)
      assert.throws(() => templates.render(name, {}))
    }
  })

  it('T-12: leave a text mail without markup, and a value without lines of its own', () => {
    const templates = createTemplates([folder({ 'mail/code.text.eta': 'De <%= it.name %>\n\nFin\n' })])
    assert.equal(
      templates.render('mail/code.text', { name: "Zoé <O'Brien>\r\nBcc: x\u2028y" }),
      "De Zoé <O'Brien> Bcc: x y\n\nFin\n",
    )
  })
})

describe('the renderer', () => {
  it('gives templates the texts and the moments of the language', () => {
    const region = folder({
      'pages/try.eta': '<%= it.language %> <%= it.t("code.submit") %> <%= it.day("2026-01-01") %>',
    })
    const renderer = createRenderer(region)
    assert.equal(renderer.render('pages/try', 'fr', {}), 'fr S&#39;authentifier 1er janvier 2026')
    assert.equal(renderer.render('pages/try', 'en', {}), 'en Sign in 1 January 2026')
  })

  it('is made once for all sites without files of their own', () => {
    const renderers = createRenderers()
    assert.equal(renderers(), renderers())
  })
})

describe('moments', () => {
  it('are those of the clock in Paris, in summer and in winter', () => {
    assert.equal(formatHour('fr', Date.parse('2026-07-01T12:30:00Z')), '14:30')
    assert.equal(formatHour('fr', Date.parse('2026-12-01T12:30:00Z')), '13:30')
    assert.match(formatMoment('fr', '2026-12-31T23:30:00Z'), /^1er janvier 2027 à 00:30$/)
    assert.match(formatMoment('en', Date.parse('2026-11-23T13:32:00Z')), /^23 November 2026 at 14:32$/)
  })

  it('name a day whatever the hour of the server', () => {
    assert.equal(formatDay('fr', '2026-12-31'), '31 décembre 2026')
    assert.equal(formatDay('fr', '2026-11-01'), '1er novembre 2026')
    assert.equal(formatDay('fr', '2026-11-11'), '11 novembre 2026')
  })
})
