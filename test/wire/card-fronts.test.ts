import assert from 'node:assert/strict'
import { request } from 'node:http'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import {
  CARD_HOST,
  askCardListener,
  inBrowser,
  leaveForListener,
  reachCardPage,
  showCard,
  startCardGate,
  type CardGate,
  type CardInBrowser,
} from '../kit/card-gate.ts'
import {
  FRONT_SECRET,
  FRONT_TLS,
  SECRET_LINK,
  startHaproxyCards,
  startNginxCards,
  tlsLink,
  type CardFrontServer,
} from '../kit/card-fronts.ts'
import { makeCertificate } from '../kit/certificate.ts'
import { PERSON } from '../kit/gate.ts'
import { CAMILLE, createTestIgcSante } from '../kit/igc-sante.ts'
import { askByOpenssl } from '../kit/openssl-client.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { createVisitor, type Visitor } from '../kit/visitor.ts'

const igc = createTestIgcSante({ now: Date.now() })
const camille = igc.card('CPS', CAMILLE)
const expired = igc.card('CPS', CAMILLE, { notAfter: new Date(Date.now() - 60_000) })
const others = createTestIgcSante({ now: Date.now() })
const foreign = others.card('CPS', CAMILLE)
const withAuthorities = inBrowser(foreign, others.strong.certificate, others.root.certificate)
const people = [{ ...PERSON, nationalId: CAMILLE.nationalId }]
const base64 = Buffer.from(camille.certificate).toString('base64')

/** Everything that a visitor could claim a certificate by. */
const CLAIMS: Readonly<Record<string, string>> = {
  'Client-Cert': `:${base64}:`,
  client_cert: `:${base64}:`,
  'X-SSL-Client-Cert': encodeURIComponent(`-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`),
  'X-SSL-Client-DER': base64,
  x_ssl_client_der: base64,
  'X-SSL-Client-Verify': 'SUCCESS',
  'X-Ssl_Client-Verify': '0',
  'X-Portillon-Front': FRONT_SECRET,
}

interface Setting {
  readonly gate: CardGate
  readonly front: CardFrontServer
  /** Whether it also hands over what it has not accepted, and says so. */
  readonly tellsVerdict: boolean
}

const behind = (name: string, start: (upstream: HttpUpstream, folder: string) => Promise<Setting>): void => {
  describe(`cards that ${name} hands over, by the shipped sample`, () => {
    const folder = createTempFolder('card-fronts')
    let upstream: HttpUpstream
    let setting: Setting
    let visitor: Visitor
    before(async () => {
      upstream = await startHttpUpstream()
      setting = await start(upstream, folder.path)
    })
    after(async () => {
      await setting.front.stop()
      await setting.gate.stop()
      await upstream.stop()
      folder[Symbol.dispose]()
    })
    beforeEach(() => {
      visitor = createVisitor(setting.gate)
    })
    const arrive = async (
      shown: typeof camille | CardInBrowser | null,
      headers: Readonly<Record<string, string>> = {},
    ) => {
      const card = shown !== null && 'keys' in shown ? inBrowser(shown) : shown
      const options = { port: setting.front.port, card, headers }
      return visitor.page(await showCard(visitor, await reachCardPage(visitor), options))
    }

    it('let their owner in', async () => {
      const done = await arrive(camille)
      assert.equal(done.location, '/dcc/', done.body)
    })

    it('K-03: are judged by the gate, which says why one lets nobody in that the front refuses already', async () => {
      for (const [card, reason] of [
        [null, 'none'],
        [expired, 'expired'],
        [foreign, 'untrusted'],
        [withAuthorities, 'untrusted'],
      ] as const) {
        const why = setting.tellsVerdict ? reason : 'none'
        const refused = await arrive(card)
        assert.match(refused.location ?? '', new RegExp(`why=${why}&`))
        const { detail, address } =
          setting.gate.log.findLast(({ fields }) => fields['event'] === 'sign-in.card-refused')?.fields ?? {}
        assert.match(String(detail), why === 'none' ? /^none$/ : /serial [0-9A-F]+, issuer /)
        assert.equal(address, '127.0.0.1', 'where the visitor is, not the front')
      }
      await setting.gate.revoke({ serial: camille.serial })
      try {
        assert.match((await arrive(camille)).location ?? '', /why=revoked&/)
      } finally {
        await setting.gate.revoke()
      }
    })

    it('K-02: are those of the handshake alone, whatever the visitor claims, in every spelling', async () => {
      for (const [name, value] of Object.entries(CLAIMS)) {
        const refused = await arrive(null, { [name]: value })
        assert.match(refused.location ?? '', /why=none&/, name)
      }
      const refused = await arrive(null, CLAIMS)
      assert.match(refused.location ?? '', /why=none&/)
      const own = await arrive(camille, { 'X-SSL-Client-DER': 'x', 'X-SSL-Client-Verify': 'NONE', 'Client-Cert': 'x' })
      assert.equal(own.location, '/dcc/', 'what the front has seen itself is written over it')
    })

    for (const version of ['tls1_2', 'tls1_3'] as const) {
      it(`K-11: are never those of a session of before: ${version}`, async () => {
        const keeps = join(folder.path, `${name}-${version}.session`)
        const ask = async (card: typeof camille | null, sessions: { keeps?: string; resumes?: string }) => {
          const { pathname, search } = await leaveForListener(visitor, await reachCardPage(visitor))
          const options = { port: setting.front.port, version, folder: folder.path, ...sessions }
          const answer = await askByOpenssl(`${pathname}${search}`, {
            ...options,
            card: card === null ? null : inBrowser(card),
          })
          assert.equal(answer.status, 303)
          const back = new URL(answer.location ?? '')
          return { answer, done: await visitor.page(`${back.pathname}${back.search}`) }
        }
        const first = await ask(camille, { keeps })
        assert.equal(first.done.location, '/dcc/')
        visitor = createVisitor(setting.gate)
        const second = await ask(null, { resumes: keeps })
        assert.equal(second.answer.isResumed, false)
        assert.match(second.done.location ?? '', /why=none&/)
      })
    }
  })
}

behind('nginx', async (upstream, folder) => {
  const socket = join(folder, 'cards.sock')
  const gate = await startCardGate({ igc, people, upstream: upstream.url, listener: SECRET_LINK, socket })
  return { gate, front: await startNginxCards(socket, igc), tellsVerdict: true }
})

for (const form of ['haproxy', 'rfc9440'] as const)
  behind(form === 'haproxy' ? 'HAProxy' : 'HAProxy by RFC 9440', async (upstream) => {
    const gate = await startCardGate({ igc, people, upstream: upstream.url, listener: tlsLink(form) })
    const front = await startHaproxyCards(gate.cardPort, igc, form)
    return { gate, front, tellsVerdict: form !== 'rfc9440' }
  })

describe('K-14: the link between front and gate', () => {
  const folder = createTempFolder('card-link')
  const socket = join(folder.path, 'cards.sock')
  let upstream: HttpUpstream
  before(async () => {
    upstream = await startHttpUpstream()
  })
  after(async () => {
    await upstream.stop()
    folder[Symbol.dispose]()
  })

  const bySocket = (path: string, headers: Record<string, string>) =>
    new Promise<{ status: number | undefined; location: string | undefined }>((resolve, reject) => {
      const asked = request(
        { socketPath: socket, path, headers: { host: CARD_HOST, ...headers }, agent: false },
        (answer) => {
          answer.resume()
          resolve({ status: answer.statusCode, location: answer.headers.location })
        },
      )
      asked.on('error', reject).end()
    })

  it('by a socket counts with the secret alone, and others are told of', async () => {
    const gate = await startCardGate({ igc, people, upstream: upstream.url, listener: SECRET_LINK, socket })
    try {
      const visitor = createVisitor(gate)
      const { pathname, search } = await leaveForListener(visitor, await reachCardPage(visitor))
      const claims = { 'X-SSL-Client-Cert': CLAIMS['X-SSL-Client-Cert'] ?? '', 'X-SSL-Client-Verify': 'SUCCESS' }
      for (const secret of ['', 'x', FRONT_SECRET.slice(1), `${FRONT_SECRET},${FRONT_SECRET}`]) {
        const answer = await bySocket(`${pathname}${search}`, { ...claims, 'X-Portillon-Front': secret })
        assert.equal(answer.status, 404, secret)
      }
      const refused = gate.log.filter(({ fields }) => fields['event'] === 'request.refused')
      assert.equal(refused.length, 4)
      assert.match(String(refused[0]?.fields['detail']), /card-front-stranger/)
      const right = await bySocket(`${pathname}${search}`, { ...claims, 'X-Portillon-Front': FRONT_SECRET })
      assert.equal(right.status, 303, 'nothing of it has used the address up')
    } finally {
      await gate.stop()
    }
  })

  it('by TLS is closed to whoever has no certificate of the front', async () => {
    const gate = await startCardGate({ igc, people, upstream: upstream.url, listener: tlsLink('haproxy') })
    try {
      const visitor = createVisitor(gate)
      const { pathname, search } = await leaveForListener(visitor, await reachCardPage(visitor))
      const headers = { 'X-SSL-Client-DER': base64, 'X-SSL-Client-Verify': '0' }
      const strangers = [null, makeCertificate('front.example.test'), inBrowser(camille)]
      for (const card of strangers)
        await assert.rejects(askCardListener(`${pathname}${search}`, { port: gate.cardPort, card, headers }))
      const asFront = { port: gate.cardPort, card: FRONT_TLS, headers }
      assert.equal((await askCardListener(`${pathname}${search}`, asFront)).status, 303)
    } finally {
      await gate.stop()
    }
  })

  it('means nothing to the listener of visitors, which ignores every such field and tells of it (K-01)', async () => {
    const gate = await startCardGate({ igc, people, upstream: upstream.url })
    try {
      const visitor = createVisitor(gate)
      for (const [name, value] of Object.entries(CLAIMS)) {
        const answer = await visitor.ask('/dcc/', { headers: { accept: 'text/html', [name]: value } })
        assert.ok([302, 401].includes(answer.status), name)
      }
      const told = gate.log.filter(({ fields }) => fields['event'] === 'identity.forged')
      assert.ok(told.length > 0)
    } finally {
      await gate.stop()
    }
  })
})
