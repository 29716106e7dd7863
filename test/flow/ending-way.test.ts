import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addApplication, applicationOffer, choose, CODE, codeOf, enterByMail, passPassword } from '../kit/notices.ts'
import { wordsOf } from '../kit/passwords.ts'
import { SESSION_COOKIE, useGate } from '../kit/use-gate.ts'
import { createVisitor, hiddenFields, PREFIX } from '../kit/visitor.ts'
import { PERSON } from '../kit/gate.ts'

const ENDING = `${PREFIX}/sign-in/ending`

const ready = { ...PERSON, login: 'pret.essai', email: 'pret@example.test' }

/** The clock of the tests begins on 15 January 2026. */
const use = useGate(
  {
    ways: [
      { id: 'mailed-code', methods: ['password', 'email-code'], until: '2026-02-28', homologation: 'test' },
      { id: 'application', methods: ['password', 'totp'], level: 2, homologation: 'test' },
      { id: 'recovery', methods: ['password', 'recovery-code'], homologation: 'test' },
    ],
  },
  [PERSON, ready],
)

const signIn = (visitor = use.visitor, login = PERSON.login) =>
  enterByMail(use.gate, visitor, { login, path: '/dcc/ui/page?x=1' })

describe('G8: a way about to end', () => {
  it('is told once after each sign-in by it: until when, what can be set up now, and on to the page', async () => {
    const answer = await signIn()
    assert.ok(answer.location?.startsWith(`${ENDING}?to=`), answer.location)
    const page = await use.visitor.page(answer.location ?? '')
    assert.equal(page.status, 200)
    const words = wordsOf(page)
    assert.match(words, /Mot de passe et code par e-mail/)
    assert.match(words, /prend fin le 28 février 2026/)
    assert.match(page.body, /href="\/_portillon\/account\/application"/)
    assert.match(page.body, /<a[^>]*href="\/dcc\/ui\/page\?x=1"[^>]*>Continuer<\/a>/)
    assert.equal((await use.visitor.page('/dcc/ui/page?x=1')).status, 200, 'the session is open already')
    assert.equal((await use.visitor.page(`${PREFIX}/account/application`)).status, 200)
    use.clock.advance('5m')
    use.visitor.cookies.delete(SESSION_COOKIE)
    assert.ok((await signIn()).location?.startsWith(ENDING), 'and after the next sign-in again')
  })

  it('names what somebody has already, and is not shown to those who use that', async () => {
    const visitor = use.visitor
    await signIn(visitor, ready.login)
    const secret = await addApplication(visitor, use.clock)
    const page = await visitor.page(`${ENDING}?to=x`)
    assert.match(wordsOf(page), /Vous pouvez déjà utiliser\s+Mot de passe et application d'authentification/)
    assert.doesNotMatch(page.body, /href="\/_portillon\/account\/application"/)
    use.clock.advance('5m')
    const other = createVisitor(use.gate)
    const choice = await other.page((await passPassword(other, { login: ready.login })).location ?? '')
    const question = await choose(other, choice.body, applicationOffer(choice.body))
    const form = { ...hiddenFields(question.body, CODE), code: codeOf(secret, use.clock) }
    assert.equal((await other.ask(CODE, { form })).location, '/dcc/')
    assert.equal((await other.page(`${ENDING}?to=x`)).location, '/')
  })

  it('R-07: leads nowhere but to pages of the site, and shows nothing to nobody', async () => {
    const stranger = await use.visitor.page(`${ENDING}?to=x`)
    assert.equal(stranger.status, 303)
    assert.match(stranger.location ?? '', /\/sign-in/)
    await signIn()
    for (const to of ['//evil.test', 'https://evil.test/', '%00']) {
      const page = await use.visitor.page(`${ENDING}?${new URLSearchParams({ to }).toString()}`)
      assert.doesNotMatch(page.body, /evil/)
    }
  })
})

describe('a way whose end is far', () => {
  const far = useGate({
    ways: [{ id: 'mailed-code', methods: ['password', 'email-code'], until: '2026-12-31', homologation: 'test' }],
  })

  it('G8: is not spoken of', async () => {
    assert.equal((await enterByMail(far.gate, far.visitor)).location, '/dcc/')
  })
})
