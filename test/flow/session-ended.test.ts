import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { keys } from '../../src/store/keys.ts'
import { SESSION_COOKIE, useGate } from '../kit/use-gate.ts'
import { createVisitor, hiddenFields, PREFIX, signIn, type Visitor } from '../kit/visitor.ts'

const use = useGate()

/** What the sign-in page says to a browser that comes with the cookie of a session that is over, in both languages. */
const said = async (visitor: Visitor): Promise<readonly string[]> => {
  const challenged = await visitor.page('/dcc/rcp?jour=lundi')
  assert.equal(challenged.status, 302)
  const address = challenged.location ?? ''
  assert.equal(new URL(address, use.gate.origin).searchParams.get('why'), 'expired')
  const words: string[] = []
  for (const language of ['fr', 'en']) {
    const { body } = await visitor.page(address, { 'accept-language': language })
    const alert = /<div class="alert[^"]*"[^>]*>(.*?)<\/div>/s.exec(body)?.[1] ?? assert.fail(body)
    const text = alert.replace(/<[^>]+>/g, ' ').replaceAll('&#39;', "'")
    words.push(text.replace(/\s+/g, ' ').trim())
  }
  return words
}

const newest = async (): Promise<string> => (await use.gate.app.lifecycle.find(''))[0]?.digest ?? assert.fail()

/** Ends every session of before, so that the only one is this visitor's. */
const begin = async (): Promise<string> => {
  const { lifecycle } = use.gate.app
  await lifecycle.end('revoked', ...(await lifecycle.find('')).map(({ digest }) => digest))
  await signIn(use.gate, use.visitor)
  return newest()
}

describe('R32: the sign-in page says how the session ended', () => {
  it('after the time without activity', async () => {
    await begin()
    use.clock.advance('31m')
    const [french = '', english = ''] = await said(use.visitor)
    assert.match(french, /expiré après 30 minutes sans activité/)
    assert.match(english, /expired after 30 minutes without activity/)
  })

  it('at its longest time, although the person was active', async () => {
    await begin()
    for (let round = 0; round < 30; round += 1) {
      use.clock.advance('20m')
      await use.visitor.page('/dcc/')
      await use.gate.settle()
    }
    const [french = '', english = ''] = await said(use.visitor)
    assert.match(french, /durée maximale \(10 heures\)/)
    assert.match(english, /longest time \(10 hours\)/)
    assert.doesNotMatch(french + english, /activi/)
  })

  it('by the team, and never why: a closed account reads like any other revocation', async () => {
    const digest = await begin()
    await use.gate.app.lifecycle.end('revoked', digest)
    const [french = '', english = ''] = await said(use.visitor)
    assert.match(french, /fermée par l'équipe qui gère le service/)
    assert.match(english, /closed by the team/)
    assert.doesNotMatch(french + english, /activi|désactiv|disabled|bloqu/)
  })

  it('by a new password, by signing out, by another sign-in', async () => {
    for (const [reason, words] of [
      ['password-changed', /mot de passe a été changé/],
      ['signed-out', /fermée par une déconnexion/],
      ['replaced', /nouvelle connexion a remplacé/],
    ] as const) {
      await use.gate.app.lifecycle.end(reason, await begin())
      assert.match((await said(use.visitor))[0] ?? '', words)
    }
  })

  it('to a browser that kept the cookie of a session that was signed out elsewhere', async () => {
    await begin()
    const kept = createVisitor(use.gate)
    kept.cookies.set(SESSION_COOKIE, use.visitor.cookies.get(SESSION_COOKIE) ?? '')
    const asked = await use.visitor.page(`${PREFIX}/sign-out`)
    await use.visitor.ask(`${PREFIX}/sign-out`, { form: hiddenFields(asked.body, `${PREFIX}/sign-out`) })
    assert.match((await said(kept))[0] ?? '', /fermée par une déconnexion/)
  })

  it('claims nothing when it is no longer known: an hour after the longest time, or with a store that was emptied', async () => {
    const digest = await begin()
    use.clock.advance('10h')
    assert.match((await said(use.visitor))[0] ?? '', /durée maximale/)
    use.clock.advance('1h')
    assert.match((await said(use.visitor))[0] ?? '', /^Votre session est terminée\./)
    const another = await begin()
    assert.notEqual(another, digest)
    for (const key of [keys.session(another), keys.sessionEnd(another)]) await use.gate.app.store.delete(key)
    assert.match((await said(use.visitor))[0] ?? '', /^Votre session est terminée\./)
  })

  it('a word in the link alone says nothing of any session', async () => {
    const page = await use.visitor.page(`${PREFIX}/sign-in?why=expired`)
    assert.match(page.body, /Votre session est terminée/)
    assert.doesNotMatch(page.body, /activité|équipe qui gère/)
  })
})
