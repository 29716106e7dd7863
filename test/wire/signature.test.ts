import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { createSignatureVerifier, type SignatureVerdict } from '../../deploy/demo/signature.ts'
import { systemClock, type Clock } from '../../src/lib/clock.ts'
import { startBehindGate, type BehindGate, type BehindGateOptions } from '../kit/behind-gate.ts'
import { createManualClock } from '../kit/clock.ts'
import { PERSON } from '../kit/gate.ts'
import { eventually } from '../kit/instance.ts'
import { ACTION, NOTE, sendAgain, sendForm, signInFrom } from '../kit/kept-form.ts'
import { openRaw } from '../kit/raw-http.ts'
import { plainAnswer, type RawRequest } from '../kit/upstream.ts'

/** What the application receives from a gate that signs (RFC 9421), checked by the stand-in's verifier. */

const SECRET = 'a-secret-of-the-tests-0123456789-abcdef'
const HEADERS = ['X-Remote-User', 'X-User-Name', 'X-User-RPPS']

const SIGNING = {
  identity: {
    headers: { 'X-Remote-User': 'login', 'X-User-Name': 'name', 'X-User-RPPS': 'rpps' },
    assertion: { audience: 'webdcr' },
    signature: { 'key-id': 'dcc-2026', 'secret-file': 'read before' },
  },
  rules: [{ id: 'public', match: { path: '/public/**' }, allow: 'anyone' }],
} satisfies BehindGateOptions['site']

const startSigning = (options: BehindGateOptions = {}): Promise<BehindGate> =>
  startBehindGate({ ...options, site: { ...SIGNING, ...options.site }, signatureSecret: SECRET })

const createCheck = (clock: Clock = systemClock) => {
  const verify = createSignatureVerifier({ keyId: 'dcc-2026', secret: SECRET, headers: HEADERS }, () => clock.now())
  return ({ method, target, headers }: RawRequest): SignatureVerdict =>
    verify({ method, url: target, rawHeaders: headers.flat() })
}

/** How many requests wait for their turn, as the figures say. */
const waitingAt = async ({ gate }: BehindGate): Promise<number> => {
  const figures = await (await fetch(`http://127.0.0.1:${gate.app.adminPort}/metrics`)).text()
  return Number(/^portillon_upstream_waiting\{[^}]*\} (\d+)$/m.exec(figures)?.[1])
}

const assertSigned = (request: RawRequest, check = createCheck()): void => {
  for (const name of ['Signature', 'Signature-Input']) assert.equal(request.all(name).length, 1, name)
  const verdict = check(request)
  assert.ok(verdict.verified, JSON.stringify(verdict))
  for (const name of HEADERS) assert.ok(verdict.covered.includes(name.toLowerCase()), name)
}

describe('a forwarded request', () => {
  let behind: BehindGate
  before(async () => {
    behind = await startSigning()
  })
  beforeEach(() => behind.arrived())
  after(() => behind.stop())

  for (const start of [
    ...['GET /dcc/', 'HEAD /dcc/a', 'OPTIONS /dcc/', 'DELETE /dcc/1', 'GET /dcc?', 'GET /dcc/?a=1?b=/&c=%C3%A9+%'],
    ...['GET /a//b/%7Euser;jsessionid=1/%C3%A9t%c3%a9', 'GET https://dcc.example.test/dcc?a=b'],
  ]) {
    it(`H-16: ${start} is signed as the application reads it`, async () => {
      await behind.askSignedIn(start)
      assertSigned(behind.onlyArrived())
    })
  }

  it('H-16: with a body is signed, and its body passes as a stream', async () => {
    await behind.send(
      behind.request('POST /dcc/form', behind.signedIn, 'Content-Type: text/plain', 'Transfer-Encoding: chunked') +
        '4\r\nRCP.\r\n0\r\n\r\n',
    )
    const request = behind.onlyArrived()
    assert.equal(request.body.toString(), 'RCP.')
    assertSigned(request)
  })

  it('H-16: of a visitor whom nobody knows is signed over empty headers', async () => {
    await behind.ask('GET /public/a.css')
    const request = behind.onlyArrived()
    for (const name of [...HEADERS, 'X-Portillon-Assertion']) assert.deepEqual(request.all(name), [''], name)
    assertSigned(request)
  })

  it('H-16: under another spelling of the host is signed for the same one', async () => {
    const { port } = behind.at
    const connection = await openRaw({ port })
    connection.write(`GET /public/ HTTP/1.1\r\nHost: DCC.example.test:443\r\n\r\n`)
    await connection.answer()
    connection.destroy()
    assertSigned(behind.onlyArrived())
  })

  it('H-16: is signed anew each time: no two requests have a nonce in common', async () => {
    const check = createCheck()
    for (let round = 0; round < 3; round += 1) {
      await behind.askSignedIn('GET /dcc/')
      assertSigned(behind.onlyArrived(), check)
    }
  })

  for (const forged of [
    ['Signature: portillon=:AAAA:', 'Signature-Input: portillon=();tag="portillon"'],
    ['signature: x', 'SIGNATURE-INPUT: y', 'Signature: z'],
    ['Signature_Input: x', 'signature.input: y', 'SignatureInput: z', 'Signature-: a'],
    ['Connection: Signature, Signature-Input', 'Signature: x'],
  ]) {
    it(`H-16: brings one signature, the gate’s, whatever the visitor sends: ${forged.join(', ')}`, async () => {
      const before = behind.gate.log.length
      await behind.askSignedIn('GET /dcc/', ...forged)
      const request = behind.onlyArrived()
      assertSigned(request)
      const names = request.headers.map(([name]) => name.toLowerCase()).filter((name) => /^signature/.test(name))
      assert.deepEqual(names, ['signature-input', 'signature'])
      const told = behind.gate.log.slice(before).filter(({ level }) => level === 'warn')
      assert.equal(told.length, 1, 'the attempt is in the log')
    })
  }

  it('H-16: that opens a WebSocket is signed too', async () => {
    behind.upstream.answerWith((_request, socket) => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      return null
    })
    const connection = await openRaw(behind.at)
    connection.write(
      behind.request(
        'GET /dcc/ws?room=%41',
        ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', behind.signedIn],
        ...['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Origin: https://dcc.example.test', 'Signature: x'],
      ),
    )
    assert.equal((await connection.answer()).status, 101)
    connection.destroy()
    assertSigned(behind.onlyArrived())
  })
})

describe('a request that does not go at once', () => {
  let behind: BehindGate
  before(async () => {
    behind = await startSigning({ patience: { connections: 1 } })
  })
  beforeEach(() => behind.arrived())
  after(() => behind.stop())

  it('H-16, U-04: is signed anew when it is asked for once more on another connection', async () => {
    await behind.askSignedIn('GET /dcc/first')
    behind.arrived()
    let isBroken = false
    behind.upstream.answerWith((_request, socket) => {
      if (isBroken) return plainAnswer('200 OK', 'again')
      isBroken = true
      socket.destroy()
      return null
    })
    assert.equal((await behind.askSignedIn('GET /dcc/?a=1')).text, 'again')
    const requests = behind.arrived()
    assert.equal(requests.length, 2)
    const check = createCheck()
    for (const request of requests) assertSigned(request, check)
  })

  it('H-16, U-10: is signed when its turn comes, not when it begins to wait', async () => {
    const clock = createManualClock()
    const waiting = await startSigning({ clock, patience: { connections: 1, 'queue-time': '10m' } })
    let letGo = () => {}
    const isHeld = new Promise<void>((resolve) => (letGo = resolve))
    waiting.upstream.answerWith(async () => {
      await isHeld
      return plainAnswer('200 OK', '')
    })
    try {
      waiting.arrived()
      const first = waiting.askSignedIn('GET /dcc/first')
      await waiting.upstream.nextRequest()
      const second = waiting.askSignedIn('GET /dcc/second')
      await eventually(async () => (await waitingAt(waiting)) === 1, 'the second request waits')
      clock.advance('90s')
      letGo()
      await Promise.all([first, second])
      const [, request] = waiting.arrived()
      assert.ok(request !== undefined)
      assert.equal(request.target, '/dcc/second')
      assertSigned(request, createCheck(clock))
    } finally {
      letGo()
      await waiting.stop()
    }
  })
})

describe('a form that was kept and is sent again', () => {
  it('H-16, R7: is signed when it is sent, by the person who sends it', async () => {
    const clock = createManualClock()
    const behind = await startSigning({ clock })
    try {
      clock.advance('31m')
      const { location } = await sendForm(behind.gate, behind.visitor)
      const offer = await signInFrom(behind.gate, behind.visitor, location)
      behind.arrived()
      await sendAgain(behind.gate, behind.visitor, offer)
      const sent = behind.onlyArrived()
      assert.deepEqual([sent.method, sent.target, sent.body.toString('latin1')], ['POST', ACTION, NOTE])
      assert.equal(sent.header('x-remote-user'), PERSON.login)
      assertSigned(sent, createCheck(clock))
    } finally {
      await behind.stop()
    }
  })
})

describe('an application under another name', () => {
  it('H-16: gets its own name signed', async () => {
    const behind = await startSigning({ patience: { host: 'upstream' } })
    try {
      await behind.askSignedIn('GET /dcc/')
      const request = behind.onlyArrived()
      assert.equal(request.header('host'), new URL(behind.upstream.url).host)
      assertSigned(request)
    } finally {
      await behind.stop()
    }
  })
})

describe('a gate that does not sign', () => {
  it('leaves a visitor’s Signature to the application that may want it', async () => {
    const behind = await startBehindGate()
    try {
      await behind.askSignedIn('GET /dcc/', 'Signature-Input: sig1=();created=1', 'Signature: sig1=:AA==:')
      const request = behind.onlyArrived()
      assert.deepEqual(request.all('signature-input'), ['sig1=();created=1'])
      assert.deepEqual(request.all('signature'), ['sig1=:AA==:'])
    } finally {
      await behind.stop()
    }
  })
})
