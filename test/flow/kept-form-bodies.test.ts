import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { ACTION, asForm, NOTE, reasonOf, sendAgain, sendForm, signInFrom, URLENCODED } from '../kit/kept-form.ts'
import { openRaw, type RawConnection } from '../kit/raw-http.ts'
import { useGate } from '../kit/use-gate.ts'
import { signIn } from '../kit/visitor.ts'

const use = useGate()

const sessionEnds = async () => {
  await signIn(use.gate, use.visitor)
  use.clock.advance('31m')
  use.upstream.forget()
}

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

const part = (name: string, content: Buffer, more = '') =>
  Buffer.concat([
    latin1(`------formé\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`),
    content,
    latin1('\r\n'),
  ])

/** As browsers send them: none of these is text that survives being read as UTF-8, split into lines or parsed. */
const BODIES: readonly (readonly [what: string, type: string, body: Buffer, measures: RegExp])[] = [
  [
    'ISO-8859-1, escaped and raw',
    `${URLENCODED}; charset=ISO-8859-1`,
    latin1('nom=Hélène&note=caf%E9%0D%0A+ligne+2&vide=&%20=%00&a=1&a=2'),
    /6 champs/,
  ],
  [
    'multipart with line ends in values, a file of any bytes and a boundary beyond ASCII',
    'multipart/form-data; boundary=----formé',
    Buffer.concat([
      part('note', latin1('première\r\n\r\n--\r\ndernière\r\n')),
      part('document', randomBytes(50_000), '; filename="compte rendu \xe9.pdf"\r\nContent-Type: application/pdf'),
      part('vide', Buffer.alloc(0)),
      latin1('------formé--\r\n'),
    ]),
    /3 champs, dont 1 fichier, 49/,
  ],
  ['text/plain', 'text/plain', latin1('note=une & deux\r\nsuite=3\r\n'), /2 champs/],
  ['no body at all', URLENCODED, Buffer.alloc(0), /Aucun champ/],
  ['every byte', URLENCODED, Buffer.from(Array.from({ length: 256 }, (_, at) => at)), /champs/],
  ['as much as may be kept', URLENCODED, Buffer.concat([latin1('note='), randomBytes(1_048_571)]), /1\s024\s?ko/],
]

describe('W-14, R7: the body of a kept form is that of the form, to the byte', () => {
  for (const [what, type, body, measures] of BODIES) {
    it(what, async () => {
      await sessionEnds()
      const challenged = await sendForm(use.gate, use.visitor, { type, body })
      assert.equal(reasonOf(challenged), 'form-kept')
      const offer = await signInFrom(use.gate, use.visitor, challenged.location)
      assert.match((await use.visitor.page(offer)).body, measures)
      await sendAgain(use.gate, use.visitor, offer)
      const [sent] = use.upstream.requests
      assert.ok(sent !== undefined)
      assert.equal(sent.headers['content-type'], type)
      assert.equal(sent.body.length, body.length)
      assert.equal(sha256(sent.body), sha256(body))
      assert.equal(sent.rawHeaders.filter((name) => /^content-(?:type|length)$/i.test(name)).length, 2)
    })
  }
})

describe('W-11: a form that is too large is told at once, and is not read to its end', () => {
  const connections: RawConnection[] = []
  const open = async () => {
    const connection = await openRaw({ port: use.gate.port })
    connections.push(connection)
    return connection
  }
  const head = (type: string, ...more: string[]) => {
    const headers = Object.entries(asForm(use.gate.origin, type)).map(([name, value]) => `${name}: ${String(value)}`)
    const cookie = `Cookie: ${use.visitor.cookieHeader()}`
    return [`POST ${ACTION} HTTP/1.1`, `Host: ${use.gate.host}`, cookie, ...headers, ...more, '', ''].join('\r\n')
  }
  const whyOf = (location: string | undefined) => new URL(location ?? '', 'https://x.invalid').searchParams.get('why')

  it('by the length that it announces, before a byte of it has come', async () => {
    await sessionEnds()
    for (const [type, why] of [
      [URLENCODED, 'form-too-large'],
      ['text/plain', 'form-too-large'],
      ['multipart/form-data; boundary=x', 'form-file-too-large'],
    ] as const) {
      const connection = await open()
      connection.write(head(type, 'Content-Length: 5000000'))
      const answer = await connection.answer()
      assert.equal(answer.status, 303)
      assert.equal(whyOf(answer.header('location')), why)
      connection.destroy()
    }
    const page = await use.visitor.page('/_portillon/sign-in?why=form-file-too-large')
    assert.match(page.body, /dépasse 1\u00a0Mo/)
    assert.equal(use.upstream.requests.length, 0)
  })

  it('as soon as it has grown too long, when it announces no length', async () => {
    await sessionEnds()
    const connection = await open()
    connection.write(head(URLENCODED, 'Transfer-Encoding: chunked'))
    const chunk = 'x'.repeat(65_536)
    for (let sent = 0; sent < 17; sent += 1) connection.write(`10000\r\n${chunk}\r\n`)
    const answer = await connection.answer()
    assert.equal(whyOf(answer.header('location')), 'form-too-large')
    connection.destroy()
  })

  it('sent in chunks and small enough, it is kept like any other', async () => {
    await sessionEnds()
    const connection = await open()
    connection.write(head(URLENCODED, 'Transfer-Encoding: chunked'))
    for (const chunk of [NOTE.slice(0, 7), NOTE.slice(7)])
      connection.write(`${chunk.length.toString(16)}\r\n${chunk}\r\n`)
    connection.write('0\r\n\r\n')
    const answer = await connection.answer()
    connection.destroy()
    const offer = await signInFrom(use.gate, use.visitor, answer.header('location'))
    await sendAgain(use.gate, use.visitor, offer)
    const [sent] = use.upstream.requests
    assert.equal(sent?.body.toString(), NOTE)
    assert.equal(sent.headers['transfer-encoding'], undefined)
  })

  it('a browser that goes on sending sees the page, not the end of its connection', async () => {
    await sessionEnds()
    const body = `note=${'x'.repeat(5_000_000)}`
    const answer = await sendForm(use.gate, use.visitor, { body })
    assert.equal(reasonOf(answer), 'form-too-large')
    assert.equal((await use.visitor.page(answer.location ?? '')).status, 200)
    assert.equal(use.upstream.requests.length, 0)
  })

  it('a script that uploads is told by 401 and JSON, before a byte of it has come', async () => {
    await sessionEnds()
    const connection = await open()
    const text = head('application/octet-stream', 'Content-Length: 5000000')
    connection.write(text.replace('navigate', 'cors').replace('sec-fetch-dest: document', 'sec-fetch-dest: empty'))
    const answer = await connection.answer()
    assert.equal(answer.status, 401)
    assert.match(answer.header('content-type') ?? '', /^application\/json/)
    connection.destroy()
    assert.equal(use.upstream.requests.length, 0)
  })

  it('a browser that leaves in the middle of its form leaves nothing behind', async () => {
    await sessionEnds()
    const connection = await open()
    connection.write(head(URLENCODED, 'Content-Length: 1000'))
    connection.write('note=')
    connection.destroy()
    assert.equal((await sendForm(use.gate, use.visitor)).status, 303)
    assert.equal((await use.gate.app.store.scan('kept-form:', 100)).length, 1)
  })
})
