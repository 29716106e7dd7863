import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import type { JSONWebKeySet } from 'jose'
import { WebSocket } from 'ws'
import type { Whoami } from '../../deploy/demo/pages/whoami.ts'
import { startStandIn, type StandIn } from '../../deploy/demo/stand-in.ts'
import { startGate, type Gate } from '../kit/gate.ts'
import { FRONT_NAME, startNginxFront, type NginxFront } from '../kit/nginx-front.ts'
import { openRaw, sendRaw, type RawAnswer, type RawTarget } from '../kit/raw-http.ts'
import { createVisitor, PREFIX, signIn, type Visitor } from '../kit/visitor.ts'

/** The whole line of a real installation: TLS front as shipped, gate, application with its own check of the assertion. */

/** With a bare ISO-8859-1 byte, which nothing on the way may touch. */
const DISPOSITION = `attachment; filename="Fiche DCC région.csv"; filename*=UTF-8''Fiche%20DCC%20r%C3%A9gion.csv`

let keys: JSONWebKeySet = { keys: [] }
let app: StandIn
let gate: Gate
let front: NginxFront
let visitor: Visitor

before(async () => {
  const origin = `https://${FRONT_NAME}`
  app = await startStandIn({ jwks: () => keys, issuer: () => origin, audience: 'webdcr' })
  gate = await startGate({
    upstream: app.url,
    site: {
      hosts: [FRONT_NAME],
      rules: [{ id: 'public-assets', match: { path: '/dcc/static/**' }, allow: 'anyone' }],
    },
    config: { listen: { address: '127.0.0.1', port: 0, 'trusted-proxies': ['127.0.0.1'] } },
  })
  front = await startNginxFront(gate.port)
  visitor = createVisitor(gate)
  keys = JSON.parse((await visitor.ask(`${PREFIX}/jwks.json`)).body) as JSONWebKeySet
  await signIn(gate, visitor)
})

after(async () => {
  await front.stop()
  await gate.stop()
  await app.close()
})

const over = (): RawTarget => ({ port: front.httpsPort, tls: { ca: front.ca, servername: FRONT_NAME } })

const head = (line: string, ...headers: readonly string[]): string =>
  [`${line} HTTP/1.1`, `Host: ${FRONT_NAME}`, ...headers, '', ''].join('\r\n')

/** A request of the person who signed in, through the front. */
const ask = (line: string, ...headers: readonly string[]): Promise<RawAnswer> =>
  sendRaw(over(), head(line, `Cookie: ${visitor.cookieHeader()}`, ...headers))

describe('the gate behind the nginx sample, before the stand-in', () => {
  it('sends a stranger to sign in and keeps every byte of the link', async () => {
    const link = '/dcc/ui/patient.jsp?id=1024&onglet=rcp&q=a+b%20c%26d'
    const challenged = await sendRaw(over(), head(`GET ${link}`, 'Accept: text/html', 'Sec-Fetch-Mode: navigate'))
    assert.equal(challenged.status, 302)
    assert.match(challenged.header('location') ?? '', /^\/_portillon\/sign-in\?to=/)
    const page = await ask(`GET ${link}`)
    assert.match(page.text, /id="received">\/dcc\/ui\/patient\.jsp\?id=1024&amp;onglet=rcp&amp;q=a\+b%20c%26d</)
  })

  it('H-01, H-09: tells the application who it is, whatever the visitor claims', async () => {
    const answer = await ask(
      'GET /dcc/whoami',
      'Accept: application/json',
      'X-Remote-User: root',
      'X_Remote_User: root',
      'X-Portillon-Assertion: eyJ',
      'X-Forwarded-For: 192.0.2.1',
    )
    const { assertion, identity, headers } = JSON.parse(answer.text) as Whoami
    assert.equal(assertion.verified && assertion.claims['login'], 'c.exemple')
    const told = identity.filter(({ name }) => /user$/i.test(name)).map(({ value }) => value)
    assert.deepEqual(told, ['c.exemple'])
    const address = headers.filter(({ name }) => name.toLowerCase() === 'x-forwarded-for').map(({ value }) => value)
    assert.deepEqual(address, ['127.0.0.1'])
  })

  it('H-17: while the application answers nobody who comes round the gate', async () => {
    assert.equal((await fetch(`${app.url}/dcc/whoami`, { headers: { 'X-Remote-User': 'c.exemple' } })).status, 403)
  })

  it('P-16: puts the redirects of the application on the public address', async () => {
    assert.equal((await ask('GET /dcc/')).header('location'), `https://${FRONT_NAME}/dcc/ui/GwtDCR.jsp`)
  })

  it('shows public files to anybody', async () => {
    assert.equal((await sendRaw(over(), head('GET /dcc/static/logo.png'))).status, 200)
  })

  it('U-08: carries uploads and downloads, names in ISO-8859-1 included', async () => {
    const bytes = randomBytes(2_000_000)
    const connection = await openRaw(over())
    connection.write(
      head(
        'POST /dcc/upload',
        `Cookie: ${visitor.cookieHeader()}`,
        `Origin: https://${FRONT_NAME}`,
        'Accept: application/json',
        `Content-Length: ${bytes.length}`,
      ),
    )
    connection.write(bytes)
    const receipt = JSON.parse((await connection.answer('POST')).text) as { size: number; sha256: string }
    connection.destroy()
    assert.equal(receipt.size, bytes.length)
    assert.equal(receipt.sha256, createHash('sha256').update(bytes).digest('hex'))
    const download = await ask('GET /dcc/download?type=csv&size=3000000')
    assert.equal(download.body.length, 3_000_000)
    assert.equal(download.header('content-disposition'), DISPOSITION)
  })

  it('U-09: passes server-sent events one by one', async () => {
    const connection = await openRaw(over())
    connection.write(head('GET /dcc/events?every=60000', `Cookie: ${visitor.cookieHeader()}`))
    while (!connection.rest().includes('id: 1\n')) await once(connection.socket, 'data')
    connection.destroy()
  })

  it('W-01: opens a WebSocket for the person who signed in and for nobody else', async () => {
    const address = `wss://${FRONT_NAME}:${front.httpsPort}/dcc/ws`
    const options = { ca: front.ca, origin: `https://${FRONT_NAME}`, lookup: toLoopback, headers: { Host: FRONT_NAME } }
    const refused = new WebSocket(address, options)
    const [, response] = (await once(refused, 'unexpected-response')) as [unknown, { statusCode?: number }]
    assert.equal(response.statusCode, 401)
    refused.on('error', () => {})
    refused.terminate()
    const socket = new WebSocket(address, { ...options, headers: { Host: FRONT_NAME, Cookie: visitor.cookieHeader() } })
    await once(socket, 'open')
    const heard = once(socket, 'message')
    socket.send('Zoé Œuvrard')
    assert.equal(String((await heard)[0]), 'Zoé Œuvrard')
    socket.close()
    await once(socket, 'close')
  })
})

const toLoopback = (
  _name: string,
  options: { all?: boolean },
  found: (error: null, address: string | { address: string; family: number }[], family?: number) => void,
): void => {
  if (options.all === true) found(null, [{ address: '127.0.0.1', family: 4 }])
  else found(null, '127.0.0.1', 4)
}
