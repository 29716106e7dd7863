import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { COLLEAGUE, SESSION_COOKIE, useGate } from '../kit/use-gate.ts'
import { createVisitor, hiddenFields, PREFIX, signIn, type Visitor } from '../kit/visitor.ts'

const use = useGate()

interface Known {
  readonly signedIn?: boolean
  readonly session?: { readonly left: number; readonly absolute: number; readonly person: string }
  readonly same?: boolean
  readonly texts?: Readonly<Record<string, string>>
}

const OURS = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }

const know = async (visitor: Visitor, query = ''): Promise<Known> =>
  JSON.parse((await visitor.ask(`${PREFIX}/session${query}`, { headers: OURS })).body) as Known

const stay = (visitor: Visitor, headers: Record<string, string> = {}) =>
  visitor.ask(`${PREFIX}/session`, {
    method: 'POST',
    headers: { ...OURS, origin: use.gate.origin, 'x-portillon-stay': '1', ...headers },
  })

describe('G9: a page of the application asks how long the session has left', () => {
  it('R29: and asking is no activity, however often', async () => {
    await signIn(use.gate, use.visitor)
    await use.gate.settle()
    assert.deepEqual((await know(use.visitor)).session?.left, 1_800)
    for (let minute = 1; minute < 30; minute += 1) {
      use.clock.advance('1m')
      assert.equal((await know(use.visitor)).session?.left, 1_800 - 60 * minute)
      await use.gate.settle()
    }
    use.clock.advance('61s')
    assert.deepEqual(await know(use.visitor), { signedIn: false })
    assert.equal((await use.visitor.page('/dcc/')).status, 302)
  })

  it('« Rester connecté » is activity, up to the absolute limit', async () => {
    await signIn(use.gate, use.visitor)
    use.clock.advance('29m')
    const kept = JSON.parse((await stay(use.visitor)).body) as Known
    assert.equal(kept.session?.left, 1_800)
    assert.equal(kept.session.absolute, 36_000 - 29 * 60)
    for (let time = 0; time < 19; time += 1) {
      use.clock.advance('29m')
      await stay(use.visitor)
    }
    const { session } = await know(use.visitor)
    assert.equal(session?.left, 20 * 60)
    assert.equal(session.absolute, 20 * 60)
    use.clock.advance('20m')
    assert.deepEqual(JSON.parse((await stay(use.visitor)).body), {})
  })

  it('R13: and brings nothing back that has ended', async () => {
    await signIn(use.gate, use.visitor)
    const cookie = use.visitor.cookies.get(SESSION_COOKIE) ?? ''
    const asked = await use.visitor.page(`${PREFIX}/sign-out`)
    await use.visitor.ask(`${PREFIX}/sign-out`, { form: hiddenFields(asked.body, `${PREFIX}/sign-out`) })
    use.visitor.cookies.set(SESSION_COOKIE, cookie)
    assert.deepEqual(JSON.parse((await stay(use.visitor)).body), {})
    assert.deepEqual(await know(use.visitor), { signedIn: false })
  })

  it('C-16, W-09: is kept alive by a script of this site only', async () => {
    await signIn(use.gate, use.visitor)
    use.clock.advance('20m')
    for (const headers of [
      { 'x-portillon-stay': '' },
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      { origin: 'null', 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ])
      assert.equal((await stay(use.visitor, headers)).status, 403, JSON.stringify(headers))
    const silent = await use.visitor.ask(`${PREFIX}/session`, { method: 'POST', headers: { 'x-portillon-stay': '1' } })
    assert.equal(silent.status, 403)
    assert.equal((await use.visitor.ask(`${PREFIX}/session`, { method: 'OPTIONS' })).status, 405)
    assert.equal((await know(use.visitor)).session?.left, 600)
  })

  it('R28: and whether it is still the same person, by a mark that names nobody', async () => {
    await signIn(use.gate, use.visitor)
    const { session } = await know(use.visitor)
    const mark = session?.person ?? assert.fail()
    assert.doesNotMatch(mark, /exemple/i)
    assert.equal((await know(use.visitor, `?person=${mark}`)).same, true)
    assert.equal((await know(use.visitor, '?person=somebody')).same, false)
    const other = createVisitor(use.gate)
    await signIn(use.gate, other, '/dcc/', COLLEAGUE.login)
    assert.equal((await know(other, `?person=${mark}`)).same, false)
  })

  it('gets its texts in the language of the page, or of the browser', async () => {
    await signIn(use.gate, use.visitor)
    assert.equal((await know(use.visitor, '?lang=fr')).texts?.['stay'], 'Rester connecté')
    assert.equal((await know(use.visitor, '?lang=en-GB')).texts?.['stay'], 'Stay signed in')
    assert.match((await know(use.visitor, '?lang=')).texts?.['soonWords'] ?? '', /\{time\}/)
    assert.equal((await know(use.visitor)).texts, undefined)
  })
})

describe('G9: the window beside the page', () => {
  it('begins at the sign-in and ends at a page of its own, never in the application', async () => {
    const page = await use.visitor.page(`${PREFIX}/sign-in/again`)
    assert.match(page.body, /Votre page reste ouverte à côté/)
    const fields = hiddenFields(page.body, `${PREFIX}/sign-in`)
    const { to = '' } = fields
    await signIn(use.gate, use.visitor)
    const onward = await use.visitor.page(`${PREFIX}/sign-in?to=${encodeURIComponent(to)}`)
    assert.equal(onward.location, `${PREFIX}/sign-in/done`)
    const done = await use.visitor.page(`${PREFIX}/sign-in/done`)
    assert.match(done.body, /Fermez cette fenêtre[^]*Camille Exemple/)
    assert.equal((await use.visitor.page(`${PREFIX}/sign-in/again`)).location, `${PREFIX}/sign-in/done`)
  })

  it('is no page for somebody who is not signed in', async () => {
    assert.equal((await use.visitor.page(`${PREFIX}/sign-in/done`)).location, `${PREFIX}/sign-in/again`)
  })
})
