import { resolve } from 'node:path'
import { z } from 'zod'
import { runProcess, startProcess } from '../kit/processes.ts'
import { requireTool } from '../kit/tools.ts'
import type { Peer } from './peers/peer.ts'
import type { Scenario } from './scenarios.ts'
import { ECHO } from './upstream.ts'

const loadSchema = z.object({
  requests: z.int(),
  microseconds: z.int(),
  /** What was received, those of an answer that was not yet complete included. */
  bytes: z.int(),
  /** Microseconds. */
  p50: z.number(),
  p99: z.number(),
  /** Answers with a status of 400 or more; wrk takes a redirect for a success. */
  non2xx: z.int(),
  socketErrors: z.int(),
})
export type Load = z.output<typeof loadSchema>

/** Seconds. */
export interface Times {
  readonly warmUp: number
  readonly load: number
}

const program = (name: string) => resolve(import.meta.dirname, 'programs', name)

const loadOf = (output: string): Load => {
  const line = output.split('\n').find((text) => text.startsWith('{'))
  if (line === undefined) throw new Error(`the load told nothing: ${output}`)
  return loadSchema.parse(JSON.parse(line))
}

/** One thread of wrk. */
const ask = async ({ url, host, headers }: Peer, { path, connections }: Scenario, seconds: number): Promise<Load> => {
  const { code, stdout, stderr } = await runProcess(
    requireTool('wrk'),
    [
      ...['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s'],
      ...['-s', program('summary.lua')],
      ...[...headers, ...(host === undefined ? [] : [`Host: ${host}`])].flatMap((header) => ['-H', header]),
      `${url}${path}`,
    ],
    { timeout: (seconds + 60) * 1_000 },
  )
  if (code !== 0) throw new Error(`wrk failed: ${stdout}${stderr}`)
  return loadOf(stdout)
}

const converse = async (peer: Peer, scenario: Scenario, times: Times, begin: () => Promise<void>): Promise<Load> => {
  const { url, host, headers } = peer
  const settings = {
    url: `${url.replace(/^http/, 'ws')}${scenario.path}`,
    host,
    origin: `https://${host ?? new URL(url).host}`,
    headers: Object.fromEntries(headers.map((header) => [header.replace(/: .*/, ''), header.replace(/^[^:]*: /, '')])),
    connections: scenario.connections,
    warmUp: times.warmUp,
    seconds: times.load,
  }
  const load = startProcess(process.execPath, [program('websocket-load.ts'), JSON.stringify(settings)])
  await load.waitFor(/measuring/)
  await begin()
  const { code } = await load.ended
  if (code !== 0) throw new Error(`the WebSocket load failed: ${load.stderr()}`)
  return loadOf(load.stdout())
}

/**
 * Warms the peer up, then measures it.
 * @param begin called after the warm-up, before what counts
 */
export const applyLoad = async (
  peer: Peer,
  scenario: Scenario,
  times: Times,
  begin: () => Promise<void>,
): Promise<Load> => {
  if (scenario.path === ECHO) return converse(peer, scenario, times, begin)
  await ask(peer, scenario, times.warmUp)
  await begin()
  return ask(peer, scenario, times.load)
}
