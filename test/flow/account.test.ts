import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { COLLEAGUE, SESSION_COOKIE, useGate } from '../kit/use-gate.ts'
import { createVisitor, hiddenFields, mailedCode, PREFIX, signIn, type Visitor } from '../kit/visitor.ts'
import { PERSON } from '../kit/gate.ts'

const use = useGate()

const ACCOUNT = `${PREFIX}/account`
const ADDRESS = `${ACCOUNT}/address`

const open = async (visitor: Visitor) => {
  const page = await visitor.page(ACCOUNT)
  assert.equal(page.status, 200, page.location)
  return page.body
}
const csrfOf = (body: string): string => /name="csrf" value="([^"]+)"/.exec(body)?.[1] ?? assert.fail('no form')
const press = async (visitor: Visitor, path: string, fields: Record<string, string>) =>
  visitor.ask(path, { form: { csrf: csrfOf((await visitor.page(ADDRESS)).body), ...fields } })
const addAddress = async (visitor: Visitor, email: string) => {
  const form = await visitor.page(ADDRESS)
  return visitor.ask(ADDRESS, { form: { ...hiddenFields(form.body, ADDRESS), email } })
}

describe('my account', () => {
  it('shows what I sign in with, where I am signed in, and what happened lately', async () => {
    await signIn(use.gate, use.visitor)
    await new Promise((resolve) => setTimeout(resolve, 100))
    const body = await open(use.visitor)
    assert.match(body, /camille\.exemple@hopital\.example\.test/)
    assert.match(body, /celle-ci/)
    assert.match(body, /Connexion</)
  })

  it('S-23, C-14: opens to nobody who signed in long ago, and comes back after signing in anew', async () => {
    await signIn(use.gate, use.visitor)
    use.clock.advance('11m')
    const refused = await use.visitor.page(ACCOUNT)
    assert.equal(refused.status, 303)
    const page = await use.visitor.page(refused.location ?? '')
    assert.match(page.body, /connectez-vous à nouveau/)
    assert.match(page.body, /name="password"/)
    const stranger = createVisitor(use.gate)
    assert.equal((await stranger.page(ACCOUNT)).status, 303)
    const landed = await signIn(use.gate, stranger, '/dcc/')
    assert.equal(landed.location, '/dcc/')
  })

  it('S-23, R30: one of my sessions ends, or all but this one; nobody else’s', async () => {
    const [second, third, other] = [createVisitor(use.gate), createVisitor(use.gate), createVisitor(use.gate)]
    await signIn(use.gate, use.visitor)
    use.clock.advance('31s')
    await signIn(use.gate, second)
    use.clock.advance('31s')
    await signIn(use.gate, third)
    await signIn(use.gate, other, '/dcc/', COLLEAGUE.login)
    const theirs = /name="session" value="([\w-]{40,})"/.exec(await open(third))?.[1] ?? assert.fail()
    const foreign = await press(other, `${ACCOUNT}/sessions/end`, { session: theirs })
    assert.equal(foreign.status, 303)
    assert.equal((await use.visitor.page('/dcc/')).status, 200)
    assert.equal((await second.page('/dcc/')).status, 200)
    await press(third, `${ACCOUNT}/sessions/end`, { session: theirs })
    const alive = await Promise.all([use.visitor, second].map(async (one) => (await one.page('/dcc/')).status))
    assert.deepEqual(alive.sort(), [200, 302])
    await press(third, `${ACCOUNT}/sessions/end`, { session: 'others' })
    assert.equal((await use.visitor.page('/dcc/')).status, 302)
    assert.equal((await third.page('/dcc/')).status, 200)
    assert.equal((await other.page('/dcc/')).status, 200)
  })

  it('C-16: does nothing for a form of another site, nor for an address that is only opened', async () => {
    await signIn(use.gate, use.visitor)
    const { body } = await use.visitor.page(ADDRESS)
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://elsewhere.example.test' }
    const forged = await use.visitor.ask(`${ACCOUNT}/sessions/end`, {
      form: { csrf: csrfOf(body), session: 'others' },
      headers,
    })
    assert.equal(forged.status, 403)
    assert.equal((await use.visitor.page(`${ACCOUNT}/sessions/end`)).status, 405)
    const half = createVisitor(use.gate)
    half.cookies.set(SESSION_COOKIE, 'x')
    assert.equal((await half.page(ACCOUNT)).status, 303)
  })
})

describe('an address that I add', () => {
  it('receives codes once a code sent there has come back, can be asked for first, and can be removed', async () => {
    await signIn(use.gate, use.visitor)
    assert.equal((await addAddress(use.visitor, 'camille@cabinet.example.test')).status, 303)
    assert.equal(use.gate.mails()[0]?.to, 'camille@cabinet.example.test')
    assert.doesNotMatch(use.gate.mails()[0]?.subject ?? '', /\d{3}/)
    const waiting = await use.visitor.page(ADDRESS)
    assert.match(waiting.body, /Confirmez votre adresse/)
    const hidden = hiddenFields(waiting.body, ADDRESS)
    const code = await mailedCode(use.gate)
    const wrong = await use.visitor.ask(ADDRESS, { form: { ...hidden, code: code === '000000' ? '000001' : '000000' } })
    assert.equal(wrong.status, 400)
    assert.match(wrong.body, /4 essais/)
    const right = await use.visitor.ask(ADDRESS, { form: { ...hidden, code } })
    assert.equal(right.location, `${ACCOUNT}?done=address-added`)
    const again = await use.visitor.ask(ADDRESS, { form: { ...hidden, code } })
    assert.equal(again.status, 400)

    const body = await open(use.visitor)
    const offer = /value="(email-code\.[\da-f-]{36})"/.exec(body)?.[1] ?? assert.fail('it is not offered')
    await press(use.visitor, `${ACCOUNT}/preference`, { offer })
    use.clock.advance('2m')
    const elsewhere = createVisitor(use.gate)
    await signIn(use.gate, elsewhere)
    assert.equal(use.gate.mails()[0]?.to, 'camille@cabinet.example.test')
    const factor = offer.slice('email-code.'.length)
    await press(elsewhere, `${ACCOUNT}/factors/remove`, { factor })
    use.clock.advance('2m')
    await signIn(use.gate, createVisitor(use.gate))
    assert.equal(use.gate.mails()[0]?.to, PERSON.email)
  })

  it('T-10: is one plain address in my name, not of secure messaging, not mine already', async () => {
    await signIn(use.gate, use.visitor)
    const before = use.gate.mails().length
    for (const [email, words] of [
      ['camille', /il manque quelque chose/],
      ['a@example.test,b@example.test', /il manque quelque chose/],
      ['a@example.test\r\nbcc: b@example.test', /il manque quelque chose/],
      ['camille@medecin.mssante.fr', /messagerie sécurisée/],
      ['secretariat.onco@hopital.example.test', /plusieurs personnes/],
      ['CAMILLE.exemple@hopital.example.test', /déjà la vôtre/],
    ] as const) {
      const refused = await addAddress(use.visitor, email)
      assert.equal(refused.status, 400, email)
      assert.match(refused.body, words)
    }
    assert.equal(use.gate.mails().length, before)
  })

  it('T-03: gives up after five wrong codes', async () => {
    await signIn(use.gate, use.visitor)
    await addAddress(use.visitor, 'camille@other.example.test')
    const code = await mailedCode(use.gate)
    const hidden = hiddenFields((await use.visitor.page(ADDRESS)).body, ADDRESS)
    for (let round = 0; round < 5; round += 1)
      await use.visitor.ask(ADDRESS, { form: { ...hidden, code: code === '000000' ? '000001' : '000000' } })
    assert.equal((await use.visitor.ask(ADDRESS, { form: { ...hidden, code } })).status, 400)
  })
})
