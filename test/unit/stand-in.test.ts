import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { Whoami } from '../../deploy/demo/pages/whoami.ts'
import { startStandIn, type StandIn } from '../../deploy/demo/stand-in.ts'
import { createAssertionSigner, type AssertionSigner } from '../fixtures/assertion-signer.ts'
import { createManualClock } from '../kit/clock.ts'
import { createSigning, SIGNATURE_SECRET, SIGNED_HEADERS, signingSite, ZOE } from '../kit/signed-request.ts'

/** With a bare ISO-8859-1 byte, which nothing on the way may touch. */
const DISPOSITION = `attachment; filename="Fiche DCC région.csv"; filename*=UTF-8''Fiche%20DCC%20r%C3%A9gion.csv`

const NOW = Date.UTC(2026, 10, 24, 9, 30)

let signer: AssertionSigner
let app: StandIn

before(async () => {
  signer = await createAssertionSigner()
  app = await startStandIn({
    jwks: () => signer.jwks,
    issuer: () => signer.issuer,
    audience: signer.audience,
    now: () => NOW,
  })
})

after(() => app.close())

interface Ask extends RequestInit {
  readonly claims?: Readonly<Record<string, unknown>>
}

/** A request as the gate sends it: with the assertion, and no redirect followed. */
const ask = async (path: string, { claims, headers, ...init }: Ask = {}): Promise<Response> => {
  const all = new Headers(headers)
  all.set('X-Portillon-Assertion', await signer.sign(claims, NOW))
  return fetch(app.url + path, { redirect: 'manual', ...init, headers: all })
}

/** The same by node:http, which neither joins the headers that it sends nor decodes those that it receives. */
const askRaw = async (
  path: string,
  headers: readonly string[],
): Promise<{ headers: IncomingHttpHeaders; body: Buffer }> => {
  const { host, hostname, port } = new URL(app.url)
  const token = await signer.sign({}, NOW)
  const all = ['Host', host, 'Accept', 'application/json', 'X-Portillon-Assertion', token, ...headers]
  const sent = request({ hostname, port, path, headers: all }).end()
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  return { headers: answer.headers, body: Buffer.concat((await answer.toArray()) as Buffer[]) }
}

const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex')

describe('the stand-in refuses whoever did not come through the gate', () => {
  it('H-17: answers 403 and says why to a request without an assertion', async () => {
    const response = await fetch(`${app.url}/dcc/ui/GwtDCR.jsp`)
    const page = await response.text()
    assert.equal(response.status, 403)
    assert.match(page, /identité non vérifiée/)
    assert.match(page, /aucune assertion reçue/)
    assert.equal(response.headers.get('set-cookie'), null)
  })

  it('H-17: does not believe copied identity headers', async () => {
    const response = await fetch(`${app.url}/dcc/whoami`, { headers: { 'X-Remote-User': 'z.oeuvrard' } })
    assert.equal(response.status, 403)
  })

  for (const [what, claims] of [
    ['for another application', { aud: 'other' }],
    ['from another gate', { iss: 'https://elsewhere.example.test' }],
    ['that has expired', { exp: Math.floor(NOW / 1000) - 60 }],
    ['that names nobody', { sub: undefined }],
  ] as const) {
    it(`H-17: refuses an assertion ${what}`, async () => {
      const response = await ask('/dcc/whoami', { claims })
      assert.equal(response.status, 403)
    })
  }

  it('H-17: refuses an assertion signed by somebody else with the same key id', async () => {
    const stranger = await createAssertionSigner()
    const response = await fetch(`${app.url}/dcc/whoami`, {
      headers: { 'X-Portillon-Assertion': await stranger.sign({}, NOW), Accept: 'application/json' },
    })
    assert.equal(response.status, 403)
    assert.deepEqual(await response.json(), {
      status: 403,
      message: 'Accès direct interdit : passez par la passerelle',
    })
  })

  it('H-17: refuses an assertion that says it needs no signature', async () => {
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const second = Math.floor(NOW / 1000)
    const claims = { iss: signer.issuer, aud: signer.audience, sub: '1', iat: second, exp: second + 60 }
    const response = await fetch(`${app.url}/dcc/whoami`, {
      headers: { 'X-Portillon-Assertion': `${part({ alg: 'none' })}.${part(claims)}.` },
    })
    assert.equal(response.status, 403)
  })

  it('gives its public folder to anybody, with validators that work', async () => {
    const first = await fetch(`${app.url}/dcc/static/dcc.css`)
    assert.equal(first.status, 200)
    assert.equal(first.headers.get('content-type'), 'text/css')
    const again = await fetch(`${app.url}/dcc/static/dcc.css`, {
      headers: { 'If-None-Match': first.headers.get('etag') ?? '' },
    })
    assert.equal(again.status, 304)
    assert.equal(await again.text(), '')
  })

  it('does not leave its public folder by dot segments or path parameters (P-01)', async () => {
    for (const path of ['/dcc/static/%2e%2e/whoami', '/dcc/static;x/..;y/whoami', '//dcc/whoami'])
      assert.equal((await fetch(app.url + path)).status, 403, path)
    assert.equal((await fetch(`${app.url}/dcc/static/..%2fwhoami`)).status, 400)
  })
})

describe('the stand-in shows what it received', () => {
  it('decodes percent-encoded UTF-8 in identity headers and verifies the assertion', async () => {
    const response = await ask('/dcc/whoami', {
      headers: { 'X-User-Name': 'Zo%C3%A9%20%C5%92uvrard', 'X-User-Email': '', Accept: 'application/json' },
    })
    const received = (await response.json()) as Whoami
    assert.equal(received.assertion.verified && received.assertion.claims['name'], 'Zoé Œuvrard')
    const byName = new Map(received.identity.map(({ name, value }) => [name.toLowerCase(), value]))
    assert.equal(byName.get('x-user-name'), 'Zoé Œuvrard')
    assert.equal(byName.get('x-user-email'), '')
  })

  it('H-01: keeps two headers of one name apart', async () => {
    const { body } = await askRaw('/dcc/whoami', ['X-Remote-User', 'root', 'X-Remote-User', 'z.oeuvrard'])
    const received = JSON.parse(body.toString()) as Whoami
    assert.deepEqual(
      received.identity.filter(({ name }) => name === 'X-Remote-User').map(({ value }) => value),
      ['root', 'z.oeuvrard'],
    )
  })

  it('greets a doctor as « Dr » and anybody else by name, on every page', async () => {
    const doctor = await (await ask('/dcc/ui/patients.jsp')).text()
    assert.match(doctor, /<b id="person">Dr Zoé Œuvrard<\/b>\s*<span id="roles">Médecin</)
    const other = await (await ask('/dcc/ui/patients.jsp', { claims: { name: 'Ève', roles: ['secretaire'] } })).text()
    assert.match(other, /<b id="person">Ève<\/b>/)
  })

  it('escapes names and searches', async () => {
    const page = await (await ask('/dcc/ui/patients.jsp?q=%22%3E%3Cscript%3E', { claims: { name: '<i>' } })).text()
    assert.doesNotMatch(page, /<script>|<i>/)
    assert.match(page, /value="&quot;&gt;&lt;script&gt;"/)
  })

  it('shows the address of a deep link as it arrived', async () => {
    const page = await (await ask('/dcc/ui/patient.jsp?id=1024&onglet=rcp&q=a+b%20c%26d')).text()
    assert.match(page, /id="received">\/dcc\/ui\/patient\.jsp\?id=1024&amp;onglet=rcp&amp;q=a\+b%20c%26d</)
    assert.match(page, /id="search">a b c&amp;d</)
  })

  it('marks everything in red when it is told not to refuse', async () => {
    const open = await startStandIn({
      jwks: () => signer.jwks,
      issuer: () => signer.issuer,
      audience: signer.audience,
      refuseUnverified: false,
    })
    const response = await fetch(`${open.url}/dcc/ui/patients.jsp`)
    assert.equal(response.status, 200)
    assert.match(await response.text(), /class="unverified">identité non vérifiée</)
    await open.close()
  })
})

describe('the stand-in behaves like a servlet container', () => {
  it('redirects to its own host and port, whatever Host says', async () => {
    for (const [path, location] of [
      ['/', '/dcc/'],
      ['/dcc', '/dcc/'],
      ['/dcc/', '/dcc/ui/GwtDCR.jsp'],
    ] as const) {
      const response = await ask(path, { headers: { Host: 'dcc.example.test' } })
      assert.equal(response.status, 302)
      assert.equal(response.headers.get('location'), app.url + location)
    }
  })

  it('opens a JSESSIONID session and writes it into links until the cookie has come back', async () => {
    const first = await ask('/dcc/ui/GwtDCR.jsp')
    const cookie = /^(JSESSIONID=([0-9A-F]{32})); Path=\/dcc; HttpOnly$/.exec(first.headers.get('set-cookie') ?? '')
    assert.ok(cookie !== null)
    assert.match(await first.text(), new RegExp(`patients\\.jsp;jsessionid=${cookie[2] ?? ''}`))
    const second = await ask('/dcc/ui/GwtDCR.jsp', { headers: { Cookie: `a=b; ${cookie[1] ?? ''}` } })
    assert.equal(second.headers.get('set-cookie'), null)
    assert.doesNotMatch(await second.text(), /jsessionid/)
    assert.equal((await ask(`/dcc/ui/patients.jsp;jsessionid=${cookie[2] ?? ''}`)).status, 200)
  })

  it('ends that session at /dcc/logout', async () => {
    const cookie = ((await ask('/dcc/ui/GwtDCR.jsp')).headers.get('set-cookie') ?? '').slice(0, 43)
    const out = await ask('/dcc/logout', { headers: { Cookie: cookie } })
    assert.match(out.headers.get('set-cookie') ?? '', /^JSESSIONID=; .*Max-Age=0/)
    assert.notEqual((await ask('/dcc/ui/GwtDCR.jsp', { headers: { Cookie: cookie } })).headers.get('set-cookie'), null)
  })

  it('answers a posted note with 303 and shows it with its author', async () => {
    const posted = await ask('/dcc/ui/rcp-note.jsp', {
      method: 'POST',
      body: new URLSearchParams({ patient: '1031', note: 'Relire la TDM <b>d’hier</b>' }),
    })
    assert.equal(posted.status, 303)
    assert.match(posted.headers.get('location') ?? '', /\/dcc\/ui\/patient\.jsp\?id=1031&onglet=rcp#note-\d+$/)
    const page = await (await ask('/dcc/ui/patient.jsp?id=1031&onglet=rcp')).text()
    assert.match(page, /<b>Dr Zoé Œuvrard<\/b>[^]*Relire la TDM &lt;b&gt;d’hier&lt;\/b&gt;/)
  })

  it('answers HEAD as GET without a body, 204 without one, 405 with what is allowed, 404 like Tomcat', async () => {
    const get = await ask('/dcc/ui/patients.jsp')
    const head = await ask('/dcc/ui/patients.jsp', { method: 'HEAD' })
    assert.equal(head.headers.get('content-length'), get.headers.get('content-length'))
    assert.equal(await head.text(), '')
    assert.equal(head.headers.get('server'), 'Apache-Coyote/1.1')
    const none = await ask('/dcc/api/presence', { method: 'POST' })
    assert.deepEqual([none.status, none.headers.get('content-length')], [204, null])
    const refused = await ask('/dcc/ui/patients.jsp', { method: 'DELETE' })
    assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'GET, HEAD'])
    assert.match(await (await ask('/dcc/nowhere.jsp')).text(), /Etat HTTP 404/)
  })

  it('prints a record in ISO-8859-1', async () => {
    const response = await ask('/dcc/ui/impression.jsp?id=1112')
    const bytes = Buffer.from(await response.arrayBuffer())
    assert.equal(response.headers.get('content-type'), 'text/html;charset=ISO-8859-1')
    assert.ok(bytes.includes(Buffer.from('Édité le', 'latin1')))
    assert.ok(bytes.includes('C&#339;lia'))
  })

  it('speaks as GWT-RPC does, errors included', async () => {
    const call = (body: string): Promise<Response> =>
      ask('/dcc/ui/gwtdcr/DossierService', {
        method: 'POST',
        body,
        headers: { 'Content-Type': 'text/x-gwt-rpc; charset=utf-8' },
      })
    const answered = await (await call('7|0|4|http://x/|0F5A|Service|getMessages|1|2|3|4|0|')).text()
    assert.match(answered, /^\/\/OK\[.*Bonjour Dr Zoé Œuvrard/)
    assert.match(await (await call('nonsense')).text(), /^\/\/EX\[/)
    assert.match((await ask('/dcc/ui/gwtdcr/gwtdcr.nocache.js')).headers.get('cache-control') ?? '', /no-store/)
  })

  it('holds its RCP of the week on the days of that week', async () => {
    const week = (await (await ask('/dcc/api/calendar')).json()) as { id: string }[]
    assert.deepEqual(
      week.slice(0, 3).map(({ id }) => id),
      ['2026-11-23-senologie', '2026-11-24-thorax', '2026-11-24-digestif'],
    )
    assert.match(await (await ask('/dcc/ui/rcp.jsp?id=2026-11-24-thorax')).text(), /MODÈLE Alix/)
    assert.equal((await ask('/dcc/ui/rcp.jsp?id=2026-99-99-thorax')).status, 404)
  })
})

describe('the stand-in moves bytes', () => {
  it('says the size and SHA-256 of a file posted in a form', async () => {
    const bytes = Buffer.from('%PDF-1.4\r\n--not-a-boundary\r\n\u0000é')
    const form = new FormData()
    form.set('comment', 'x')
    form.set('document', new File([bytes], 'réunion.pdf'))
    const response = await ask('/dcc/upload', { method: 'POST', body: form, headers: { Accept: 'application/json' } })
    assert.deepEqual(await response.json(), { name: 'réunion.pdf', size: bytes.length, sha256: sha256(bytes) })
  })

  it('says it of a bare body as well, and refuses a form without a file', async () => {
    const bytes = Buffer.alloc(300_000, 'abc')
    const accept = { Accept: 'application/json' }
    const bare = await ask('/dcc/upload', { method: 'POST', body: bytes, headers: accept })
    assert.deepEqual(await bare.json(), { name: '(flux)', size: 300_000, sha256: sha256(bytes) })
    const form = new FormData()
    form.set('comment', 'x')
    assert.equal((await ask('/dcc/upload', { method: 'POST', body: form })).status, 400)
  })

  it('gives a download of exactly the size that was asked for, under a name in ISO-8859-1', async () => {
    for (const size of [0, 1, 33, 70_000, 3_000_000]) {
      const response = await ask(`/dcc/download?type=csv&size=${size}`)
      assert.equal(response.headers.get('content-length'), String(size))
      assert.equal((await response.arrayBuffer()).byteLength, size)
    }
    const { headers } = await askRaw('/dcc/download?type=csv', [])
    assert.equal(headers['content-disposition'], DISPOSITION)
    assert.equal((await ask('/dcc/download?size=-1')).status, 400)
  })

  it('makes a PDF whose cross-reference table points at its objects, at any size', async () => {
    for (const size of [0, 1_200, 1_201, 250_000]) {
      const text = Buffer.from(await (await ask(`/dcc/download?type=pdf&size=${size}`)).arrayBuffer()).toString(
        'latin1',
      )
      const start = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(text)?.[1])
      assert.ok(text.startsWith('xref\n', start))
      const offsets = [...text.slice(start).matchAll(/^(\d{10}) 00000 n $/gm)].map(([, offset]) => Number(offset))
      offsets.forEach((offset, index) => assert.ok(text.startsWith(`${index + 1} 0 obj`, offset)))
      assert.equal(offsets.length, 5)
      if (size > 1_200) assert.equal(text.length, size)
    }
  })

  it('sends the first server-sent event at once and then one at each beat', async () => {
    const abort = new AbortController()
    const response = await ask('/dcc/events?every=50', { signal: abort.signal })
    assert.equal(response.headers.get('content-type'), 'text/event-stream;charset=UTF-8')
    let text = ''
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk as Uint8Array).toString()
      if (text.includes('id: 3\n')) break
    }
    abort.abort()
    assert.match(text, /^retry: 3000\n\nid: 1\nevent: rcp\ndata: \{"numero":1,/)
  })

  it('waits as long as it is asked to', async () => {
    const before = performance.now()
    const page = await (await ask('/dcc/slow?wait=60')).text()
    assert.match(page, /id="waited">60</)
    assert.ok(performance.now() - before >= 59)
  })
})

describe('the stand-in and the keys of the gate', () => {
  it('fetches them from their address, and says so when nobody answers there', async () => {
    const keys = createServer((_, response) => response.end(JSON.stringify(signer.jwks))).listen(0, '127.0.0.1')
    await new Promise((resolve) => keys.once('listening', resolve))
    let address = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/jwks.json`
    const other = await startStandIn({
      jwks: () => address,
      issuer: () => signer.issuer,
      audience: signer.audience,
      now: () => NOW,
    })
    const headers = { 'X-Portillon-Assertion': await signer.sign({}, NOW) }
    assert.equal((await fetch(`${other.url}/dcc/whoami`, { headers })).status, 200)
    address = address.replace('jwks.json', 'elsewhere')
    keys.close()
    keys.closeAllConnections()
    const refused = await fetch(`${other.url}/dcc/whoami`, { headers })
    assert.equal(refused.status, 403)
    assert.match(await refused.text(), /clés publiques de la passerelle injoignables/)
    await other.close()
  })
})

describe('the stand-in that wants requests signed', () => {
  it('H-16: serves what the gate signed for it, says so, and refuses anything else', async () => {
    const clock = createManualClock(NOW)
    const signed = await startStandIn({
      jwks: () => signer.jwks,
      issuer: () => signer.issuer,
      audience: signer.audience,
      signature: { keyId: 'dcc-2026', secret: SIGNATURE_SECRET, headers: Object.keys(SIGNED_HEADERS) },
      now: () => NOW,
    })
    const sign = createSigning(signingSite(), clock)
    const { host, hostname, port } = new URL(signed.url)
    const send = async (target: string, path = target): Promise<{ status: number | undefined; body: string }> => {
      const { rawHeaders } = sign({ method: 'GET', host, target }, ZOE, await signer.sign({}, NOW))
      const sent = request({ hostname, port, path, headers: [...rawHeaders] }).end()
      const [answer] = (await once(sent, 'response')) as [IncomingMessage]
      return { status: answer.statusCode, body: Buffer.concat((await answer.toArray()) as Buffer[]).toString() }
    }
    const page = await send('/dcc/whoami')
    assert.equal(page.status, 200)
    assert.match(page.body, /id="signature">\s*Requête signée par la passerelle \(RFC 9421\)/)
    const { signature } = JSON.parse((await send('/dcc/whoami?format=json')).body) as Whoami
    assert.ok(signature?.verified)
    assert.ok(signature.covered.includes('x-remote-user'))
    const other = await send('/dcc/whoami', '/dcc/admin/')
    assert.equal(other.status, 403)
    assert.match(other.body, /signature de la requête incorrecte/)
    const headers = { 'X-Portillon-Assertion': await signer.sign({}, NOW) }
    const unsigned = await fetch(`${signed.url}/dcc/whoami`, { headers })
    assert.equal(unsigned.status, 403)
    assert.match(await unsigned.text(), /requête sans signature/)
    await signed.close()
  })
})
