import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { siteSchema, type SiteFile } from '../../src/policy/schema.ts'
import { createAssets } from '../../src/render/assets.ts'
import { themeCss } from '../../src/render/theme.ts'
import { siteFile } from '../kit/sign-in.ts'

const root = mkdtempSync(join(tmpdir(), 'portillon-assets-'))
after(() => rmSync(root, { recursive: true }))
const logo = join(root, 'Reseau.SVG')
writeFileSync(logo, '<svg xmlns="http://www.w3.org/2000/svg"/>')

const site = (fields: Partial<SiteFile> = {}) => siteSchema.parse(siteFile(fields))

describe('static files', () => {
  const assets = createAssets({ site: site({ theme: { logo, accent: '#7a2e6e' } }) })

  it('are the stylesheet, the script, the icon and the logo, each with its type', () => {
    assert.equal(assets.get('portillon.css')?.type, 'text/css; charset=utf-8')
    assert.equal(assets.get('portillon.js')?.type, 'text/javascript; charset=utf-8')
    assert.equal(assets.get('portillon.svg')?.type, 'image/svg+xml')
    assert.equal(assets.logo, 'logo.svg')
    assert.equal(assets.get('logo.svg')?.body.toString(), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  })

  it('P-13: are given by exact name only', () => {
    for (const name of [
      ...['../layout.eta', '..%2flayout.eta', '%2e%2e/layout.eta', 'portillon.css%00.js', 'portillon.css/', '.', ''],
      ...['portillon.css.map', '.htaccess', 'package.json', 'PORTILLON.CSS', '__proto__', 'constructor', 'toString'],
    ]) {
      assert.equal(assets.get(name), undefined, name)
    }
  })

  it('begin with the colours of the site', () => {
    const sheet = assets.get('portillon.css')?.body.toString() ?? ''
    assert.ok(sheet.startsWith(':root{--accent:#7a2e6e;'))
    assert.notEqual(assets.get('portillon.css')?.etag, createAssets({ site: null }).get('portillon.css')?.etag)
  })

  it('R14: are kept for ever under the address of this very content, and asked for again under any other', () => {
    const version = assets.href('portillon.js').split('?v=')[1]
    assert.match(assets.get('portillon.js', version)?.cacheControl ?? '', /immutable/)
    assert.equal(assets.get('portillon.js', 'of-another-node')?.cacheControl, 'no-cache')
    assert.equal(assets.get('portillon.js')?.cacheControl, 'no-cache')
    assert.throws(() => assets.href('missing.js'), /no asset missing\.js/)
  })

  it('are replaced one at a time by those of a region; hidden and foreign files stay out', () => {
    const region = join(root, 'region')
    mkdirSync(join(region, 'assets', '.git'), { recursive: true })
    writeFileSync(join(region, 'assets', 'portillon.svg'), '<svg/>')
    writeFileSync(join(region, 'assets', 'notes.txt'), 'no')
    writeFileSync(join(region, 'assets', '.git', 'config.js'), 'no')
    const own = createAssets({ site: site({ templates: region }) })
    assert.equal(own.get('portillon.svg')?.body.toString(), '<svg/>')
    assert.ok(own.get('portillon.js'))
    assert.equal(own.get('notes.txt'), undefined)
    assert.equal(own.get('.git/config.js'), undefined)
  })

  it('G-06: a logo that is missing or of another kind stops the start', () => {
    assert.throws(() => createAssets({ site: site({ theme: { logo: join(root, 'none.png') } }) }), /none\.png/)
    assert.throws(() => createAssets({ site: site({ theme: { logo: join(root, 'logo.html') } }) }), /logo is an SVG/)
  })
})

describe('the theme', () => {
  it('mixes its tints from the two colours of the policy', () => {
    const css = themeCss({ accent: '#000000', 'accent-dark': '#ffffff' })
    assert.match(css, /^:root\{--accent:#000000;--accent-strong:#000000;--accent-soft:#ededed\}/)
    assert.match(
      css,
      /prefers-color-scheme:dark\)\{:root\{--accent:#ffffff;--accent-strong:#ffffff;--accent-soft:#[0-9a-f]{6}\}\}/,
    )
  })
})
