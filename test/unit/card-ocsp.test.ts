import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toPem } from '../../deploy/demo/igc-sante/certificate.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { buffer } from 'node:stream/consumers'
import { OCSPResponseStatus } from '@peculiar/asn1-ocsp'
import type { CardSettings } from '../../src/config/instance.ts'
import { createTestJudge, heldList, type TestJudge } from '../kit/cards.ts'
import { CAMILLE, createTestIgcSante, type TestCard } from '../kit/igc-sante.ts'
import { answerQuestion, createResponder, type AnswerOptions } from '../kit/ocsp-responder.ts'

const NOW = Date.parse('2026-01-15T09:00:00Z')
const MINUTE = 60_000
const pki = createTestIgcSante({ now: NOW })
const delegate = createResponder(pki.strong, NOW)
const GOOD = 'CPS 899900000003'

describe('K-06: the responder that a card names', () => {
  let server: Server
  let card: TestCard
  let asked = 0
  /** What it does with a question. */
  let answer: (question: Uint8Array, response: ServerResponse) => void

  const says = (given: Partial<AnswerOptions> = {}): void => {
    answer = (question, response) =>
      response.end(answerQuestion(question, { responder: delegate, now: NOW, status: 'good', ...given }))
  }
  const judgeWith = (use: CardSettings['ocsp']['use'], given: Partial<CardSettings['ocsp']> = {}): TestJudge =>
    createTestJudge(pki, NOW, { ocsp: { use, timeout: 10_000, nonce: 'if-given', 'keep-for': 5 * MINUTE, ...given } })
  /** A judge without a list, so that the responder alone decides. */
  const alone = (given: Partial<CardSettings['ocsp']> = {}): TestJudge => {
    const own = judgeWith('first', given)
    own.lists.take([])
    return own
  }

  before(async () => {
    server = createServer((request, response) => {
      asked += 1
      void buffer(request).then((question) => answer(question, response))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    card = pki.card('CPS', CAMILLE, { ocsp: url })
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  beforeEach(() => {
    asked = 0
    says()
  })

  it('is believed when its authority has charged it, or is itself the authority', async () => {
    assert.equal(await alone().verdict(card.certificate), GOOD)
    says({ responder: { keys: pki.strong.keys, certificate: null } })
    assert.equal(await alone().verdict(card.certificate), GOOD)
    says({ status: 'revoked' })
    assert.equal(await alone().verdict(card.certificate), 'revoked: OCSP')
  })

  it('may be the one of openssl, which understands our question and is understood', async () => {
    using folder = createTempFolder('ocsp')
    const file = (name: string, content: string | Uint8Array): string => {
      writeFileSync(join(folder.path, name), content)
      return join(folder.path, name)
    }
    const serial = Buffer.from(card.serial).toString('hex').toUpperCase()
    const index = (line: string): string => file('index.txt', `${line}\t${serial}\tunknown\t/CN=x\n`)
    const args = [
      ...['-CA', file('ca.pem', toPem(pki.strong.certificate)), '-rsigner', file('r.pem', toPem(delegate.certificate))],
      ...['-rkey', file('r.key', delegate.keys.privateKey.export({ type: 'pkcs8', format: 'pem' }))],
      ...['-reqin', join(folder.path, 'q.der'), '-respout', join(folder.path, 'a.der'), '-ndays', '1'],
    ]
    answer = (question, response) => {
      file('q.der', question)
      execFileSync('openssl', ['ocsp', '-index', join(folder.path, 'index.txt'), ...args], { stdio: 'pipe' })
      response.end(readFileSync(join(folder.path, 'a.der')))
    }
    const verdictNow = (): Promise<string> => {
      const own = createTestJudge(pki, systemClock.now(), {
        ocsp: { use: 'always', timeout: 5_000, nonce: 'required', 'keep-for': MINUTE },
      })
      own.lists.take([])
      return own.verdict(card.certificate)
    }
    index('V\t390101000000Z\t')
    assert.equal(await verdictNow(), GOOD)
    index('R\t390101000000Z\t260101000000Z,keyCompromise')
    assert.equal(await verdictNow(), 'revoked: OCSP')
  })

  describe('is not believed', () => {
    const cases: readonly (readonly [string, () => Partial<AnswerOptions>, RegExp])[] = [
      [
        'without a word of the authority',
        () => ({ responder: createResponder(pki.strong, NOW, { purposes: [] }) }),
        /not signed by/,
      ],
      ['with that of another authority', () => ({ responder: createResponder(pki.standard, NOW) }), /not signed by/],
      [
        'when a card answers',
        () => ({ responder: { keys: card.keys, certificate: card.certificate } }),
        /not signed by/,
      ],
      [
        'with a certificate that has ended',
        () => ({ responder: createResponder(pki.strong, NOW, { notAfter: new Date(NOW - 1_000) }) }),
        /not signed by/,
      ],
      [
        'with the certificate of somebody else',
        () => ({ responder: { ...delegate, keys: card.keys } }),
        /not signed by/,
      ],
      ['by a signature with SHA-1', () => ({ hash: 'sha1' }), /not signed by/],
      ['about another card', () => ({ serial: Buffer.alloc(16, 5) }), /another certificate/],
      ['with another nonce', () => ({ nonce: 'other' }), /another nonce/],
      ['with an answer past its end', () => ({ nextUpdate: NOW - 10 * MINUTE }), /past its end/],
      [
        'with an answer of tomorrow',
        () => ({ thisUpdate: NOW + 60 * MINUTE, nextUpdate: NOW + 90 * MINUTE }),
        /from the future/,
      ],
      ['with an answer that has neither nonce nor end', () => ({ nonce: 'none', nextUpdate: null }), /no end/],
      ['when it does not know the card', () => ({ status: 'unknown' }), /does not know it/],
      ['when it says to try later', () => ({ responseStatus: OCSPResponseStatus.tryLater }), /tryLater/],
    ]
    for (const [how, given, cause] of cases) {
      it(how, async () => {
        says(given())
        const verdict = await alone().verdict(card.certificate)
        assert.match(verdict, /^revocation-unknown: /)
        assert.match(verdict, cause)
      })
    }

    it('when its certificate is on the list of its authority', async () => {
      const own = judgeWith('always')
      own.lists.take([heldList(pki, pki.list(pki.strong, [{ serial: delegate.serial }]))])
      assert.match(await own.verdict(card.certificate), /^revocation-unknown: .*not signed by/)
    })

    it('without a nonce where the settings want one', async () => {
      says({ nonce: 'none' })
      assert.equal(await alone().verdict(card.certificate), GOOD)
      assert.match(await alone({ nonce: 'required' }).verdict(card.certificate), /no nonce/)
    })

    it('with a page, with nothing, or with a flood', async () => {
      for (const body of ['<!doctype html>', '', Buffer.alloc(200_000, 0x30)]) {
        answer = (_question, response) => response.end(body)
        assert.match(await alone().verdict(card.certificate), /^revocation-unknown: .*OCSP: (?:unreadable|too large)/)
      }
      answer = (_question, response) => response.writeHead(302, { Location: '/elsewhere' }).end()
      assert.match(await alone().verdict(card.certificate), /^revocation-unknown: .*status 302/)
    })
  })

  it('that is silent is not waited for again at once, and holds up nobody else', async () => {
    answer = () => undefined
    // Long enough for a slow machine to answer the question after the silence.
    const own = alone({ timeout: 3_000 })
    assert.match(await own.verdict(card.certificate), /too slow/)
    assert.match(await own.verdict(card.certificate), /has just not answered/)
    assert.equal(asked, 1)
    own.clock.advance('11s')
    says()
    assert.equal(await own.verdict(card.certificate), GOOD)
  })

  it('is remembered for as long as the settings and its answer say', async () => {
    says({ nextUpdate: NOW + 2 * MINUTE })
    const own = alone()
    await own.verdict(card.certificate)
    own.clock.advance('2m')
    assert.equal(await own.verdict(card.certificate), GOOD)
    assert.equal(asked, 1)
    own.clock.advance('1s')
    await own.verdict(card.certificate)
    assert.equal(asked, 2)
  })

  describe('and the list: who is asked, and who counts', () => {
    const onList = (own: TestJudge): void =>
      own.lists.take([heldList(pki, pki.list(pki.strong, [{ serial: card.serial }]))])
    const silence = (): void => {
      answer = (_question, response) => response.writeHead(503).end()
    }

    it('never: nobody is asked', async () => {
      assert.equal(await judgeWith('never').verdict(card.certificate), GOOD)
      assert.equal(asked, 0)
    })

    it('when-lists-fail: asked without a list that is fresh', async () => {
      const own = judgeWith('when-lists-fail')
      assert.equal(await own.verdict(card.certificate), GOOD)
      assert.equal(asked, 0)
      own.lists.take([])
      assert.equal(await own.verdict(card.certificate), GOOD)
      assert.equal(asked, 1)
      silence()
      const other = judgeWith('when-lists-fail')
      other.lists.take([])
      assert.match(await other.verdict(card.certificate), /^revocation-unknown: no list; OCSP: status 503/)
    })

    it('first: the list counts where the responder says nothing', async () => {
      silence()
      assert.equal(await judgeWith('first').verdict(card.certificate), GOOD)
      assert.equal(asked, 1)
      const stale = judgeWith('first')
      stale.clock.advance('25h')
      assert.match(await stale.verdict(card.certificate), /^revocation-unknown/)
    })

    it('always: no card without an answer', async () => {
      assert.equal(await judgeWith('always').verdict(card.certificate), GOOD)
      silence()
      assert.match(await judgeWith('always').verdict(card.certificate), /^revocation-unknown: OCSP: status 503/)
      const bare = pki.card('CPS', CAMILLE)
      assert.match(await judgeWith('always').verdict(bare.certificate), /the card names no responder/)
    })

    it('a card on the list is revoked, whatever the responder says', async () => {
      for (const use of ['never', 'when-lists-fail', 'first', 'always'] as const) {
        const own = judgeWith(use)
        onList(own)
        assert.equal(await own.verdict(card.certificate), 'revoked: list', use)
      }
    })
  })
})
