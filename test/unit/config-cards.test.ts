import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, describe, it } from 'node:test'
import type { Problem } from '../../src/lib/settings/problem.ts'
import { createTestIgcSante } from '../kit/igc-sante.ts'
import { createInstanceFolder, instanceText } from '../policy/instance.ts'
import { NOW, siteText } from '../policy/site-text.ts'

const CARD_WAY = 'ways: [{ id: card, methods: [cps], level: 3 }]'
const CARD_SITE = 'cps: { address: "https://carte.example.test" }'
const pki = createTestIgcSante({ now: NOW })
const instance = createInstanceFolder()
after(() => instance[Symbol.dispose]())
instance.write('site.yaml', siteText({ ways: CARD_WAY, more: CARD_SITE }))
instance.write('chain.pem', pki.pem)
instance.write('secret', 'x'.repeat(40))

const STRONG = pki.strong.commonName
/** A front shows the cards, so that no certificate of our own is needed here. */
const listen =
  'listen: { trusted-proxies: [127.0.0.1], cards: { socket: cards.sock, front: { form: nginx, secret-file: secret } } }'
const URL = 'http://crl.example.test/ACI-FO-PP.crl'
const BASE = {
  authorities: 'authorities: [chain.pem]',
  issuers: `issuers: [${STRONG}]`,
  lists: `lists: { strong: { of: ${STRONG}, url: "${URL}" } }`,
  folder: 'folder: lists',
}
const text = (changes: Partial<typeof BASE> & { more?: string } = {}): string => {
  const { more = '', ...sections } = changes
  return instanceText({ listen, more: ['cards:', ...Object.values({ ...BASE, ...sections }), more].join('\n  ') })
}
/** Problems with cards; others are of no interest here. */
const problemsOf = (...load: Parameters<typeof instance.load>): readonly Problem[] => {
  const loaded = instance.load(...load)
  return (loaded.ok ? loaded.value.warnings : loaded.reason).filter(({ path }) => path.startsWith('cards'))
}

describe('cards, in the instance file', () => {
  it('are taken as they are when nothing is wrong, certificates read, paths absolute', () => {
    assert.deepEqual(problemsOf(text()), [])
    const loaded = instance.load(text())
    assert.ok(loaded.ok, JSON.stringify(loaded))
    const { cards } = loaded.value.config
    assert.deepEqual(
      cards?.authorities.map((der) => Buffer.from(der)),
      [pki.root, pki.strong, pki.standard, pki.organisations].map(({ certificate }) => Buffer.from(certificate)),
    )
    assert.equal(cards.folder, instance.pathOf('lists'))
    assert.deepEqual([cards.stale, cards.refresh, cards.ocsp.use], ['refuse', 3_600_000, 'never'])
    const { kinds, stale } = loaded.value.sites[0]?.site.cps ?? {}
    assert.deepEqual([kinds, stale], [['CPS', 'CPF'], undefined])
  })

  it('may have their authorities as the ANS publishes them, .p7b, in DER or PEM', () => {
    for (const form of ['DER', 'PEM']) {
      const args = ['crl2pkcs7', '-nocrl', '-certfile', instance.pathOf('chain.pem'), '-outform', form]
      execFileSync('openssl', [...args, '-out', instance.pathOf('chain.p7b')])
      const loaded = instance.load(text({ authorities: 'authorities: [chain.p7b]' }))
      assert.ok(loaded.ok, JSON.stringify(loaded))
      assert.equal(loaded.value.config.cards?.authorities.length, 4, form)
    }
  })

  it('G-06: are refused where something is missing, wrong or unclear, each fault with its place and a remedy', () => {
    instance.write('no.pem', 'nothing')
    const faults: readonly (readonly [string, string, RegExp])[] = [
      [instanceText({ listen }), 'cards', /add `cards: \{/],
      [text({ authorities: 'authorities: [no.pem]' }), 'cards.authorities[0]', /holds none that can be read/],
      [text({ authorities: 'authorities: [gone.pem]' }), 'cards.authorities[0]', /gone\.pem/],
      [
        text({ issuers: 'issuers: [AC IGC-SANTE FORT PERSONNES]' }),
        'cards.issuers',
        /TEST AC IGC-SANTE FORT PERSONNES/,
      ],
      [
        text({ lists: `lists: { strong: { of: AC AUTRE, url: "${URL}" } }` }),
        'cards.lists.strong.of',
        /write one of: TEST AC/,
      ],
      [
        text({ lists: `lists: { strong: { of: ${STRONG} } }` }),
        'cards.lists.strong',
        /where the list comes from, once/,
      ],
      [text({ lists: `lists: { strong: { of: ${STRONG}, url: "ldap://x/" } }` }), 'cards.lists.strong.url', /./],
      [text({ more: 'refresh: 5s' }), 'cards.refresh', /write 1h/],
      [text({ more: 'stale: { accept: 1h }' }), 'cards.stale', /./],
      [text({ folder: 'folder: chain.pem' }), 'cards.folder', /name a folder/],
    ]
    for (const [given, path, remedy] of faults) {
      const found = problemsOf(given).filter(({ severity }) => severity === 'error')
      assert.ok(
        found.some((each) => each.path === path && remedy.test(each.remedy)),
        `${path}: ${JSON.stringify(found)}`,
      )
    }
  })

  it('are warned of where every card of an authority would be refused, or a revoked one accepted for long', () => {
    const warned = (given: string): string[] => problemsOf(given).map(({ severity, path }) => `${severity} ${path}`)
    assert.deepEqual(warned(text({ lists: 'lists: {}' })), ['warning cards.lists'])
    assert.deepEqual(warned(text({ lists: 'lists: {}', more: 'ocsp: { use: always }' })), [])
    assert.deepEqual(warned(text({ more: 'stale: 8d' })), ['warning cards.stale'])
    const late = { now: NOW + 20 * 365 * 86_400_000 }
    assert.ok(problemsOf(text(), late).some(({ path }) => path === 'cards.authorities[0]'))
  })

  it('are warned of where no site takes any', () => {
    instance.write('site.yaml', siteText())
    assert.ok(problemsOf(text()).some(({ path, severity }) => path === 'cards' && severity === 'warning'))
    instance.write('site.yaml', siteText({ ways: CARD_WAY, more: CARD_SITE }))
  })
})
