import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectPlain } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { connect, type SecureVersion } from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  askCardListener,
  CARD_HOST,
  CARD_TLS,
  inBrowser,
  leaveForListener,
  reachCardPage,
  startCardGate,
  type CardGate,
} from '../kit/card-gate.ts'
import { makeCertificate } from '../kit/certificate.ts'
import { PERSON } from '../kit/gate.ts'
import { CAMILLE, createTestIgcSante } from '../kit/igc-sante.ts'
import { askByOpenssl } from '../kit/openssl-client.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { createVisitor, type Visitor } from '../kit/visitor.ts'

const igc = createTestIgcSante({ now: Date.now() })
const camille = inBrowser(igc.card('CPS', CAMILLE))
const folder = createTempFolder('card-listener')
/** Certificate of the pages; the visitor of these tests looks at no name. */
const PAGES_TLS = makeCertificate('dcc.example.test')

let upstream: HttpUpstream
let gate: CardGate
let visitor: Visitor
before(async () => {
  upstream = await startHttpUpstream()
  gate = await startCardGate({
    igc,
    upstream: upstream.url,
    people: [{ ...PERSON, nationalId: CAMILLE.nationalId }],
    settings: { tls: { cert: Buffer.from(PAGES_TLS.cert), key: Buffer.from(PAGES_TLS.key) } },
  })
})
after(async () => {
  await gate.stop()
  await upstream.stop()
  folder[Symbol.dispose]()
})
beforeEach(() => {
  visitor = createVisitor({ ...gate, ca: PAGES_TLS.cert })
})

const leave = async (): Promise<string> => {
  const { pathname, search } = await leaveForListener(visitor, await reachCardPage(visitor))
  return `${pathname}${search}`
}
const comeBack = async (location: string | undefined) => {
  const back = new URL(location ?? '')
  return visitor.page(`${back.pathname}${back.search}`)
}

/** A handshake that the client breaks off once it has been asked for a certificate: a PIN that is wrong, or not typed. */
const breakOff = async (version: SecureVersion): Promise<void> => {
  const versions = { minVersion: version, maxVersion: version }
  const to = { host: '127.0.0.1', port: gate.cardPort, servername: CARD_HOST, ca: CARD_TLS.cert }
  const socket = connect({ ...to, ...versions, ...camille })
  socket.on('error', () => undefined)
  // The first secrets of a session are known when the server has said all that it has to say.
  socket.once('keylog', () => socket.destroy())
  await once(socket, 'close')
}

for (const version of ['tls1_2', 'tls1_3'] as const) {
  const ofNode = version === 'tls1_2' ? 'TLSv1.2' : 'TLSv1.3'
  describe(`the card listener, ${ofNode}`, () => {
    it('K-12: asks for a certificate, and takes whoever has none to a readable page', async () => {
      const options = { port: gate.cardPort, version, folder: folder.path }
      const shown = await askByOpenssl(await leave(), options)
      assert.deepEqual([shown.wasAsked, shown.status], [true, 303])
      const refused = await comeBack(shown.location)
      assert.match(refused.location ?? '', /why=none&/)
      const page = await visitor.page(refused.location ?? '')
      assert.match(page.body, /code PIN/)
      assert.match(page.body, /Utiliser un autre moyen/)
      const done = await comeBack((await askByOpenssl(await leave(), { ...options, card: camille })).location)
      assert.equal(done.location, '/dcc/')
    })

    it('K-12: lets a handshake that was broken off be tried again at the same address', async () => {
      const address = await leave()
      await breakOff(ofNode)
      await breakOff(ofNode)
      const shown = await askCardListener(address, { port: gate.cardPort, card: camille, version: ofNode })
      assert.equal((await comeBack(shown.location)).location, '/dcc/')
    })

    it('K-12: is alone in asking: the pages and the application never do', async () => {
      for (const path of ['/dcc/', '/_portillon/sign-in', '/_portillon/card', '/_portillon/card/return'])
        assert.equal(
          (await askByOpenssl(path, { port: gate.port, version, folder: folder.path })).wasAsked,
          false,
          path,
        )
    })

    it('K-11: never takes up a session of before', async () => {
      const keeps = `${folder.path}/${version}.session`
      const options = { port: gate.cardPort, version, folder: folder.path }
      const first = await askByOpenssl(await leave(), { ...options, card: camille, keeps })
      assert.equal((await comeBack(first.location)).location, '/dcc/')
      visitor = createVisitor({ ...gate, ca: PAGES_TLS.cert })
      const second = await askByOpenssl(await leave(), { ...options, resumes: keeps })
      assert.equal(second.isResumed, false)
      assert.match((await comeBack(second.location)).location ?? '', /why=none&/)
    })
  })
}

/** What is alive after everything else was thrown away, bytes. */
const alive = (): number => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

describe('K-15: bad handshakes at the card listener', () => {
  const junk = (bytes: Buffer): Promise<void> =>
    new Promise((resolve) => {
      const socket = connectPlain(gate.cardPort, '127.0.0.1', () => socket.end(bytes))
      socket.on('error', () => undefined)
      socket.once('close', () => resolve())
      socket.resume()
      setTimeout(() => socket.destroy(), 500)
    })
  const greet = (options: { servername?: string; ALPNProtocols?: string[] }): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: gate.cardPort, rejectUnauthorized: false, ...options })
      socket.on('error', () => undefined)
      socket.once('secureConnect', () => socket.end('GET / HTTP/1.1\r\nHost: x\r\n\r\n'))
      socket.once('close', () => resolve())
      socket.resume()
    })

  it('neither stop it nor keep others from it', async () => {
    const hello = Buffer.from('16030100c8010000c40303', 'hex')
    const kinds = [
      Buffer.alloc(0),
      Buffer.alloc(1),
      Buffer.alloc(70_000, 0x16),
      hello,
      Buffer.concat([hello, Buffer.alloc(300, 0xff)]),
      Buffer.from('GET /?journey=AAAAAAAAAAAAAAAAAAAAAAAA HTTP/1.1\r\nHost: x\r\n\r\n'),
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    ]
    await Promise.all(kinds.map(junk))
    for (const servername of ['x', 'a'.repeat(250), '..', 'dcc.example.test', 'xn--a', '*.example.test'])
      await greet({ servername })
    for (const ALPNProtocols of [['h2'], ['h2', 'http/1.1'], ['x'.repeat(255)], ['acme-tls/1']])
      await greet({ ALPNProtocols })
    const shown = await askCardListener(await leave(), { port: gate.cardPort, card: camille })
    assert.equal((await comeBack(shown.location)).location, '/dcc/')
  })

  it('with certificate, one after the other, leave nothing behind', async () => {
    const round = async (count: number): Promise<number> => {
      for (let left = count; left > 0; left -= 10)
        await Promise.all(
          Array.from({ length: 10 }, () => askCardListener('/?journey=x', { port: gate.cardPort, card: camille })),
        )
      return alive()
    }
    const settled = await round(200)
    const after = await round(600)
    // A connection that is kept holds its certificates and buffers: at least 20 kB.
    assert.ok(after - settled < 600 * 10_000, `${after - settled} bytes more`)
  })
})
