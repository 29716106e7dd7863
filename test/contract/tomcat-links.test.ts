import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createManualClock } from '../kit/clock.ts'
import { startGate, type Gate } from '../kit/gate.ts'
import { signInFrom } from '../kit/kept-form.ts'
import { startTomcat, type RecordingTomcat } from '../kit/tomcat.ts'
import { createVisitor, hiddenFields, PREFIX, signIn, type Answer, type Visitor } from '../kit/visitor.ts'

// Links of record systems as they are today: the application is a servlet container, and must see them to the byte.

const DPI = 'https://dpi.example.test'
const SECRET = '250029912345672'

/** Queries and bodies that a reader and a writer would make another text of. */
const TEXTS = {
  'UTF-8': `nom=%C3%89p%C3%A9e&ins=${SECRET}`,
  'ISO-8859-1': `nom=%C9p%E9e&ins=${SECRET}`,
  'a blank as + and as %20': 'a=un+deux&b=un%20deux&c=%2B',
  'semicolons, escaped and not': 'a=1;b=2&c=%3B;',
  'empty values and no value': 'vide=&nu&=sans-nom&&fin=',
  'repeated names, in their order': 'x=1&y=2&x=3&x=',
  'escapes in both cases, and of letters that need none': 'a=%c3%A9&b=%41%7e~',
} as const

let tomcat: RecordingTomcat
let gate: Gate
let visitor: Visitor
const clock = createManualClock()

before(async () => {
  tomcat = await startTomcat()
  gate = await startGate({ upstream: tomcat.url, clock, site: { forms: { from: [DPI], paths: ['/body/**'] } } })
  visitor = createVisitor(gate)
})
after(async () => {
  await gate.stop()
  await tomcat.stop()
})

const NAVIGATION = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
const FROM_DPI = { ...NAVIGATION, 'sec-fetch-site': 'cross-site' }

/** What Tomcat received last, as its access log has it: start line and body, one character a byte. */
const received = async () => {
  // A line is written when its answer has left, which may be after the next request was read.
  let last
  for (let round = 0; round < 20 && last === undefined; round += 1) last = (await tomcat.served()).at(-1)
  return { startLine: last?.startLine ?? '', body: last?.body ?? '' }
}

/** A form of the record system: browsers send none of our cookies with it. */
const post = (path: string, body: string): Promise<Answer> =>
  visitor.ask(path, {
    bare: true,
    body,
    headers: { ...FROM_DPI, origin: DPI, referer: `${DPI}/`, 'content-type': 'application/x-www-form-urlencoded' },
  })

const keepCookies = ({ setCookies }: Answer): void => {
  for (const line of setCookies) {
    const [pair = ''] = line.split(';')
    visitor.cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
  }
}

/** From the page that asks whether the link shall go on to the application. */
const goOn = async (href: string): Promise<Answer> => {
  const page = await visitor.page(href)
  assert.match(page.body, /Votre logiciel vous a conduit ici/)
  assert.match(page.body, /dpi\.example\.test/)
  const form = hiddenFields(page.body, `${PREFIX}/kept-form`)
  const pressed = await visitor.ask(`${PREFIX}/kept-form`, {
    form,
    headers: { referer: `${gate.origin}${href}` },
  })
  assert.equal(pressed.status, 307, pressed.body)
  return visitor.ask(pressed.location ?? '', {
    form,
    headers: { referer: `${gate.origin}${href}`, accept: 'text/html' },
  })
}

describe('a link of a record system that is an address', () => {
  for (const [what, query] of Object.entries(TEXTS)) {
    it(`reaches Tomcat to the byte, with a session and after the sign-in: ${what}`, async () => {
      visitor = createVisitor(gate)
      clock.advance('1h')
      const path = `/body/dossier?${query}`
      const signedIn = await signIn(gate, visitor, path)
      assert.equal(signedIn.location, path)
      await visitor.page(signedIn.location, { 'sec-fetch-site': 'same-origin' })
      assert.equal((await received()).startLine, `GET ${path} HTTP/1.1`)
      await visitor.ask(path, { headers: FROM_DPI })
      assert.equal((await received()).startLine, `GET ${path} HTTP/1.1`)
    })
  }
})

describe('a link of a record system that is a form', () => {
  for (const [what, text] of Object.entries(TEXTS)) {
    it(`reaches Tomcat to the byte after the sign-in, and with a session: ${what}`, async () => {
      visitor = createVisitor(gate)
      clock.advance('1h')
      const path = `/body/appel?${text}`
      for (const isSignedIn of [false, true]) {
        const challenged = await post(path, text)
        assert.equal(challenged.status, 303, challenged.body)
        keepCookies(challenged)
        // With a session, which the browser shows as soon as it comes by GET, nobody is asked who they are.
        const href = isSignedIn
          ? ((await visitor.page(challenged.location ?? '', { 'sec-fetch-site': 'cross-site' })).location ?? '')
          : await signInFrom(gate, visitor, challenged.location)
        await goOn(href)
        assert.deepEqual(await received(), { startLine: `POST ${path} HTTP/1.1`, body: text })
      }
    })
  }

  it('is sent by nobody but the person who signed in where it came from', async () => {
    visitor = createVisitor(gate)
    clock.advance('1h')
    const challenged = await post('/body/appel', 'a=1')
    const stranger = createVisitor(gate)
    const href = await signInFrom(gate, stranger, challenged.location)
    assert.match((await stranger.page(href)).body, /n&#39;est plus gardée/)
    assert.equal(
      (await tomcat.served()).some(({ startLine }) => startLine.includes('/body/appel')),
      false,
    )
  })

  it('of a site that is not listed, to another page, or too large, is not kept', async () => {
    visitor = createVisitor(gate)
    const other = await visitor.ask('/body/appel', {
      bare: true,
      body: 'a=1',
      headers: {
        ...FROM_DPI,
        origin: 'https://evil.example.test',
        'content-type': 'application/x-www-form-urlencoded',
      },
    })
    assert.match(other.location ?? '', /why=form(?:&|$)/)
    assert.match((await post('/elsewhere', 'a=1')).location ?? '', /why=form(?:&|$)/)
    assert.match((await post('/body/appel', 'a'.repeat(70_000))).location ?? '', /why=form-too-large/)
  })
})

it('no value of any of these links stands in the log or the trail', () => {
  const all = JSON.stringify(gate.log)
  for (const secret of [SECRET, '%C9p%E9e', 'Épée']) assert.equal(all.includes(secret), false, secret)
})
