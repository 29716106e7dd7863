import { Agent, createServer } from 'node:http'
import { RedisStore } from 'connect-redis'
import express from 'express'
import session from 'express-session'
import helmet from 'helmet'
import httpProxy from 'http-proxy'
import { Redis } from 'ioredis'
import { generateKeyPair, SignJWT } from 'jose'
import { listen } from '../../kit/ports.ts'
import { IDENTITY } from '../upstream.ts'

/**
 * The gate as one would first write it from the manuals of its packages: helmet, a session from Redis on each request, a
 * fresh ES256 token on each request, http-proxy. A program of its own; UPSTREAM and REDIS are URLs. By itself http-proxy
 * opens a connection to the application for each request; with KEEP=yes it is given an agent that keeps them.
 */

declare module 'express-session' {
  interface SessionData {
    login: string
  }
}

const { UPSTREAM: upstream, REDIS: redis, KEEP: keep } = process.env
if (upstream === undefined || redis === undefined) throw new Error('UPSTREAM and REDIS are needed')

const { privateKey } = await generateKeyPair('ES256')
const proxy = httpProxy.createProxyServer({
  target: upstream,
  ...(keep === 'yes' ? { agent: new Agent({ keepAlive: true }) } : {}),
})
proxy.on('error', (_, __, response) => {
  if ('writeHead' in response) response.writeHead(502).end()
  else response.destroy()
})

const app = express()
app.use(helmet())
app.use(
  session({
    store: new RedisStore({ client: new Redis(redis), prefix: 'obvious:' }),
    secret: 'of this measurement only',
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax', maxAge: 3_600_000 },
  }),
)
app.post('/sign-in', (request, response) => {
  request.session.login = IDENTITY.login
  response.status(204).end()
})
app.use(async (request, response) => {
  const { login } = request.session
  if (login === undefined) {
    response.status(401).end()
    return
  }
  const assertion = await new SignJWT({ login })
    .setProtectedHeader({ alg: 'ES256', kid: 'bench' })
    .setIssuer('http://gate.example.test')
    .setAudience('application')
    .setSubject('1')
    .setIssuedAt()
    .setExpirationTime('2m')
    .sign(privateKey)
  proxy.web(request, response, {
    headers: { [IDENTITY.header]: login, 'X-Portillon-Assertion': assertion },
  })
})

const port = await listen(createServer(app))
process.stdout.write(`listening on ${port}\n`)
