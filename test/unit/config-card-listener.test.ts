import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { issueServerCertificate } from '../../deploy/demo/igc-sante/server-certificate.ts'
import type { Problem } from '../../src/lib/settings/problem.ts'
import { makeCertificate } from '../kit/certificate.ts'
import { createTestIgcSante } from '../kit/igc-sante.ts'
import { createInstanceFolder, instanceText } from '../policy/instance.ts'
import { siteText } from '../policy/site-text.ts'

const instance = createInstanceFolder()
after(() => instance[Symbol.dispose]())

const NOW = Date.now()
const igc = createTestIgcSante({ now: NOW })
const own = issueServerCertificate(igc.organisations, 'carte.dcc.example.test', new Date(NOW))
instance.write('chain.pem', igc.pem)
instance.write('card.pem', own.cert)
instance.write('card-key.pem', own.key)
instance.write('front-ca.pem', makeCertificate('front.example.test').cert)
instance.write('secret', 'a-secret-of-forty-printable-characters-01')
instance.write('short', 'hunter2')
instance.write('none.pem', 'x')

const CARDS = `cards:
  authorities: [chain.pem]
  issuers: [TEST AC IGC-SANTE FORT PERSONNES]
  lists: { strong: { of: TEST AC IGC-SANTE FORT PERSONNES, url: "http://lists.example.test/a.crl" } }
  folder: lists`
const TLS = 'tls: { certificate: card.pem, key: card-key.pem }'

const withCards = (listener: string | null, cps = 'cps: { address: "https://carte.dcc.example.test:8444" }') => {
  instance.write('site.yaml', siteText({ ways: 'ways: [{ id: card, methods: [cps], level: 3 }]', more: cps }))
  const listen = listener === null ? '' : `, cards: { ${listener} }`
  return instanceText({ listen: `listen: { trusted-proxies: [127.0.0.1]${listen} }`, more: CARDS })
}
const problemsOf = (text: string): readonly Problem[] => {
  const loaded = instance.load(text, { now: NOW })
  return loaded.ok ? loaded.value.warnings : loaded.reason
}

describe('the listener of cards, in the instance file', () => {
  it('is taken as it is when nothing is wrong, its files read', () => {
    const loaded = instance.load(withCards(TLS), { now: NOW })
    assert.ok(loaded.ok, JSON.stringify(loaded))
    assert.deepEqual(loaded.value.warnings, [])
    assert.equal(loaded.value.cardListener?.tls?.cert.toString(), own.cert)
    assert.equal(loaded.value.cardListener.front, null)
  })

  it('stands behind a front that shows who it is: by TLS on both sides, or by a secret on a socket', () => {
    const byTls = instance.load(withCards(`${TLS}, front: { form: haproxy, ca: front-ca.pem }`), { now: NOW })
    assert.ok(byTls.ok, JSON.stringify(byTls))
    assert.match(byTls.value.cardListener?.front?.ca ?? '', /BEGIN CERTIFICATE/)
    const bySocket = instance.load(withCards('socket: run/cards.sock, front: { form: nginx, secret-file: secret }'), {
      now: NOW,
    })
    assert.ok(bySocket.ok, JSON.stringify(bySocket))
    assert.equal(bySocket.value.cardListener?.front?.secret, 'a-secret-of-forty-printable-characters-01')
    assert.equal(bySocket.value.config.listen.cards?.socket, instance.pathOf('run/cards.sock'))
  })

  it('K-14, G-06: is refused where it is unsafe, unclear or missing, each fault with its place and a remedy', () => {
    const at = 'listen.cards'
    const faults: readonly (readonly [listener: string | null, path: string, remedy: RegExp])[] = [
      [null, 'listen', /add `cards: \{ port: 8444 \}`/],
      ['port: 8444', at, /add `tls/],
      [`${TLS}, front: { form: nginx }`, `${at}.front`, /add `ca: …`/],
      [`${TLS}, front: { form: nginx, secret-file: secret }`, `${at}.front`, /`ca: …`/],
      ['socket: s', `${at}.socket`, /remove `socket`, or add `front`/],
      ['socket: s, front: { form: nginx }', `${at}.front`, /add `secret-file/],
      ['socket: s, front: { form: nginx, secret-file: short }', `${at}.front.secret-file`, /openssl rand/],
      ['socket: s, front: { form: nginx, secret-file: absent }', `${at}.front.secret-file`, /absent/],
      [`${TLS}, front: { form: nginx, ca: none.pem }`, `${at}.front.ca`, /holds no certificate/],
      [`port: 8443, address: 127.0.0.1, ${TLS}`, `${at}.port`, /listen\.port/],
      [`port: 9443, address: 0.0.0.0, ${TLS}`, `${at}.port`, /admin\.port/],
      ['tls: { certificate: none.pem, key: card-key.pem }', `${at}.tls.certificate`, /holds no certificate/],
    ]
    for (const [listener, path, remedy] of faults) {
      const found = problemsOf(withCards(listener)).filter((problem) => problem.path === path)
      assert.ok(
        found.some((problem) => remedy.test(problem.remedy)),
        `${listener}: ${JSON.stringify(problemsOf(withCards(listener)))}`,
      )
    }
  })

  it('has a certificate for the name that the sites give, and warns of any other', () => {
    const [problem] = problemsOf(withCards(TLS, 'cps: { address: "https://*.cartes.example.test" }'))
    assert.equal(problem?.path, 'listen.cards.tls.certificate')
    assert.match(problem.expected, /any\.cartes\.example\.test/)
  })

  it('has an address of its own in each site with cards', () => {
    const without = problemsOf(withCards(TLS, ''))
    assert.ok(without.some(({ path, remedy }) => path === 'ways[0].methods' && remedy.includes('cps: { address')))
    const same = problemsOf(withCards(TLS, 'cps: { address: "https://dcc.example.test" }'))
    assert.ok(
      same.some(({ path }) => path === 'cps.address'),
      JSON.stringify(same),
    )
  })
})
