import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { ERRORS, type ErrorCode } from '../../src/lib/errors.ts'
import type { PageModels } from '../../src/portal/pages.ts'
import { createViews } from '../../src/portal/views.ts'
import { METHOD_IDS, siteSchema } from '../../src/policy/schema.ts'
import { LANGUAGES } from '../../src/render/messages.ts'
import { pageStates, site, sites } from '../browser/page-states.ts'
import { siteFile } from '../kit/sign-in.ts'

const views = createViews({ sites })
const french = { site, language: 'fr' } as const

const render = (state: (typeof pageStates)[number], language: 'fr' | 'en') =>
  views.render({ site: state.site, language }, state.page, state.model)

const stateOf = (id: string) => pageStates.find((state) => state.id === id) ?? assert.fail(id)

/** The same model with every text in it replaced. */
const poisoned = (value: unknown, poison: string): unknown => {
  if (Array.isArray(value)) return value.map((item) => poisoned(item, poison))
  if (typeof value === 'object' && value !== null) {
    const kept = [
      'key',
      'field',
      'kind',
      'code',
      'mail',
      'time',
      'since',
      'usedAt',
      'sentAt',
      'endsOn',
      'from',
      'until',
      'at',
      'reason',
      'method',
      'event',
    ]
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        name,
        kept.includes(name) && !(name === 'code' && 'subject' in value) ? item : poisoned(item, poison),
      ]),
    )
  }
  return typeof value === 'string' ? poison : value
}

describe('the sign-in page', () => {
  it('has a button for a way that ends with any method', () => {
    const { model, ...state } = stateOf('sign-in')
    for (const kind of METHOD_IDS) {
      const ways = [{ id: 'a-way', kind, endsOn: null }]
      const html = render({ ...state, model: { ...model, ways } }, 'fr')
      assert.match(html, /<button [^>]*name="way" value="a-way"/, kind)
    }
  })
})

describe('every page in every state', () => {
  for (const state of pageStates) {
    it(`${state.id} says its language, its step and one heading`, () => {
      for (const language of LANGUAGES) {
        const html = render(state, language)
        assert.ok(html.startsWith(`<!doctype html>\n<html lang="${language}">`))
        assert.equal(html.match(/<h1>/g)?.length, 1)
        assert.match(html, /<title>[^<]{5,}<\/title>/)
        assert.doesNotMatch(html, /undefined|\[object|NaN/)
      }
    })

    it(`W-07: ${state.id} has no script, style or handler within it, but the refusal's one stylesheet`, () => {
      const html = render(state, 'fr')
      assert.doesNotMatch(html, /<script(?![^>]* src=)|\sstyle=|\son[a-z]+=/)
      assert.equal(html.includes('<style>'), state.page === 'refusal')
    })

    it(`W-10: ${state.id} keeps markup inert in whatever it is given`, () => {
      const poison = `x"'><img src=x onerror=alert(1)>\${7*7}<%= 7 %>`
      const model = poisoned(state.model, poison) as never
      const html = views.render({ site: state.site, language: 'fr' }, state.page, model)
      assert.doesNotMatch(html, /<img src=x|="x"/)
      // A page that is given nothing to say shows nothing of it.
      const isGiven = JSON.stringify(model).includes('onerror')
      assert.equal(html.includes('x&quot;&#39;&gt;&lt;img src=x onerror=alert(1)&gt;${7*7}&lt;%= 7 %&gt;'), isGiven)
    })
  }
})

describe('pages', () => {
  it('name the step and the service in the title, and say there that something went wrong', () => {
    assert.match(render(stateOf('code'), 'fr'), /<title>Code reçu par e-mail – Connexion au DCC<\/title>/)
    assert.match(render(stateOf('sign-in'), 'fr'), /<title>Connexion au DCC – Réseau régional de cancérologie<\/title>/)
    assert.match(render(stateOf('code-error'), 'fr'), /<title>Erreur\u00a0: Code reçu par e-mail/)
  })

  it('carry the fields by their agreed names', () => {
    const signIn = render(stateOf('sign-in-two-ways'), 'fr')
    for (const name of ['login', 'password', 'csrf', 'to'])
      assert.match(signIn, new RegExp(`<input [^>]*name="${name}"`))
    assert.match(signIn, /<button [^>]*name="way" value="mailed-code"/)
    assert.match(signIn, /<button [^>]*name="way" value="password-only"/)
    const code = render(stateOf('code'), 'fr')
    for (const name of ['code', 'attempt', 'csrf', 'to']) assert.match(code, new RegExp(`<input [^>]*name="${name}"`))
    assert.match(code, /inputmode="numeric"[^>]*autocomplete="one-time-code"/)
    assert.match(signIn, /autocomplete="username"[\s\S]*autocomplete="current-password"/)
  })

  it('R33: name the support, and the reference of a refusal with its time in Paris', () => {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      const html = views.render(french, 'refusal', {
        code,
        status: ERRORS[code].status,
        reference: '7KQ2-M4XD-91',
        time: '2026-11-23T13:32:05.000Z',
        retryHref: null,
      })
      for (const text of ['7KQ2-M4XD-91', '23 novembre 2026 à 14:32', 'Votre référent RCP', 'tel:0199001234']) {
        assert.ok(html.includes(text), `${code}: ${text}`)
      }
    }
  })

  it('P-15: tell nothing of any site when the host is unknown', () => {
    const html = render(stateOf('refusal-421'), 'fr')
    for (const text of ['cancérologie', 'RCP', 'DCC', '/assets/', 'example.test']) assert.ok(!html.includes(text), text)
  })

  it('offer only a new code when the old one cannot help any more', () => {
    for (const id of ['code-expired', 'code-dead']) {
      const html = render(stateOf(id), 'fr')
      assert.doesNotMatch(html, /<input [^>]*name="code"/)
      assert.match(html, /button-primary[^>]*>\s*<span>Recevoir un nouveau code/)
    }
  })

  it('show the band of a training base', () => {
    assert.match(
      render(stateOf('sign-in-training'), 'fr'),
      /class="training">Base de formation\u00a0: données fictives/,
    )
    assert.doesNotMatch(render(stateOf('sign-in'), 'fr'), /class="training"/)
  })

  it('use the name in the title where a site has no short one', () => {
    const plain = siteSchema.parse(siteFile())
    const html = createViews({ sites: [plain] }).render({ site: plain, language: 'fr' }, 'signed-out', {
      signInHref: '/',
      provider: null,
    })
    assert.match(html, /<title>Vous êtes déconnecté – Connexion au Dossier Communicant de Cancérologie<\/title>/)
  })

  it('are refused for a site they were not made for', () => {
    const stranger = siteSchema.parse(siteFile({ site: 'stranger' }))
    assert.throws(
      () => views.render({ site: stranger, language: 'fr' }, 'signed-out', { signInHref: '/', provider: null }),
      /no views were made for the site stranger/,
    )
  })
})

describe('W-07: the Content-Security-Policy', () => {
  it('allows our own files and forms, no frame, and by digest the one style element of the refusal page', () => {
    const policy = views.contentSecurityPolicy(site)
    for (const part of [
      ...["default-src 'none'", "script-src 'self'", "connect-src 'self'", "form-action 'self'"],
      ...["frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'"],
    ]) {
      assert.ok(policy.split('; ').includes(part), part)
    }
    assert.doesNotMatch(policy, /unsafe/)
    const model: PageModels['refusal'] = {
      code: 'fault',
      status: 500,
      reference: 'r',
      time: '2026-11-23T13:32:05Z',
      retryHref: null,
    }
    const style = /<style>([\s\S]*?)<\/style>/.exec(views.render(french, 'refusal', model))?.[1] ?? ''
    assert.ok(policy.includes(`'sha256-${createHash('sha256').update(style).digest('base64')}'`))
  })
})
