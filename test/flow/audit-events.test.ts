import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { AuditRecord } from '../../src/audit/canonical.ts'
import { asNginx, startAskedGate } from '../kit/asking.ts'
import { AS_PAGE, startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { GATE_PASSWORD, PERSON } from '../kit/gate.ts'
import { sendRaw } from '../kit/raw-http.ts'
import { plainAnswer } from '../kit/upstream.ts'
import {
  createVisitor,
  giveCredentials,
  mailedCode,
  openSignIn,
  PREFIX,
  reachCodePage,
  signIn,
} from '../kit/visitor.ts'

/** G-03: for everything that happens, who, how, when, whence, with what result; the same in the log and in the table. */

const REFERENCE = /^[A-Z0-9]{6}-[A-Z0-9]{5}$/

let behind: BehindGate

/** The events that an act leaves behind, as their lines in the log say them. */
const during = async (act: () => Promise<unknown>): Promise<AuditRecord[]> => {
  const from = behind.gate.log.length
  await act()
  const lines = behind.gate.log.slice(from).filter(({ message }) => message === 'audit')
  return lines.map(({ fields }) => fields as unknown as AuditRecord)
}

const only = async (event: string, act: () => Promise<unknown>): Promise<AuditRecord> => {
  const events = await during(act)
  const [found, another] = events.filter((one) => one.event === event)
  assert.ok(found !== undefined && another === undefined, JSON.stringify(events))
  return found
}

const assertTold = (record: AuditRecord, expected: Partial<AuditRecord>): void => {
  const { at, id, reference, ...told } = record
  assert.match(at, /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/)
  assert.ok(id)
  assert.match(reference ?? '', REFERENCE)
  const picked = Object.fromEntries(Object.keys(expected).map((name) => [name, Reflect.get(told, name)]))
  assert.deepEqual(picked, expected)
}

before(async () => {
  behind = await startBehindGate({
    site: { rules: [{ id: 'closed', match: { path: '/closed/**' }, allow: 'no-one' }] },
  })
})

after(() => behind.stop())

const WHENCE = { address: '127.0.0.1' } as const
const PERSON_IS = { login: PERSON.login } as const

describe('G-03: a sign-in', () => {
  it('that succeeds tells each step, and the session with its way, its methods and its level', async () => {
    const events = await during(() => signIn(behind.gate, createVisitor(behind.gate)))
    // The last one, because it is another browser than before.
    const proofs = ['sign-in.password-accepted', 'sign-in.code-sent', 'sign-in.code-accepted']
    const names = [...proofs, 'session.started', 'notice.sent']
    assert.deepEqual(
      events.map(({ event, result }) => [event, result]),
      names.map((name) => [name, 'success']),
    )
    for (const event of events) assertTold(event, { site: behind.gate.site.site.site, ...PERSON_IS, ...WHENCE })
    const started = events.find(({ event }) => event === 'session.started') ?? assert.fail()
    const { way, method, detail, account, session } = started
    assert.deepEqual([way, method, detail], ['mailed-code', 'password+email-code', 'level 1'])
    assert.match(`${account} ${session}`, /^[0-9a-f-]{36} [\w-]{20,}$/)
  })

  it('that fails tells why, of whom when there is such a person, and never what was typed', async () => {
    const tries = [
      ['wrong', PERSON.login, 'Pas-la-bonne-phrase-1'],
      ['unknown', 'mon-mot-de-passe-1', GATE_PASSWORD],
      ['malformed', PERSON.login, 'x'.repeat(2_000)],
    ] as const
    for (const [detail, login, password] of tries) {
      const visitor = createVisitor(behind.gate)
      const fields = await openSignIn(visitor)
      const events = await during(() => giveCredentials(visitor, fields, login, password))
      const refused = events.find(({ event }) => event === 'sign-in.password-refused') ?? assert.fail(detail)
      assertTold(refused, { result: 'failure', detail, ...WHENCE })
      assert.equal(refused.login, detail === 'wrong' ? PERSON.login : undefined)
      assert.doesNotMatch(JSON.stringify(events), /mon-mot-de-passe|phrase/)
    }
  })

  it('with a wrong code, a way that is not open, and a code asked for too soon tells each', async () => {
    const visitor = createVisitor(behind.gate)
    const { fields } = await reachCodePage(visitor)
    const code = (await mailedCode(behind.gate)) === '000000' ? '111111' : '000000'
    const wrong = await only('sign-in.code-refused', () =>
      visitor.ask(`${PREFIX}/sign-in/code`, { form: { ...fields, code } }),
    )
    assertTold(wrong, { result: 'failure', method: 'email-code', detail: 'wrong', ...PERSON_IS, ...WHENCE })
    const soon = await only('sign-in.refused', () => visitor.ask(`${PREFIX}/sign-in/code/resend`, { form: fields }))
    assertTold(soon, { result: 'failure', detail: 'too-soon', ...PERSON_IS, ...WHENCE })
    const another = createVisitor(behind.gate)
    const form = { ...(await openSignIn(another)), login: PERSON.login, password: GATE_PASSWORD, way: 'no-such-way' }
    const closed = await during(() => another.ask(`${PREFIX}/sign-in`, { form }))
    const refused = closed.find(({ event }) => event === 'sign-in.refused') ?? assert.fail(JSON.stringify(closed))
    assertTold(refused, { result: 'failure', detail: 'way-closed', ...WHENCE })
    assert.equal(refused.login, undefined, 'the account of an unproved name is not told')
  })

  it('and its end by the person tell the session', async () => {
    const visitor = createVisitor(behind.gate)
    await signIn(behind.gate, visitor)
    const started = await only('session.ended', async () => {
      const page = await visitor.page(`${PREFIX}/sign-out`)
      const csrf = /name="csrf" value="([^"]*)"/.exec(page.body)?.[1] ?? ''
      await visitor.ask(`${PREFIX}/sign-out`, { form: { csrf } })
    })
    assertTold(started, { result: 'success', ...PERSON_IS, ...WHENCE })
  })
})

describe('G-03: an attempt to get past the gate', () => {
  it('by identity headers tells the names, not the values', async () => {
    const forged = await only('identity.forged', () => behind.askSignedIn('GET /dcc/', 'X-Remote-User: root-of-all'))
    assertTold(forged, { result: 'failure', detail: 'X-Remote-User', ...WHENCE })
    assert.doesNotMatch(JSON.stringify(forged), /root-of-all/)
  })

  it('by a form of another site', async () => {
    const visitor = createVisitor(behind.gate)
    const fields = await openSignIn(visitor)
    const refused = await only('request.refused', () =>
      visitor.ask(`${PREFIX}/sign-in`, {
        form: { ...fields, login: PERSON.login, password: GATE_PASSWORD, way: 'mailed-code' },
        headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' },
      }),
    )
    assertTold(refused, { result: 'failure', detail: 'cross-site', ...WHENCE })
  })

  it('by a handshake of another site, and by an address with two meanings', async () => {
    const handshake = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: x']
    const crossed = await only('request.refused', () =>
      behind.askSignedIn('GET /dcc/ws', ...handshake, 'Origin: https://evil.test'),
    )
    assertTold(crossed, { result: 'failure', detail: 'origin-refused: https://evil.test' })
    const twofold = await only('request.refused', () => behind.ask('GET /dcc/%2e%2e%2fadmin'))
    assert.match(twofold.detail ?? '', /^path-ambiguous/)
  })

  it('by a rule that says no tells which, and a page that could not be shown tells the error only', async () => {
    const denied = await only('access.denied', () => behind.askSignedIn('GET /closed/x', ...AS_PAGE))
    assertTold(denied, { result: 'failure', detail: 'forbidden: closed', ...WHENCE })
    behind.upstream.answerWith((_request, socket) => (socket.destroy(), null))
    const failed = await only('request.failed', () => behind.askSignedIn('GET /dcc/', ...AS_PAGE))
    assertTold(failed, { result: 'failure', detail: 'upstream-unreachable', ...WHENCE })
    behind.upstream.answerWith(() => plainAnswer('200 OK', 'of the application'))
  })

  it('by a question of a proxy that nobody listed', async () => {
    const asked = await startAskedGate()
    try {
      const from = asked.gate.log.length
      const answer = await sendRaw({ port: asked.at.port, from: '127.0.0.2' }, asNginx('GET /dcc/', asked.signedIn))
      assert.equal(answer.status, 404)
      const lines = asked.gate.log.slice(from).filter(({ message }) => message === 'audit')
      assert.deepEqual(
        lines.map(({ fields }) => [fields['event'], fields['detail'], fields['address']]),
        [['request.refused', 'not-found: forward-auth-stranger', '127.0.0.2']],
      )
    } finally {
      await asked.stop()
    }
  })
})

describe('G-03: the reference of a request', () => {
  it('reaches the application, whatever the visitor calls it, and is that of the log', async () => {
    behind.arrived()
    await behind.askSignedIn('GET /dcc/', 'X-Portillon-Reference: FORGED-00001', 'X-Request-Id: of-the-front')
    const request = behind.onlyArrived()
    const [reference = '', ...others] = request.all('x-portillon-reference')
    assert.deepEqual(others, [])
    assert.match(reference, REFERENCE)
    assert.deepEqual(request.all('x-request-id'), ['of-the-front'])
    const line = behind.gate.log.findLast(({ message }) => /^identity headers of a visitor/.test(message))
    assert.equal(line?.fields['reference'], reference)
  })
})

describe('the trail in the table', () => {
  it('has the same events as the log, in the same words, and none of the secrets', async () => {
    const { db } = behind.gate.app.database
    const logged = behind.gate.log.filter(({ message }) => message === 'audit').map(({ fields }) => fields['id'])
    let ids: string[] = []
    while (ids.length < logged.length) {
      ids = (await db.selectFrom('audit').select('id').orderBy('seq').execute()).map(({ id }) => id)
      await new Promise((soon) => setTimeout(soon, 10))
    }
    assert.deepEqual(new Set(ids), new Set(logged))
    const everything = JSON.stringify(await db.selectFrom('audit').selectAll().execute())
    // But for the notices of new devices.
    for (const mail of behind.gate.mails().filter(({ subject }) => subject.includes('code'))) {
      const code = /(?<!\d)(\d{3})[\s\u00a0]?(\d{3})(?!\d)/.exec(mail.text)
      assert.ok(code)
      assert.ok(!everything.includes(`"${code[1]}${code[2]}"`), 'a code')
    }
    assert.ok(!everything.includes(GATE_PASSWORD) && !everything.includes(PERSON.email ?? ''))
  })
})
