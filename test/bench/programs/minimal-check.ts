import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { listen } from '../../kit/ports.ts'
import { IDENTITY } from '../upstream.ts'

/**
 * The least that a server can do that is asked about a request: the cookie `session=<statement>.<HMAC-SHA-256>` names who it
 * is and until when; no store, no policy, no sign-out, no statement to the application. Prints such a cookie and its port.
 */

const key = Buffer.from(process.env['HMAC_KEY'] ?? randomBytes(32).toString('base64url'), 'base64url')
const sign = (text: string): Buffer => createHmac('sha256', key).update(text).digest()

const COOKIE = /(?:^|; ?)session=([\w-]+)\.([\w-]{43})(?:;|$)/

const loginOf = (cookies: string | undefined): string | undefined => {
  const [, statement = '', mark = ''] = COOKIE.exec(cookies ?? '') ?? []
  if (mark === '' || !timingSafeEqual(Buffer.from(mark, 'base64url'), sign(statement))) return undefined
  const { login, until } = JSON.parse(Buffer.from(statement, 'base64url').toString()) as Record<string, unknown>
  return typeof login === 'string' && Number(until) > Date.now() ? login : undefined
}

const server = createServer((request, response) => {
  const login = loginOf(request.headers.cookie)
  if (login === undefined) response.writeHead(401, { 'Content-Length': 0 }).end()
  else response.writeHead(200, { [IDENTITY.header]: login, 'Content-Length': 0 }).end()
})
server.keepAliveTimeout = 120_000

const statement = Buffer.from(JSON.stringify({ login: IDENTITY.login, until: Date.now() + 86_400_000 })).toString(
  'base64url',
)
const port = await listen(server)
process.stdout.write(`session=${statement}.${sign(statement).toString('base64url')} listening on ${port}\n`)
