import { resolve } from 'node:path'
import { z } from 'zod'
import { runProcess } from '../kit/processes.ts'
import { requireTool } from '../kit/tools.ts'
import type { Peer } from './peers/peer.ts'

const CONNECTIONS = 32

const loadSchema = z.object({
  requests: z.int(),
  microseconds: z.int(),
  /** Microseconds. */
  p50: z.number(),
  p99: z.number(),
  /** Answers with a status of 400 or more; wrk takes a redirect for a success. */
  non2xx: z.int(),
  socketErrors: z.int(),
})
export type Load = z.output<typeof loadSchema>

/** One thread of wrk, 32 connections, for `seconds`. */
export const applyLoad = async ({ url, host, headers }: Peer, seconds: number): Promise<Load> => {
  const { code, stdout, stderr } = await runProcess(
    requireTool('wrk'),
    [
      ...['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--timeout', '10s'],
      ...['-s', resolve(import.meta.dirname, 'summary.lua')],
      ...[...headers, ...(host === undefined ? [] : [`Host: ${host}`])].flatMap((header) => ['-H', header]),
      url,
    ],
    { timeout: (seconds + 20) * 1_000 },
  )
  const line = stdout.split('\n').find((text) => text.startsWith('{'))
  if (code !== 0 || line === undefined) throw new Error(`wrk failed: ${stdout}${stderr}`)
  return loadSchema.parse(JSON.parse(line))
}
