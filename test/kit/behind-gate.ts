import assert from 'node:assert/strict'
import { createLocalJWKSet, jwtVerify, type JWTPayload } from 'jose'
import { startGate, type Gate, type GateOptions } from './gate.ts'
import type { HttpMessage } from './http-message.ts'
import { openRaw, sendRaw, type RawAnswer, type RawTarget } from './raw-http.ts'
import { startRawUpstream, type RawRequest, type RawUpstream } from './upstream.ts'
import type { SiteFile } from '../../src/policy/schema.ts'
import { createVisitor, signIn, type Visitor } from './visitor.ts'

/** The gate with the recorder behind it and somebody signed in: what the tests of the data path begin with. */
export interface BehindGate {
  readonly gate: Gate
  readonly upstream: RawUpstream
  /** Signed in; forgets nothing between tests. */
  readonly visitor: Visitor
  /** Where to write bytes. */
  readonly at: RawTarget
  /** The header line with every cookie of the gate. */
  readonly signedIn: string
  /** Writes bytes on a connection of their own. */
  readonly send: (bytes: string | Buffer) => Promise<RawAnswer>
  /**
   * Writes bytes on a connection of their own and gives every answer until the gate has closed it.
   * @throws when it stays open, or when something comes that is no answer
   */
  readonly untilClosed: (bytes: string) => Promise<readonly RawAnswer[]>
  /** The same for so many answers on a connection that stays open. @throws when more comes */
  readonly onlyAnswers: (bytes: string, count: number) => Promise<readonly RawAnswer[]>
  /** The bytes of a request for this site, without a body. */
  readonly request: (start: string, ...headers: readonly string[]) => string
  /** Writes one request, without cookies, on a connection of its own. */
  readonly ask: (start: string, ...headers: readonly string[]) => Promise<RawAnswer>
  /** The same by the person who is signed in. */
  readonly askSignedIn: (start: string, ...headers: readonly string[]) => Promise<RawAnswer>
  /** What reached the application since the last question, and forgets it. */
  arrived(): readonly RawRequest[]
  /** The only request that reached the application since the last question. */
  onlyArrived(): RawRequest
  stop(): Promise<void>
}

/** Headers of a browser that goes to a page. */
export const AS_PAGE = ['Accept: text/html', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'] as const

const untilClosed = async (at: RawTarget, bytes: string): Promise<readonly RawAnswer[]> => {
  const connection = await openRaw(at)
  try {
    connection.write(bytes)
    assert.ok(await connection.closed(), `still open after ${JSON.stringify(connection.rest().toString('latin1'))}`)
    const answers: RawAnswer[] = []
    while (connection.rest().length > 0) answers.push(await connection.answer())
    return answers
  } finally {
    connection.destroy()
  }
}

const onlyAnswers = async (at: RawTarget, bytes: string, count: number): Promise<readonly RawAnswer[]> => {
  const connection = await openRaw(at)
  try {
    connection.write(bytes)
    const answers: RawAnswer[] = []
    while (answers.length < count) answers.push(await connection.answer())
    await connection.quiet(50)
    assert.equal(connection.rest().toString('latin1'), '', 'more came than was asked for')
    return answers
  } finally {
    connection.destroy()
  }
}

export interface BehindGateOptions extends Partial<Omit<GateOptions, 'upstream'>> {
  /** What the site file says of the application, but for its address. */
  readonly patience?: Omit<SiteFile['upstream'], 'url'>
  /** Another application than the recorder, by its address. */
  readonly application?: string
}

export const startBehindGate = async ({
  patience,
  application,
  site,
  ...options
}: BehindGateOptions = {}): Promise<BehindGate> => {
  const upstream = await startRawUpstream()
  const url = application ?? upstream.url
  const gate = await startGate({ upstream: url, ...options, site: { ...site, upstream: { url, ...patience } } })
  const visitor = createVisitor(gate)
  await signIn(gate, visitor)
  const at = { port: gate.port }
  const signedIn = `Cookie: ${visitor.cookieHeader()}`
  const request: BehindGate['request'] = (start, ...headers) =>
    [`${start} HTTP/1.1`, `Host: ${gate.host}`, ...headers, '', ''].join('\r\n')
  const arrived = () => {
    const requests = [...upstream.requests]
    upstream.forget()
    return requests
  }
  return {
    gate,
    upstream,
    visitor,
    at,
    signedIn,
    request,
    send: (bytes) => sendRaw(at, bytes),
    untilClosed: (bytes) => untilClosed(at, bytes),
    onlyAnswers: (bytes, count) => onlyAnswers(at, bytes, count),
    ask: (start, ...headers) => sendRaw(at, request(start, ...headers)),
    askSignedIn: (start, ...headers) => sendRaw(at, request(start, signedIn, ...headers)),
    arrived,
    onlyArrived: () => {
      const requests = arrived()
      assert.equal(
        requests.length,
        1,
        `requests at the application: ${requests.map((one) => one.startLine).join(', ')}`,
      )
      const [only] = requests
      assert.ok(only !== undefined)
      return only
    },
    stop: async () => {
      await gate.stop()
      await upstream.stop()
    },
  }
}

/** The claims of an assertion that verifies with the published keys, as an application would check it. */
export const verifyAssertion = async (gate: Gate, assertion: string | undefined): Promise<JWTPayload> => {
  const { body } = await createVisitor(gate).ask('/_portillon/jwks.json')
  const keys = createLocalJWKSet(JSON.parse(body) as Parameters<typeof createLocalJWKSet>[0])
  const { payload } = await jwtVerify(assertion ?? '', keys, {
    issuer: gate.origin,
    audience: 'webdcr',
    currentDate: new Date(),
  })
  return payload
}

/** The bytes with which a message ends what a page of the gate must say about itself (W-07). */
export const assertDressed = (answer: HttpMessage, isHttps = true): void => {
  const expected: readonly (readonly [string, RegExp])[] = [
    ['content-security-policy', /default-src 'none'.*frame-ancestors 'none'/],
    ['content-security-policy', /base-uri 'none'/],
    ['x-content-type-options', /^nosniff$/],
    ['x-frame-options', /^DENY$/],
    ['referrer-policy', /^(?:same-origin|no-referrer)$/],
    ['cross-origin-opener-policy', /^same-origin$/],
    ...(isHttps ? ([['strict-transport-security', /^max-age=31536000\b/]] as const) : []),
  ]
  for (const [name, pattern] of expected) {
    const values = answer.all(name)
    assert.equal(values.length, 1, `${answer.startLine}: ${values.length} headers ${name}`)
    assert.match(values[0] ?? '', pattern, `${answer.startLine}: ${name}`)
  }
  for (const name of ['server', 'x-powered-by']) assert.equal(answer.header(name), undefined, `${name} names a product`)
}
