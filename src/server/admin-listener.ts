import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Health } from './health.ts'

export interface AdminParts {
  readonly health: () => Promise<Health>
  /** Figures in the text form of Prometheus. */
  readonly figures: () => Promise<string>
  readonly figuresType: string
}

const send = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' })
  response.end(`${JSON.stringify(body)}\n`)
}

/** `/livez`: the process turns. `/readyz`: it can serve, part by part. `/metrics`. Never on the visitors' port (G-05, R21). */
export const createAdminListener = ({ health, figures, figuresType }: AdminParts): Server => {
  const showHealth = async (response: ServerResponse): Promise<void> => {
    const found = await health()
    send(response, found.ready ? 200 : 503, found)
  }
  const showFigures = async (response: ServerResponse): Promise<void> => {
    const text = await figures()
    response.writeHead(200, { 'Content-Type': figuresType }).end(text)
  }
  return createServer((request, response) => {
    const path = request.url?.split('?', 1)[0]
    const fail = () => response.destroy()
    if (request.method !== 'GET' && request.method !== 'HEAD') send(response, 405, { error: 'method-not-allowed' })
    else if (path === '/livez') send(response, 200, { live: true })
    else if (path === '/readyz') showHealth(response).catch(fail)
    else if (path === '/metrics') showFigures(response).catch(fail)
    else send(response, 404, { error: 'not-found' })
  })
}
