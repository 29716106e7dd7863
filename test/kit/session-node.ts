import { createServer } from 'node:http'
import express, { type ErrorRequestHandler, type Request } from 'express'
import type { Clock } from '../../src/lib/clock.ts'
import { codeOf, ERRORS } from '../../src/lib/errors.ts'
import type { Log } from '../../src/lib/log.ts'
import { systemRandom } from '../../src/lib/random.ts'
import type { CookieSecrets } from '../../src/session/cookie.ts'
import { createSessionCache, type SessionCache } from '../../src/session/cache.ts'
import { createLifecycle, type Lifecycle } from '../../src/session/lifecycle.ts'
import { createSessionMiddleware } from '../../src/session/middleware.ts'
import { createPeek, type Peek } from '../../src/session/peek.ts'
import type { SessionRecord } from '../../src/session/record.ts'
import type { Store } from '../../src/store/store.ts'
import { listen } from './ports.ts'
import { sessionRecord } from './session-records.ts'

export interface SessionNodeOptions {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly secrets: CookieSecrets
  readonly site?: string
  readonly secure?: boolean
  /** What is awaited by `POST /slow` between reading the session and saving it. */
  readonly meanwhile?: () => Promise<void>
}

/** One process of a gate, reduced to its sessions: the pages' side over HTTP, the data path's side by `peek`. */
export interface SessionNode {
  readonly cache: SessionCache
  readonly peek: Peek
  readonly lifecycle: Lifecycle
  readonly cookieName: string
  call(method: string, path: string, cookie?: string, headers?: Readonly<Record<string, string>>): Promise<Response>
  /** Signs in and gives what the browser then holds, `name=value`. */
  signIn(cookie?: string, changes?: Partial<SessionRecord>): Promise<string>
  close(): Promise<void>
}

/** `name=value` of the session cookie that an answer sets; undefined when it sets none. */
export const cookieOf = (response: Response): string | undefined =>
  response.headers.getSetCookie().map((line) => line.split(';')[0])[0]

export const startSessionNode = async (options: SessionNodeOptions): Promise<SessionNode> => {
  const { store, clock, log, secrets, site = 'onco-demo', secure = true } = options
  const cookieName = secure ? '__Host-portillon' : 'portillon'
  const cache = await createSessionCache({ store, clock, log })
  const lifecycle = createLifecycle({ store, cache, clock })
  let changes: Partial<SessionRecord> = {}

  const app = express()
  app.use(createSessionMiddleware({ store, site, clock, log, secrets, cookieName, secure, random: systemRandom }))
  app.post('/in', async (request: Request, response) => {
    const digest = await lifecycle.start(request, sessionRecord(clock.now(), { site, ...changes }))
    response.status(303).location('/').send(digest)
  })
  app.get('/who', (request, response) => {
    response.send(request.session.person?.login ?? 'nobody')
  })
  app.post('/slow', async (request, response) => {
    await options.meanwhile?.()
    if (request.session.person !== undefined) request.session.person.device = 'changed'
    response.send('saved')
  })
  const onError: ErrorRequestHandler = (thrown, _request, response, _next) => {
    response.status(ERRORS[codeOf(thrown)].status).send(codeOf(thrown))
  }
  app.use(onError)
  const server = createServer(app)
  const port = await listen(server)

  const call: SessionNode['call'] = (method, path, cookie, headers = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      redirect: 'manual',
      headers: cookie === undefined ? headers : { ...headers, cookie },
    })
  return {
    cache,
    peek: createPeek({ cache, secrets, cookieName, site, clock }),
    lifecycle,
    cookieName,
    call,
    signIn: async (cookie, wanted = {}) => {
      changes = wanted
      const response = await call('POST', '/in', cookie)
      const set = cookieOf(response)
      if (response.status !== 303 || set === undefined) throw new Error(`no sign-in: ${await response.text()}`)
      return set
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
      await cache.close()
    },
  }
}
