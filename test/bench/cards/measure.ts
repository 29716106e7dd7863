import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect } from 'node:tls'
import { z } from 'zod'
import type { Tell } from '../crew.ts'

const PROGRAM = resolve(import.meta.dirname, 'program.ts')

const WARM_UP = 100
const CARDS = 500
const AT_ONCE = 4

const readySchema = z.object({
  port: z.number(),
  ca: z.string(),
  card: z.object({ cert: z.string(), key: z.string() }),
  expected: z.string(),
  loading: z.object({
    block: z.number(),
    milliseconds: z.number(),
    entries: z.number(),
    published: z.number(),
    held: z.number(),
  }),
})
type Ready = z.infer<typeof readySchema>

export interface CardCost {
  /** CPU milliseconds of a handshake with a card and its judgement. */
  readonly cpu: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly shown: number
  /** Cards that were not judged to be what they are. */
  readonly wrong: number
  /** The list: longest block of the event loop and whole time until it was in force, milliseconds; sizes in bytes. */
  readonly loading: Ready['loading']
}

const said = async (child: ChildProcess): Promise<unknown> => {
  const ended = once(child, 'exit').then(() => {
    throw new Error('the program that judges cards has ended')
  })
  // It ends after the last answer too, and then nobody waits.
  ended.catch(() => undefined)
  const [message] = await Promise.race([once(child, 'message') as Promise<[unknown]>, ended])
  return message
}

const cpuOf = async (child: ChildProcess): Promise<number> => {
  const answer = said(child)
  child.send('cpu')
  return z.object({ cpu: z.number() }).parse(await answer).cpu
}

/** A whole handshake, without anything of one before. @returns milliseconds, or null for another verdict */
const show = async ({ port, ca, card, expected }: Ready): Promise<number | null> => {
  const began = performance.now()
  const socket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost', ...card })
  const verdict = await text(socket)
  return verdict === expected ? performance.now() - began : null
}

const showAll = async (ready: Ready, count: number): Promise<readonly (number | null)[]> => {
  const times: (number | null)[] = []
  const next = async (): Promise<void> => {
    while (times.length < count) times.push(await show(ready))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, next))
  return times
}

/** What a card costs with a list of 5 MB, and what loading that list costs. */
export const measureCards = async (tell: Tell): Promise<CardCost> => {
  tell('cards: a list of 5 MB is loaded')
  const child = fork(PROGRAM, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  try {
    const ready = readySchema.parse(await said(child))
    tell('cards: handshakes')
    await showAll(ready, WARM_UP)
    const before = await cpuOf(child)
    const times = await showAll(ready, CARDS)
    const cpu = ((await cpuOf(child)) - before) / times.length
    const right = times.filter((time) => time !== null).sort((one, other) => one - other)
    const at = (share: number): number => right[Math.floor((right.length - 1) * share)] ?? Number.NaN
    const wrong = times.length - right.length
    return { cpu, p50: at(0.5), p99: at(0.99), shown: times.length, wrong, loading: ready.loading }
  } finally {
    if (child.connected) child.disconnect()
  }
}
