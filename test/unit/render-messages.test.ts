import assert from 'node:assert/strict'
import { globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { IntlMessageFormat } from 'intl-messageformat'
import { ERRORS } from '../../src/lib/errors.ts'
import { METHOD_IDS } from '../../src/policy/schema.ts'
import { BUILT_IN_TEMPLATES, templateFolders } from '../../src/render/folders.ts'
import { createMessages, LANGUAGES } from '../../src/render/messages.ts'

const folder = mkdtempSync(join(tmpdir(), 'portillon-messages-'))
after(() => rmSync(folder, { recursive: true }))

const override = (name: string, locales: Record<string, unknown>): string => {
  const root = join(folder, name)
  mkdirSync(join(root, 'locales'), { recursive: true })
  for (const [language, texts] of Object.entries(locales)) {
    writeFileSync(join(root, 'locales', `${language}.json`), JSON.stringify(texts))
  }
  return root
}

const locale = (language: string): Record<string, string> =>
  JSON.parse(readFileSync(join(BUILT_IN_TEMPLATES, 'locales', `${language}.json`), 'utf8')) as Record<string, string>

/** Names in braces of a message, plural and choice branches included. */
const placeholders = (text: string): string[] => {
  const names = new Set<string>()
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(walk)
    else if (typeof node === 'object' && node !== null) {
      const { type, value, options } = node as { type?: number; value?: unknown; options?: object }
      if (type !== 0 && typeof value === 'string') names.add(value)
      if (options !== undefined) for (const branch of Object.values(options)) walk((branch as { value: unknown }).value)
    }
  }
  walk(new IntlMessageFormat(text, 'fr', undefined, { ignoreTag: true }).getAst())
  return [...names].sort()
}

const templateSources = (): string =>
  readdirSync(BUILT_IN_TEMPLATES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.eta'))
    .map((name) => readFileSync(join(BUILT_IN_TEMPLATES, name), 'utf8'))
    .join('\n')

describe('texts of the pages', () => {
  const messages = createMessages(templateFolders())

  it('exist in both languages with the same values to fill in', () => {
    const [french, english] = [locale('fr'), locale('en')]
    assert.deepEqual(Object.keys(french), Object.keys(english))
    for (const [key, text] of Object.entries(french)) {
      assert.deepEqual(placeholders(text), placeholders(english[key] ?? ''), key)
    }
  })

  it('R33: say for every refusal what happened and what to do, in both languages', () => {
    for (const language of LANGUAGES) {
      for (const code of Object.keys(ERRORS)) {
        for (const part of ['title', 'what', 'next']) {
          assert.ok(messages.text(language, `errors.${code}.${part}`).length > 10, `${language} ${code} ${part}`)
        }
      }
    }
  })

  it('have no refusal that lib/errors does not know', () => {
    const known = new Set<string>(Object.keys(ERRORS))
    const named = messages.keys.flatMap((key) => (key.startsWith('errors.') ? [key.split('.')[1] ?? ''] : []))
    assert.deepEqual(
      named.filter((code) => !known.has(code)),
      [],
    )
  })

  it('name every method of the policy as a way', () => {
    for (const id of METHOD_IDS) {
      for (const part of ['label', 'explanation', 'name'])
        assert.ok(messages.has(`ways.${id}.${part}`), `${id} ${part}`)
    }
  })

  it('are all used: none is left over from an older page', () => {
    const sources = templateSources()
    const src = new URL('../../src/', import.meta.url)
    const code = globSync('{portal,mail,methods}/**/*.ts', { cwd: src }).map((file) =>
      readFileSync(new URL(file, src), 'utf8'),
    )
    const everywhere = [sources, ...code].join('\n')
    const computed =
      /^(?:errors|ways|keptFormGone|session|cardRefused|providerRefused)\.|^code\.(?:expired|dead|replaced|used)$|^signIn\.ended\.|^signedOut\.provider\.|^mail\.[\w-]+\.subject$|^newPassword\.(?:rules\.|(?:unmet|names|common|guessable|tooLong|same|former)$)|^resetGone\.|^choice\.(?:email-code|totp|passkey|recovery-code|cps|pro-sante-connect|oidc)$|^arrivals\.[\w-]+\.(?:label|note)$|^practice\.(?:profession|speciality)(?:\.|$)|^link\.(?:taken|other-number)$|^account\.link\.|^notRecognised\.(?:cps|pro-sante-connect|oidc|contextual-call)$|^call\.(?:other-person|other-patient|confirm)\.|^recovery-code\.unnamed$|^newPasskey\.(?:expired|full|known|refused)$|^account\.(?:event\..+|preferred|removed|ended|ended-others|address-added|passkey-added|devices?-forgotten|practice-forgotten|linked|link-expired)$|^mail\.notice\.|^notMe\.kind\.|^notMeGone\.|^ending\.setUp\.|^address\.(?:malformed|domain-refused|not-nominative|known|full|too-often|expired|dead|wrong)$|^application\.(?:malformed|wrong|expired|full)$/
    assert.deepEqual(
      messages.keys.filter((key) => !computed.test(key) && !everywhere.includes(`'${key}'`)),
      [],
    )
  })

  it('count as each language counts', () => {
    assert.match(messages.text('fr', 'code.wrong', { left: 1 }), /reste 1 essai\./)
    assert.match(messages.text('fr', 'code.wrong', { left: 0 }), /reste 0 essai\./)
    assert.match(messages.text('en', 'code.wrong', { left: 0 }), /0 tries left/)
    assert.match(messages.text('fr', 'signIn.throttled', { minutes: 0 }), /moins d'une minute/)
    assert.match(messages.text('fr', 'signIn.throttled', { minutes: 12 }), /12 minutes/)
  })

  it('keep French punctuation on the line of its word', () => {
    for (const [key, text] of Object.entries(locale('fr'))) {
      assert.doesNotMatch(text, / [:;?!»]|« /, key)
    }
  })

  it('use no word of machines', () => {
    const machine = /invalid|session state|token|OAuth|null|undefined|exception|stack|HTTP|\bcsrf\b/i
    for (const language of LANGUAGES) {
      for (const [key, text] of Object.entries(locale(language)))
        assert.doesNotMatch(text, machine, `${language} ${key}`)
    }
  })

  it('are refused when they are asked for by a name that does not exist, or left without a value', () => {
    assert.throws(() => messages.text('fr', 'signIn.wrongg'), /no text for signIn\.wrongg/)
    assert.throws(() => messages.text('fr', 'signIn.heading'), /name/)
  })

  it('take a value as it is, markup and braces included', () => {
    assert.equal(messages.text('en', 'layout.connection', { name: '<b>{x}</b>' }), 'Sign in to <b>{x}</b>')
  })
})

describe("a region's own texts", () => {
  it('replace single texts and leave the others', () => {
    const root = override('region', { fr: { 'signIn.loginHint': 'Première lettre du prénom, puis le nom' } })
    const messages = createMessages(templateFolders(root))
    assert.equal(messages.text('fr', 'signIn.loginHint'), 'Première lettre du prénom, puis le nom')
    assert.match(messages.text('en', 'signIn.loginHint'), /Initial/)
    assert.equal(messages.text('fr', 'signIn.login'), 'Identifiant')
  })

  it('G-06: stop the start when a language lacks one, when one is not well formed, when one is no text', () => {
    const start = (locales: Record<string, unknown>) => () =>
      createMessages(templateFolders(override(`bad-${Math.random()}`, locales)))
    assert.throws(start({ fr: { 'region.welcome': 'Bienvenue' } }), /en: region\.welcome/)
    assert.throws(start({ fr: { 'signIn.login': 'Bonjour {' } }), /fr\.json: signIn\.login/)
    assert.throws(start({ fr: { 'signIn.login': 3 } }), /signIn\.login is not a string/)
    assert.throws(start({ fr: [] }), /one object/)
  })
})
