import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PERSON } from '../kit/gate.ts'
import { mailedLink, resetBy, trailOf, wordsOf } from '../kit/passwords.ts'
import { COLLEAGUE, SESSION_COOKIE, useGate } from '../kit/use-gate.ts'
import { createVisitor, giveCredentials, openSignIn, signIn, type Visitor } from '../kit/visitor.ts'

const use = useGate({
  password: { length: 8, forgotten: 'mail' },
  'email-code': { from: 'WebDCR <WebDCR@example.test>', 'per-hour': 60 },
})

const KNOWN = '__Host-portillon-known'

const tryIn = async (visitor: Visitor, login: string, password?: string) =>
  giveCredentials(visitor, await openSignIn(visitor), login, password)

/** A stranger, from the very same address, who fails until the door is shut. */
const shutBy = async (stranger: Visitor, login: string): Promise<void> => {
  for (let round = 0; round < 6; round += 1) assert.equal((await tryIn(stranger, login, `faux-${round}`)).status, 401)
  const shut = await tryIn(stranger, login)
  assert.equal(shut.status, 429)
  assert.match(wordsOf(shut), /Trop d'essais ont échoué/)
}

/** What a browser holds after its session is over. */
const onlyKnown = (visitor: Visitor): void => {
  for (const name of visitor.cookies.keys()) if (name !== KNOWN) visitor.cookies.delete(name)
}

describe('C-05: the browser of somebody who has signed in before', () => {
  it('opens to them while a stranger at the same address has shut the door to everybody else', async () => {
    await signIn(use.gate, use.visitor)
    onlyKnown(use.visitor)
    await shutBy(createVisitor(use.gate), PERSON.login)
    assert.equal((await tryIn(createVisitor(use.gate), PERSON.login)).status, 429)
    assert.match((await tryIn(use.visitor, PERSON.login)).location ?? '', /sign-in\/code/)
    assert.equal((await tryIn(use.visitor, COLLEAGUE.login)).status, 303, 'nobody shut that one')
  })

  it('is told by one cookie, of our own, that lasts and names nobody', async () => {
    const landed = await signIn(use.gate, use.visitor)
    const line = landed.setCookies.find((text) => text.startsWith(`${KNOWN}=`)) ?? assert.fail('no such cookie')
    assert.match(line, /; Path=\/; Max-Age=15552000; HttpOnly; Secure; SameSite=Lax$/)
    assert.ok(line.length < 300 && !/exemple|modele/i.test(line), line)
    await use.visitor.page('/dcc/')
    const cookies = use.upstream.requests.at(-1)?.headers['cookie']
    assert.ok(!String(cookies).includes('portillon'), String(cookies))
  })

  it('grants nothing: it opens no page, and skips neither password nor code', async () => {
    await signIn(use.gate, use.visitor)
    onlyKnown(use.visitor)
    assert.equal((await use.visitor.page('/dcc/')).status, 302)
    assert.equal((await tryIn(use.visitor, PERSON.login, 'faux')).status, 401)
    assert.equal(use.visitor.cookies.has(SESSION_COOKIE), false)
  })

  it('stays with a stranger’s own account: what they may do there buys them nothing elsewhere', async () => {
    const stranger = use.visitor
    await signIn(use.gate, stranger, '/dcc/', COLLEAGUE.login)
    onlyKnown(stranger)
    await shutBy(stranger, PERSON.login)
    assert.equal((await tryIn(stranger, PERSON.login)).status, 429)
  })

  it('is also the one in which a mailed link set a new password', async () => {
    const stranger = createVisitor(use.gate)
    await shutBy(stranger, COLLEAGUE.login)
    const owner = use.visitor
    const password = 'Jonquille des prés n° 7'
    await resetBy(owner, await mailedLink(use.gate, owner, COLLEAGUE.login), password)
    await shutBy(stranger, COLLEAGUE.login)
    assert.match((await tryIn(owner, COLLEAGUE.login, password)).location ?? '', /sign-in\/code/)
  })

  it('the trail says why a try was not judged', async () => {
    const rows = await trailOf(use.gate, 'sign-in.throttled')
    assert.ok(rows.length > 0 && rows.every(({ detail }) => detail === 'tries'))
  })
})
