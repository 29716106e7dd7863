import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createAuthenticator } from '../kit/authenticator.ts'
import { GATE_PASSWORD, PERSON } from '../kit/gate.ts'
import {
  ALONE,
  CODE,
  makePasskey,
  optionsOn,
  passPassword,
  press,
  reachInvitation,
  refusals,
  signInByMail,
} from '../kit/passkeys.ts'
import { COLLEAGUE, SESSION_COOKIE, useGate } from '../kit/use-gate.ts'
import { createVisitor, hiddenFields, mailedCode, PREFIX } from '../kit/visitor.ts'

/** What the policy makes of passkeys: in whose place they come, for whom they are a way, and where nothing else is one. */

const NEW = `${PREFIX}/sign-in/new-passkey`

describe('G8: a way that is over', () => {
  const use = useGate({
    ways: [
      { id: 'old', methods: ['password', 'email-code'], until: '2026-01-10', homologation: 'test' },
      { id: 'passkey', methods: ['password', 'passkey'], level: 2, homologation: 'test' },
    ],
  })

  it('lets people put a passkey in its place, which counts as its own first proof', async () => {
    const mail = await passPassword(use.visitor, PERSON.login, '/dcc/ui/page?x=1')
    const proved = await press(use.visitor, mail, CODE, { code: await mailedCode(use.gate) })
    assert.match(proved.location ?? '', new RegExp(`^${NEW}\\?`))
    const page = await use.visitor.page(proved.location ?? '')
    assert.match(page.body, /a pris fin/)
    assert.ok(!use.visitor.cookies.has(SESSION_COOKIE))
    const authenticator = createAuthenticator(use.gate.origin)
    const bent = authenticator.create(optionsOn(page), { origin: 'https://evil.test' })
    const refused = await press(use.visitor, page, NEW, { credential: bent })
    assert.equal(refused.status, 400)
    const credential = authenticator.create(optionsOn(refused))
    const done = await press(use.visitor, refused, NEW, { label: 'Portable', credential })
    assert.equal(done.location, '/dcc/ui/page?x=1', done.body)
    assert.equal((await use.visitor.page('/dcc/')).status, 200)

    use.visitor.cookies.delete(SESSION_COOKIE)
    const question = await passPassword(use.visitor)
    const again = await press(use.visitor, question, CODE, { credential: authenticator.get(optionsOn(question)) })
    assert.equal(again.location, '/dcc/')
  })

  it('T-14: makes nothing for a sign-in that has not come so far', async () => {
    const mail = await passPassword(use.visitor, COLLEAGUE.login)
    const { attempt = '', to = '', csrf = '' } = hiddenFields(mail.body, CODE)
    const early = await use.visitor.page(`${NEW}?${new URLSearchParams({ attempt, to }).toString()}`)
    assert.match(early.location ?? '', new RegExp(`^${CODE}\\?`))
    const sent = await use.visitor.ask(NEW, { form: { attempt, to, csrf, credential: '{}' } })
    assert.match(sent.location ?? '', /\/sign-in\?/)
    assert.ok(!use.visitor.cookies.has(SESSION_COOKIE))
  })
})

describe('a way by a passkey alone that is for some', () => {
  const SECRETARY = { ...COLLEAGUE, roles: ['secretaire'] }
  const use = useGate(
    {
      ways: [
        { id: 'mailed-code', methods: ['password', 'email-code'], homologation: 'test' },
        { id: 'passkey-alone', methods: ['passkey'], roles: ['medecin'], level: 2, homologation: 'test' },
      ],
    },
    [PERSON, SECRETARY],
  )

  it('lets in nobody else, and does not say why', async () => {
    const authenticator = createAuthenticator(use.gate.origin)
    const mail = await passPassword(use.visitor, SECRETARY.login)
    await press(use.visitor, mail, CODE, { code: await mailedCode(use.gate) })
    await makePasskey(use.visitor, authenticator)
    const elsewhere = createVisitor(use.gate)
    const page = await reachInvitation(elsewhere)
    const refused = await press(elsewhere, page, ALONE, { credential: authenticator.get(optionsOn(page)) })
    assert.equal(refused.status, 401)
    assert.match(refused.body, /pas été acceptée/)
    assert.deepEqual(refusals(use.gate).slice(-1), ['not-enrolled'])
    assert.ok(!elsewhere.cookies.has(SESSION_COOKIE))
  })

  it('is offered after the password as well, to whom it is for', async () => {
    const authenticator = createAuthenticator(use.gate.origin)
    await signInByMail(use.gate, use.visitor)
    await makePasskey(use.visitor, authenticator)
    use.visitor.cookies.delete(SESSION_COOKIE)
    assert.match((await passPassword(use.visitor)).body, /value="passkey\.any"/)
  })
})

describe('a site without passwords', () => {
  const use = useGate({ ways: [{ id: 'passkey-alone', methods: ['passkey'], level: 2, homologation: 'test' }] })

  it('asks for none, and judges none: a form that did would serve guessing alone', async () => {
    const challenged = await use.visitor.page('/dcc/')
    const page = await use.visitor.page(challenged.location ?? '')
    assert.doesNotMatch(page.body, /name="password"/)
    const invitation = await reachInvitation(use.visitor)
    const { csrf = '', to = '' } = hiddenFields(invitation.body, ALONE)
    for (const password of [GATE_PASSWORD, 'une autre']) {
      const form = { csrf, to, login: PERSON.login, password }
      const refused = await use.visitor.ask(`${PREFIX}/sign-in`, { form })
      assert.equal(refused.status, 403)
      assert.match(refused.body.replaceAll('&#39;', "'"), /n'est pas ouvert aujourd'hui/)
    }
  })
})
