import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { startGate, PERSON, type Gate } from '../kit/gate.ts'
import { disown, enterByMail, notMeLinkIn } from '../kit/notices.ts'
import { trailOf } from '../kit/passwords.ts'
import { goToProvider, pscSite, SECRET } from '../kit/provider-gate.ts'
import { CAMILLE, startScriptedProvider, type ScriptedProvider } from '../kit/scripted-provider.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { createVisitor, hiddenFields, PREFIX, type Answer, type Visitor } from '../kit/visitor.ts'

/** A person whose account has no number links Pro Santé Connect by presenting it (G19). */

const ACCOUNT = `${PREFIX}/account`
const LINK = `${ACCOUNT}/link`
const NUMBER = '899900000045'
const { nationalId: _, ...nobody } = PERSON
const NEWCOMER = { ...nobody, login: 'n.nouveau', email: 'n.nouveau@example.test' }
const OTHER = { ...nobody, login: 'o.autre', email: 'o.autre@example.test' }

let upstream: HttpUpstream
let provider: ScriptedProvider
let gate: Gate

before(async () => {
  upstream = await startHttpUpstream()
  provider = await startScriptedProvider()
  gate = await startGate({
    upstream: upstream.url,
    site: pscSite(provider.issuer),
    providers: { 'pro-sante-connect': SECRET },
    people: [PERSON, NEWCOMER, OTHER],
  })
})
after(async () => {
  await gate.stop()
  await provider.stop()
  await upstream.stop()
})
beforeEach(() => {
  const userinfo = { ...CAMILLE, sub: `f:1:${NUMBER}`, SubjectNameID: NUMBER, preferred_username: NUMBER }
  provider.says({ userinfo, claims: { sub: `f:1:${NUMBER}` } })
})

const enter = async (login: string): Promise<Visitor> => {
  const visitor = createVisitor(gate)
  await enterByMail(gate, visitor, { login })
  return visitor
}
const linkOn = (page: Answer): string => {
  const href = new RegExp(`href="(${PREFIX}/pro-sante-connect\\?to=[^"]+)"`).exec(page.body)?.[1]
  return (href ?? assert.fail('the page offers nothing to link')).replaceAll('&amp;', '&')
}
/** From « Relier Pro Santé Connect » to the page that asks whether to. */
const present = async (visitor: Visitor): Promise<Answer> => {
  const sent = await visitor.page(linkOn(await visitor.page(ACCOUNT)))
  const back = await visitor.page(provider.answerTo(sent.location ?? ''))
  assert.equal(back.status, 303, back.body)
  return visitor.page(back.location ?? '')
}
const confirm = (visitor: Visitor, page: Answer) => visitor.ask(LINK, { form: hiddenFields(page.body, LINK) })
/** Where Pro Santé Connect leads now, in a browser that knows nobody. */
const arrive = async (): Promise<Answer> => {
  const stranger = createVisitor(gate)
  const sent = await goToProvider(stranger, '/dcc/')
  return stranger.page(provider.answerTo(sent.location ?? ''))
}
/** The mail that tells of it, among those of new devices. */
const noticeSince = (count: number) => {
  const all = gate.mails()
  const mail = all.slice(0, all.length - count).find(({ text }) => /Carte ou compte relié/.test(text))
  return mail ?? assert.fail('no mail tells of it')
}
const events = async (event: string, login: string) => {
  for (let round = 0; ; round += 1) {
    const rows = (await trailOf(gate, event)).filter((row) => row.login === login)
    if (rows.length > 0 || round === 100) return rows
    await pause(25)
  }
}

describe('linking Pro Santé Connect to an account that has no number (G19)', () => {
  it('is refused to strangers with a page that names the referent and says how to link', async () => {
    const refused = await arrive()
    assert.equal(refused.status, 403)
    assert.match(refused.body, /Pro Santé Connect vous a reconnu/)
    assert.match(refused.body, /Mon compte/)
  })

  it('asks whether to, shows the number and the account, and then leads in by it; a mail tells of it', async () => {
    const visitor = await enter(NEWCOMER.login)
    const mails = gate.mails().length
    const page = await present(visitor)
    assert.equal(page.status, 200)
    assert.match(page.body, new RegExp(NUMBER))
    assert.match(page.body, /n\.nouveau/)
    assert.equal((await arrive()).status, 403, 'nothing is linked before it is said')
    const done = await confirm(visitor, page)
    assert.equal(done.location, `${ACCOUNT}?done=linked`)
    const after = await visitor.page(done.location)
    assert.match(after.body, new RegExp(NUMBER))
    assert.equal((await arrive()).location, '/dcc/')
    assert.ok(!noticeSince(mails).subject.includes(NUMBER))
    const [row] = await events('account.identity-linked', NEWCOMER.login)
    assert.equal(row?.method, 'pro-sante-connect')
    assert.equal(row.detail, provider.issuer)
  })

  it('gives the number to the application from then on, however the person signs in', async () => {
    const visitor = await enter(NEWCOMER.login)
    await visitor.page('/dcc/')
    assert.equal(upstream.requests.at(-1)?.headers['x-user-rpps'], NUMBER.slice(1))
  })

  it('does not give the number of somebody to somebody else', async () => {
    const visitor = await enter(OTHER.login)
    const refused = await confirm(visitor, await present(visitor))
    assert.equal(refused.status, 409)
    assert.match(refused.body, /mène déjà à un autre accès/)
    const [row] = await events('account.identity-refused', OTHER.login)
    assert.equal(row?.detail, `taken ${provider.issuer}`)
  })

  it('does not take from another browser, account or time what was presented here', async () => {
    const one = await enter(NEWCOMER.login)
    const two = await enter(OTHER.login)
    provider.says({
      userinfo: { ...CAMILLE, sub: 'f:1:899900000052', SubjectNameID: '899900000052' },
      claims: { sub: 'f:1:899900000052' },
    })
    const page = await present(two)
    const form = { ...hiddenFields((await one.page(ACCOUNT)).body), ...hiddenFields(page.body, LINK) }
    const { csrf } = hiddenFields((await one.page(ACCOUNT)).body)
    const stolen = await one.ask(LINK, { form: { ...form, csrf: csrf ?? '' } })
    assert.equal(stolen.location, `${ACCOUNT}?done=link-expired`)
    assert.equal((await confirm(two, page)).location, `${ACCOUNT}?done=linked`, 'its owner still can')
    assert.equal((await confirm(two, page)).location, `${ACCOUNT}?done=link-expired`, 'once')
  })

  it('is undone by the person, and by « Ce n’est pas moi »', async () => {
    const visitor = await enter(NEWCOMER.login)
    const account = await visitor.page(ACCOUNT)
    const remove = /name="factor" value="([^"]+)"/.exec(account.body)?.[1] ?? assert.fail('nothing to remove')
    const { csrf = '' } = hiddenFields(account.body)
    const removed = await visitor.ask(`${ACCOUNT}/factors/remove`, { form: { csrf, factor: remove } })
    assert.equal(removed.location, `${ACCOUNT}?done=removed`)
    assert.equal((await arrive()).status, 403)

    const before = gate.mails().length
    await confirm(visitor, await present(visitor))
    assert.equal((await arrive()).location, '/dcc/')
    const gone = await disown(gate, notMeLinkIn(noticeSince(before), gate.origin))
    assert.equal(gone.status, 200)
    assert.equal((await arrive()).status, 403)
  })
})
