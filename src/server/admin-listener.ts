import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Metrics } from './metrics.ts'

/** One thing that must work for the gate to serve: its name and a question that rejects when it does not. */
export interface Check {
  readonly name: string
  readonly ask: () => Promise<void>
}

export interface AdminParts {
  readonly checks: readonly Check[]
  /** True once the process has been told to stop: it then takes no new visitors (O-01). */
  readonly isDraining: () => boolean
  readonly metrics: Metrics
}

const PATIENCE = 3_000

const ask = async (check: Check): Promise<readonly [string, 'ok' | 'failed']> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('too late')), PATIENCE)
  })
  try {
    await Promise.race([check.ask(), late])
    return [check.name, 'ok']
  } catch {
    return [check.name, 'failed']
  } finally {
    clearTimeout(timer)
  }
}

const send = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' })
  response.end(`${JSON.stringify(body)}\n`)
}

/** `/livez`: the process turns. `/readyz`: it can serve, part by part. `/metrics`. Never on the visitors' port (G-05, R21). */
export const createAdminListener = ({ checks, isDraining, metrics }: AdminParts): Server => {
  const ready = async (response: ServerResponse): Promise<void> => {
    const parts = Object.fromEntries(await Promise.all(checks.map(ask)))
    const isReady = !isDraining() && Object.values(parts).every((state) => state === 'ok')
    send(response, isReady ? 200 : 503, { ready: isReady, draining: isDraining(), parts })
  }
  return createServer((request, response) => {
    const path = request.url?.split('?', 1)[0]
    const fail = () => response.destroy()
    if (request.method !== 'GET' && request.method !== 'HEAD') send(response, 405, { error: 'method-not-allowed' })
    else if (path === '/livez') send(response, 200, { live: true })
    else if (path === '/readyz') ready(response).catch(fail)
    else if (path === '/metrics') {
      metrics
        .text()
        .then((text) => response.writeHead(200, { 'Content-Type': metrics.contentType }).end(text))
        .catch(fail)
    } else send(response, 404, { error: 'not-found' })
  })
}
