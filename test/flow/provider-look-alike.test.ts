import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startPscLookAlike, type PscLookAlike } from '../../deploy/demo/psc/look-alike.ts'
import { freePort } from '../kit/ports.ts'
import { PERSON, startGate, type Gate } from '../kit/gate.ts'
import { goToProvider, pscSite, SECRET } from '../kit/provider-gate.ts'
import { CLIENT_ID, CLIENT_SECRET } from '../kit/scripted-provider.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { createVisitor, hiddenFields, PREFIX, type Visitor } from '../kit/visitor.ts'

/** With a certified provider that has the paths and the words of Pro Santé Connect. */

let upstream: HttpUpstream
let psc: PscLookAlike
let gate: Gate
const jar = new Map<string, string>()

before(async () => {
  upstream = await startHttpUpstream()
  const port = await freePort()
  const at = `https://dcc.example.test${PREFIX}/pro-sante-connect`
  psc = await startPscLookAlike(
    {
      id: CLIENT_ID,
      secret: CLIENT_SECRET,
      redirectUri: `${at}/callback`,
      postLogoutRedirectUri: `${at}/signed-out`,
      // Where the gate really is; a provider reaches it by its public name.
      backChannelLogoutUri: `http://127.0.0.1:${port}${PREFIX}/pro-sante-connect/back-channel-logout`,
    },
    [{ nationalId: '899900000003', givenName: 'Camille', familyName: 'Exemple' }],
  )
  gate = await startGate({
    upstream: upstream.url,
    site: { ...pscSite(psc.issuer), hosts: ['dcc.example.test', `127.0.0.1:${port}`] },
    people: [PERSON],
    providers: { 'pro-sante-connect': SECRET },
    config: { listen: { address: '127.0.0.1', port, 'trusted-proxies': [] } },
  })
})
after(async () => {
  await gate.stop()
  await psc.close()
  await upstream.stop()
})

/** A browser at the provider: keeps its cookies, goes where it is sent until that is the gate. */
const follow = async (
  start: string,
  body?: URLSearchParams,
): Promise<{ location: string | null; text: string; url: string }> => {
  let url = start
  let form = body
  for (let hop = 0; hop < 12; hop += 1) {
    if (!url.startsWith('http://127.0.0.1') && !url.startsWith('http://localhost'))
      return { location: url, text: '', url }
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...jar].map((pair) => pair.join('=')).join('; ') },
      ...(form !== undefined && { method: 'POST', body: form }),
    })
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    }
    form = undefined
    const location = answer.headers.get('location')
    if (location === null) return { location: null, text: await answer.text(), url }
    url = new URL(location, url).href
  }
  throw new Error(`no end at ${url}`)
}

const pathOf = (url: string): string => `${new URL(url).pathname}${new URL(url).search}`

const signInThere = async (visitor: Visitor, choice: Readonly<Record<string, string>>) => {
  const sent = await goToProvider(visitor)
  const asked = await follow(sent.location ?? '')
  if (asked.location !== null) return visitor.page(pathOf(asked.location))
  assert.match(asked.text, /Imitation de Pro Santé Connect/)
  const { location } = await follow(asked.url, new URLSearchParams(choice))
  return visitor.page(pathOf(location ?? assert.fail('the provider did not lead back')))
}

describe('with a real provider that looks like Pro Santé Connect', () => {
  const visitor = () => createVisitor(gate)

  it('somebody cancels, and finds the other ways', async () => {
    jar.clear()
    const answer = await signInThere(visitor(), { cancel: 'yes' })
    assert.match(answer.location ?? '', /refused\?why=cancelled/)
  })

  it('somebody signs in, signs out here, and is signed out there and in their other browser', async () => {
    jar.clear()
    const [here, there] = [visitor(), visitor()]
    assert.equal((await signInThere(here, { person: '899900000003' })).location, '/dcc/')
    // Known at the provider: not asked again, in the same browser of theirs.
    assert.equal((await signInThere(there, {})).location, '/dcc/')
    const page = await here.page(`${PREFIX}/sign-out`)
    const form = hiddenFields(page.body, `${PREFIX}/sign-out`)
    const left = await here.ask(`${PREFIX}/sign-out`, { form })
    const question = await follow(left.location ?? '')
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(question.text)?.[1] ?? assert.fail(question.text)
    const action = /action="([^"]+)"/.exec(question.text)?.[1] ?? ''
    const done = await follow(action, new URLSearchParams({ xsrf, logout: 'yes' }))
    const back = await here.page(pathOf(done.location ?? assert.fail(done.text)))
    assert.match(back.body, /Votre session Pro Santé Connect est fermée, elle aussi/)
    // It has told the gate by the back channel, before it led the browser back.
    assert.equal((await there.page('/dcc/')).status, 302)
  })
})
