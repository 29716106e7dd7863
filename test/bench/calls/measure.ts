import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { jwksOf, makeIssuerKey, signToken } from '../../kit/jws.ts'
import type { Tell } from '../crew.ts'
import { cpuOf } from '../process-tree.ts'
import { insertCallees } from './callee.ts'
import { HOST, measuredSite, startInstalledGate } from '../installed-gate.ts'
import { startUpstream } from '../upstream.ts'

/** What contextual calls cost: from the click in the record system to the first byte of the application's page. */
export interface Calls {
  readonly perSecond: number
  /** CPU milliseconds of the gate for one call. */
  readonly cpu: number
  readonly p50: number
  readonly p99: number
  readonly done: number
  readonly failed: number
}

const FINESS = '990000017'
const CROWD = 16
const WARM_UP = 200
const CALLS = 2_000

interface Answer {
  readonly status: number
  readonly location: string | undefined
  readonly cookies: readonly string[]
}

const NAVIGATION = { host: HOST, accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

const ask = (port: number, path: string, cookies: string, body?: string): Promise<Answer> =>
  new Promise((done, failed) => {
    const form = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'cross-site' }
    const headers = { ...NAVIGATION, ...(cookies !== '' && { cookie: cookies }), ...(body !== undefined && form) }
    const method = body === undefined ? 'GET' : 'POST'
    const asked = request({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
      answer.resume().once('end', () => {
        const { location, 'set-cookie': lines = [] } = answer.headers
        done({ status: answer.statusCode ?? 0, location, cookies: lines.map((line) => line.split(';', 1)[0] ?? '') })
      })
    })
    asked.once('error', failed).end(body)
  })

/** The click, every redirect, and the page of the application. */
const call = async (port: number, token: string): Promise<boolean> => {
  let answer = await ask(port, '/_portillon/contextual-call', '', `token=${token}`)
  const jar = new Map<string, string>()
  for (let hop = 0; answer.location !== undefined && hop < 6; hop += 1) {
    for (const pair of answer.cookies) jar.set(pair.slice(0, pair.indexOf('=')), pair)
    answer = await ask(port, answer.location, [...jar.values()].join('; '))
  }
  return answer.status === 200
}

const SITE = {
  ways: [{ id: 'dpi', methods: ['contextual-call'] }],
  partners: [
    {
      id: 'bench',
      finess: FINESS,
      name: 'Mesure',
      keys: { file: 'keys.json' },
      contact: 'x',
      caller: { amr: ['mfa'] },
    },
  ],
  'contextual-call': { leeway: '1s', deliver: { as: 'query', path: '/', values: { ipp: 'patient.local-id' } } },
}

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((one, other) => one - other)[Math.min(values.length - 1, Math.floor(values.length * share))] ??
  Number.NaN

/** Calls as fast as they go, each of a browser of its own and for another patient; people take turns. */
export const measureCalls = async (tell: Tell, count = CALLS): Promise<Calls> => {
  tell('contextual calls')
  const key = makeIssuerKey('ES256', 'bench')
  const upstream = await startUpstream()
  const site = measuredSite(upstream, SITE)
  const gate = await startInstalledGate({ site, fill: insertCallees, files: { 'keys.json': jwksOf(key) } })
  const subjectOf = (at: number): string => gate.filled[at % gate.filled.length] ?? ''
  const token = (at: number): string => {
    const now = Math.floor(Date.now() / 1_000)
    const patient = {
      status: 'PROV',
      birth_name: 'FICTIF',
      first_given_name: 'Jean',
      birth_date: '1950-01-01',
      sex: 'M',
    }
    return signToken(key, {
      ...{ iss: FINESS, aud: `https://${HOST}`, iat: now, exp: now + 60, jti: randomBytes(18).toString('base64url') },
      ...{ sub: subjectOf(at), auth_time: now - 60, amr: ['mfa'], patient: { ...patient, local_id: `IPP-${at}` } },
    })
  }
  const times: number[] = []
  let failed = 0
  const crowd = async (calls: number): Promise<void> => {
    const left = Array.from({ length: calls }, (_, at) => at).values()
    const one = async (): Promise<void> => {
      for (const at of left) {
        const signed = token(at)
        const begun = performance.now()
        if (await call(gate.port, signed)) times.push(performance.now() - begun)
        else failed += 1
      }
    }
    await Promise.all(Array.from({ length: CROWD }, one))
  }
  try {
    await new Promise((done) => setTimeout(done, 2_500))
    await crowd(WARM_UP)
    times.length = 0
    const [cpu, begun] = [cpuOf(gate.pid), performance.now()]
    await crowd(count)
    const seconds = (performance.now() - begun) / 1_000
    return {
      perSecond: times.length / seconds,
      cpu: (cpuOf(gate.pid) - cpu) / times.length / 1_000,
      p50: percentile(times, 0.5),
      p99: percentile(times, 0.99),
      done: times.length,
      failed,
    }
  } finally {
    await gate.stop()
    await upstream.stop()
  }
}
