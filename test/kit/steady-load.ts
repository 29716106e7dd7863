import assert from 'node:assert/strict'
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

/** Visitors who keep asking, as browsers do, until they are told to stop. */

interface LoadOptions {
  readonly port: number
  readonly headers: Readonly<Record<string, string>>
  readonly path: string
  /** What each answer must say. */
  readonly body: string
  readonly visitors: number
  /** Pause of a visitor between two requests, milliseconds. */
  readonly every: number
  /** Answers without which a report says nothing: asking goes on until there are as many, or `patience` is over. */
  readonly enough: number
  /** Milliseconds. */
  readonly patience: number
  /** Keep connections, as browsers do; otherwise each request opens one. */
  readonly keepAlive: boolean
}

export interface LoadReport {
  readonly answered: number
  /** The longest that anybody waited, milliseconds. */
  readonly longest: number
  /** What went wrong, one text a request. */
  readonly failures: readonly string[]
}

interface Outcome {
  readonly failure?: string
  /** The connection had been used before and ended without a byte of an answer: the case in which a client asks again. */
  readonly isStale?: boolean
}

const askOnce = (agent: Agent, { port, headers, path, body }: LoadOptions): Promise<Outcome> =>
  new Promise((resolve) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, headers, agent, timeout: 45_000 })
    request.once('response', (response: IncomingMessage) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.once('close', () => {
        const isGood = response.complete && response.statusCode === 200 && text === body
        resolve(isGood ? {} : { failure: `${response.statusCode} ${text.slice(0, 200)}` })
      })
    })
    request.once('timeout', () => request.destroy(new Error('no answer in time')))
    request.once('error', (error: NodeJS.ErrnoException) => {
      // ECONNRESET is also what Node calls an end without an answer; a real reset says so in its message.
      const isStale = request.reusedSocket && error.message === 'socket hang up'
      resolve({ failure: `${error.code ?? ''} ${error.message}${request.reusedSocket ? ' (kept)' : ''}`, isStale })
    })
    request.end()
  })

/** Milliseconds. */
const LONGEST = 60_000

/** Starts asking. @returns a function that ends it and tells how it went */
const startLoad = (options: LoadOptions): (() => Promise<LoadReport>) => {
  const agent = new Agent({ keepAlive: options.keepAlive, maxSockets: options.visitors })
  const failures: string[] = []
  let answered = 0
  let longest = 0
  let isOver = false
  // A test that fails before it has stopped its load must still come to an end.
  const deadline = performance.now() + LONGEST
  const visit = async (nth: number): Promise<void> => {
    await pause((nth * options.every) / options.visitors)
    while (!isOver && performance.now() < deadline) {
      const started = performance.now()
      let outcome = await askOnce(agent, options)
      if (outcome.isStale === true) outcome = await askOnce(agent, options)
      longest = Math.max(longest, performance.now() - started)
      if (outcome.failure === undefined) answered += 1
      else failures.push(outcome.failure)
      await pause(options.every)
    }
  }
  const visits = Array.from({ length: options.visitors }, (_, nth) => visit(nth))
  return async () => {
    // What is looked at may be over sooner than everybody has come back once more: they do first.
    const limit = performance.now() + options.patience
    while (failures.length === 0 && answered < options.enough && performance.now() < limit) await pause(options.every)
    isOver = true
    await Promise.all(visits)
    agent.destroy()
    return { answered, longest, failures }
  }
}

/** Each of the twenty has been answered several times. */
const ENOUGH = 100

/** A person's page, asked for by twenty at once. */
export const loadOf = (port: number, host: string, cookie: string, keepAlive: boolean): (() => Promise<LoadReport>) =>
  startLoad({
    port,
    headers: { host, cookie },
    path: '/dcc/page',
    body: 'user c.exemple',
    visitors: 20,
    every: 100,
    enough: ENOUGH,
    patience: 15_000,
    keepAlive,
  })

export const assertUnharmed = ({ failures, answered, longest }: LoadReport, patience: number): void => {
  assert.deepEqual([...new Set(failures)], [])
  assert.ok(answered >= ENOUGH, `${answered} answers`)
  assert.ok(longest < patience, `somebody waited ${longest} ms`)
}
