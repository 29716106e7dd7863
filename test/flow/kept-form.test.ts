import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  ACTION,
  follow,
  handleIn,
  NOTE,
  PAGE,
  press,
  reasonOf,
  sendAgain,
  sendForm,
  signInFrom,
} from '../kit/kept-form.ts'
import { PERSON } from '../kit/gate.ts'
import { BROWSER_COOKIE, COLLEAGUE, SESSION_COOKIE, useGate } from '../kit/use-gate.ts'
import { createVisitor, hiddenFields, openSignIn, PREFIX, reachCodePage, signIn } from '../kit/visitor.ts'

const use = useGate()

/** Somebody signed in an hour ago and sends a form now: the session has been idle for too long. */
const sendTooLate = async (login = PERSON.login) => {
  await signIn(use.gate, use.visitor, '/dcc/', login)
  use.clock.advance('31m')
  use.upstream.forget()
  return sendForm(use.gate, use.visitor)
}

/** The same, and the person has signed in again: gives where they are led. */
const comeBack = async (): Promise<string> => {
  const { location } = await sendTooLate()
  return signInFrom(use.gate, use.visitor, location)
}

describe('R7, G1: a form that arrives when its session has ended', () => {
  it('waits for the same person, who sends it with one press: same address, type and bytes, the identity of now', async () => {
    const challenged = await sendTooLate()
    assert.equal(challenged.status, 303)
    assert.equal(reasonOf(challenged), 'form-kept')
    const signInPage = await use.visitor.page(challenged.location ?? '')
    assert.match(signInPage.body, /Votre saisie est gardée pendant 30 minutes/)

    const offer = await signInFrom(use.gate, use.visitor, challenged.location)
    assert.match(offer, /^\/_portillon\/kept-form\?form=[\w-]{24}$/)
    await use.visitor.page(offer)
    assert.equal(use.upstream.requests.length, 0, 'nothing is sent before it is asked for')

    const answer = await sendAgain(use.gate, use.visitor, offer)
    assert.equal(answer.status, 200)
    assert.equal(use.upstream.requests.length, 1)
    const [sent] = use.upstream.requests
    assert.ok(sent !== undefined)
    assert.equal(sent.method, 'POST')
    assert.equal(sent.url, ACTION)
    assert.equal(sent.headers['content-type'], 'application/x-www-form-urlencoded')
    assert.equal(sent.headers['content-length'], String(Buffer.byteLength(NOTE)))
    assert.equal(sent.body.toString('latin1'), NOTE)
    assert.equal(sent.headers.referer, `${use.gate.origin}${PAGE}`)
    assert.equal(sent.headers['x-remote-user'], PERSON.login)
    assert.notEqual(sent.headers['x-portillon-assertion'], '')
    assert.deepEqual(JSON.parse(answer.body), { ...JSON.parse(answer.body), method: 'POST', url: ACTION, body: NOTE })
  })

  it('is named by page, hour, person and size, and nothing of what was written is shown', async () => {
    const { body } = await use.visitor.page(await comeBack())
    assert.match(body, /Votre saisie a été gardée/)
    assert.ok(body.includes('/dcc/ui/patient.jsp?id=1024&amp;onglet=rcp'))
    assert.ok(body.includes('/dcc/ui/rcp-note.jsp'))
    assert.ok(body.includes('Camille Exemple'))
    assert.match(body, /2 champs, 1\u00a0ko/)
    assert.match(body, /Envoyer à nouveau[^]*Ne pas envoyer/)
    assert.doesNotMatch(body, /Douleur|thoracique/)
  })

  it('takes the cookies of the application with it, as they are when it is sent', async () => {
    const offer = await comeBack()
    use.visitor.cookies.set('JSESSIONID', 'OF-NOW')
    await sendAgain(use.gate, use.visitor, offer)
    assert.equal(use.upstream.requests[0]?.headers.cookie, 'JSESSIONID=OF-NOW')
  })

  it('is dropped when another person signs in, who learns that there was one and nothing else', async () => {
    const { location } = await sendTooLate()
    const offer = await signInFrom(use.gate, use.visitor, location, { login: COLLEAGUE.login })
    const page = await use.visitor.page(offer)
    assert.match(page.body, /Une saisie a été effacée/)
    for (const part of ['patient.jsp', 'rcp-note', 'Camille', 'Douleur', '1024'])
      assert.ok(!page.body.includes(part), part)
    assert.equal(
      (await use.visitor.ask(ACTION, { form: { a: 'b' }, headers: { referer: use.gate.origin + offer } })).status,
      303,
    )
    assert.deepEqual(use.upstream.requests, [])

    use.visitor.cookies.delete(SESSION_COOKIE)
    use.clock.advance('1m')
    await signIn(use.gate, use.visitor)
    assert.match((await use.visitor.page(offer)).body, /Une saisie a été effacée/, 'nor has its owner it any more')
  })

  it('is known in the browser that sent it alone, and a stranger who asks for it takes nothing away', async () => {
    const offer = await comeBack()
    const elsewhere = createVisitor(use.gate)
    await signIn(use.gate, elsewhere)
    assert.match((await elsewhere.page(offer)).body, /plus gardée/)
    assert.match((await use.visitor.page(offer)).body, /Envoyer à nouveau/)
  })

  it('is erased by « Ne pas envoyer », which leads back to the page', async () => {
    const offer = await comeBack()
    const dropped = await press(use.gate, use.visitor, offer, 'drop')
    assert.equal(dropped.status, 303)
    assert.equal(dropped.location, PAGE)
    assert.match((await use.visitor.page(offer)).body, /Votre saisie a été effacée/)
    assert.deepEqual(use.upstream.requests, [])
  })

  it('is kept for half an hour', async () => {
    const { location } = await sendTooLate()
    use.clock.advance('31m')
    const offer = await signInFrom(use.gate, use.visitor, location)
    assert.match((await use.visitor.page(offer)).body, /n&#39;est plus gardée/)
  })

  it('R5: is still there when the sign-in took too long and began again', async () => {
    const { location } = await sendTooLate()
    const page = await use.visitor.page(location ?? '')
    const fields = hiddenFields(page.body, `${PREFIX}/sign-in`)
    const begun = await use.visitor.ask(`${PREFIX}/sign-in`, {
      form: { ...fields, login: PERSON.login, password: 'Une-phrase-de-passe-2026', way: 'mailed-code' },
    })
    const codePage = await use.visitor.page(begun.location ?? '')
    use.clock.advance('16m')
    const form = { ...hiddenFields(codePage.body, `${PREFIX}/sign-in/code`), code: '123456' }
    const restarted = await use.visitor.ask(`${PREFIX}/sign-in/code`, { form })
    assert.equal(reasonOf(restarted), 'restarted')
    const offer = await signInFrom(use.gate, use.visitor, restarted.location)
    await sendAgain(use.gate, use.visitor, offer)
    assert.equal(use.upstream.requests[0]?.body.toString(), NOTE)
  })

  it('R4: a tab whose form was kept finds it when another tab has signed in', async () => {
    const { location } = await sendTooLate()
    await signIn(use.gate, use.visitor)
    const onward = await use.visitor.page(location ?? '')
    assert.equal(onward.status, 303)
    assert.match((await use.visitor.page(onward.location ?? '')).body, /Envoyer à nouveau/)
  })
})

describe('R7: a kept form is sent by its owner alone, once', () => {
  it('W-09: neither by looking, nor without the token of the page, nor from another site', async () => {
    const offer = await comeBack()
    const { body } = await use.visitor.page(offer)
    const fields = hiddenFields(body, `${PREFIX}/kept-form`)
    const referer = use.gate.origin + offer
    const attempts = [
      { form: { form: fields['form'] ?? '' }, headers: { referer } },
      { form: { ...fields, csrf: 'x'.repeat(43) }, headers: { referer, 'sec-fetch-site': 'cross-site' } },
      { form: fields, headers: { referer, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } },
      { form: fields, headers: { referer, origin: 'null', 'sec-fetch-site': 'cross-site' } },
    ]
    for (const attempt of attempts) assert.equal((await use.visitor.ask(`${PREFIX}/kept-form`, attempt)).status, 403)
    const unreleased = await follow(use.gate, use.visitor, offer, {
      ...(await use.visitor.page(offer)),
      ...{ status: 307, location: ACTION },
    })
    assert.equal(unreleased.status, 303)
    assert.equal(unreleased.location, offer)
    assert.deepEqual(use.upstream.requests, [])
    assert.match((await use.visitor.page(offer)).body, /Envoyer à nouveau/, 'and it is still there')
  })

  it('a browser that hides where it comes from is told, and is not led on: its press would look like a form of the application', async () => {
    const offer = await comeBack()
    const form = hiddenFields((await use.visitor.page(offer)).body, `${PREFIX}/kept-form`)
    for (const referer of ['', `${use.gate.origin}/`])
      assert.equal((await use.visitor.ask(`${PREFIX}/kept-form`, { form, headers: { referer } })).status, 403)
    assert.match((await use.visitor.page(offer)).body, /Envoyer à nouveau/)
  })

  it('not twice: neither by a double click, nor by reloading what the application answered', async () => {
    const offer = await comeBack()
    const { body } = await use.visitor.page(offer)
    const presses = await Promise.all([1, 2, 3].map(() => press(use.gate, use.visitor, offer, 'send', body)))
    const answers = await Promise.all(presses.map((pressed) => follow(use.gate, use.visitor, offer, pressed)))
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 303, 303])
    const reloaded = await follow(use.gate, use.visitor, offer, presses[0] ?? assert.fail())
    assert.equal(reloaded.location, offer)
    assert.match((await use.visitor.page(offer)).body, /Votre saisie a été envoyée/)
    assert.equal(use.upstream.requests.length, 1)
  })

  it('to its own address only', async () => {
    const offer = await comeBack()
    const pressed = await press(use.gate, use.visitor, offer)
    const astray = await follow(use.gate, use.visitor, offer, { ...pressed, location: '/dcc/admin/delete-all' })
    assert.equal(astray.location, offer)
    assert.deepEqual(use.upstream.requests, [])
  })

  it('a press whose session has ended again leads through the sign-in back to the form, and is not kept as a form itself', async () => {
    const offer = await comeBack()
    const pressed = await press(use.gate, use.visitor, offer)
    use.clock.advance('1m')
    use.visitor.cookies.delete(SESSION_COOKIE)
    const challenged = await follow(use.gate, use.visitor, offer, pressed)
    assert.equal(reasonOf(challenged), 'form-kept')
    assert.equal(await signInFrom(use.gate, use.visitor, challenged.location), offer)
    await sendAgain(use.gate, use.visitor, offer)
    assert.deepEqual(
      use.upstream.requests.map(({ body }) => body.toString()),
      [NOTE],
    )
  })

  it('the trail tells that it was kept, sent and by whom, and nothing of what it says', async () => {
    const offer = await comeBack()
    await sendAgain(use.gate, use.visitor, offer)
    const { db } = use.gate.app.database
    const read = () => db.selectFrom('audit').selectAll().where('event', 'like', 'form.%').orderBy('id').execute()
    let rows = await read()
    while (rows.at(-1)?.event !== 'form.sent') {
      await new Promise((resolve) => setImmediate(resolve))
      rows = await read()
    }
    assert.equal(rows.at(-2)?.event, 'form.kept')
    assert.equal(rows.at(-1)?.login, PERSON.login)
    assert.equal(rows.at(-1)?.site, 'onco-test')
    assert.doesNotMatch(JSON.stringify(rows), /patient|Douleur|1024/)
    assert.doesNotMatch(JSON.stringify(use.gate.log), /Douleur/)
  })
})

describe('R7: what is not kept is said on the sign-in page', () => {
  const lost = async (answer: Awaited<ReturnType<typeof sendForm>>, why = 'form') => {
    assert.equal(answer.status, 303)
    assert.equal(reasonOf(answer), why)
    const page = await use.visitor.page(answer.location ?? '')
    assert.match(page.body, /n&#39;a pas été transmise|pu être gardé/)
    assert.deepEqual(use.upstream.requests, [])
  }

  it('the form of somebody who had no session, or a cookie that is not ours', async () => {
    use.upstream.forget()
    await openSignIn(use.visitor)
    await lost(await sendForm(use.gate, use.visitor))
    use.visitor.cookies.set(SESSION_COOKIE, `s%3A${'a'.repeat(32)}.${'b'.repeat(43)}`)
    await lost(await sendForm(use.gate, use.visitor))
  })

  it('the form of somebody who has signed out in another tab: on a shared workstation that was the wish', async () => {
    await signIn(use.gate, use.visitor)
    const asked = await use.visitor.page(`${PREFIX}/sign-out`)
    await use.visitor.ask(`${PREFIX}/sign-out`, { form: hiddenFields(asked.body, `${PREFIX}/sign-out`) })
    use.upstream.forget()
    await lost(await sendForm(use.gate, use.visitor))
  })

  it('C-16: a form of another site, of another window than the top one, or of nobody knows where', async () => {
    await sendTooLate()
    const foreign = [
      { origin: 'https://evil.example', referer: 'https://evil.example/', 'sec-fetch-site': 'cross-site' },
      { origin: 'https://other.example.test', 'sec-fetch-site': 'same-site' },
      { origin: 'null' },
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-dest': 'iframe' },
      { referer: undefined },
      { referer: 'https://evil.example/' },
      { origin: undefined, referer: 'https://evil.example/', 'sec-fetch-site': undefined },
    ]
    for (const headers of foreign) await lost(await sendForm(use.gate, use.visitor, { headers }))
  })

  it('an older browser says less, and its form is kept when its page is one of ours', async () => {
    await signIn(use.gate, use.visitor)
    use.clock.advance('31m')
    const silent = { 'sec-fetch-site': undefined, 'sec-fetch-mode': undefined, 'sec-fetch-dest': undefined }
    assert.equal(reasonOf(await sendForm(use.gate, use.visitor, { headers: silent })), 'form-kept')
    assert.equal(
      reasonOf(await sendForm(use.gate, use.visitor, { headers: { ...silent, origin: undefined } })),
      'form-kept',
    )
  })

  it('a body of a kind that no form has, and a form without a browser of ours', async () => {
    await sendTooLate()
    for (const type of ['application/json', 'text/x-gwt-rpc; charset=utf-8', 'text/plainer', ''])
      await lost(await sendForm(use.gate, use.visitor, { type }))
    await lost(await sendForm(use.gate, use.visitor, { headers: { 'content-encoding': 'gzip' } }))
    use.visitor.cookies.delete(BROWSER_COOKIE)
    await lost(await sendForm(use.gate, use.visitor))
  })

  it('an address that a browser would not bring back as it is', async () => {
    await sendTooLate()
    for (const path of ['/dcc/ui/<x>', '/dcc/ui/x?q="a"']) {
      const answer = await sendForm(use.gate, use.visitor, { path })
      assert.equal(reasonOf(answer), 'form', path)
    }
  })

  it('S-16: more forms of one session than anybody has tabs', async () => {
    await signIn(use.gate, use.visitor)
    use.clock.advance('31m')
    use.upstream.forget()
    for (let tab = 0; tab < 8; tab += 1) assert.equal(reasonOf(await sendForm(use.gate, use.visitor)), 'form-kept')
    await lost(await sendForm(use.gate, use.visitor))
  })

  it('W-11: a script keeps its page: it gets 401 and JSON, and nothing of it is kept', async () => {
    await sendTooLate()
    const answer = await sendForm(use.gate, use.visitor, {
      headers: { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', accept: '*/*' },
    })
    assert.equal(answer.status, 401)
    assert.equal((JSON.parse(answer.body) as { error: string }).error, 'sign-in-required')
  })

  it('R8: a sign-in that begins with a page still ends at that page', async () => {
    await signIn(use.gate, use.visitor)
    use.clock.advance('31m')
    await reachCodePage(use.visitor, '/dcc/ui/patients.jsp')
    assert.equal(handleIn(await comeBack()).length, 24)
  })
})
