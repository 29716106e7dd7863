import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { findPatient, searchPatients } from '../data.ts'
import { createCallSigner, type DpiUser } from './call.ts'
import { handOverPage, patientPage, patientsPage, SCRIPT, SHEET, usersPage } from './pages.ts'

/** Users of the record system; the last one has no access to the DCC. */
export const DPI_USERS: readonly DpiUser[] = [
  { id: 'exemple', name: 'Dr Camille Exemple', nationalId: '899900000003' },
  { id: 'oeuvrard', name: 'Zoé Œuvrard', nationalId: '899900000011' },
  { id: 'inconnu', name: 'Dr Dominique Inconnu', nationalId: '899900000094' },
]

export interface DpiOptions {
  /** Default 0: any free one. */
  readonly port?: number
  /** Public address of the DCC's gate. */
  readonly gate: string
  readonly prefix: string
  readonly now?: () => number
}

/** A small record system of a hospital, for looking at: users, patients, « Ouvrir le DCC ». */
export interface Dpi {
  readonly url: string
  /** Its public keys, for the site file. */
  readonly jwks: string
  close(): Promise<void>
}

interface Asked {
  readonly path: string
  readonly fields: URLSearchParams
}

const readAsked = async (request: IncomingMessage): Promise<Asked> => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://dpi.invalid')
  if (request.method !== 'POST') return { path: pathname, fields: searchParams }
  let body = ''
  for await (const part of request) body += String(part).slice(0, 4_096)
  return { path: pathname, fields: new URLSearchParams(body) }
}

type Page = readonly [type: string, body: string]
const page = (body: string): Page => ['text/html; charset=utf-8', body]

export const startDpi = async ({ port = 0, gate, prefix, now = Date.now }: DpiOptions): Promise<Dpi> => {
  const signer = createCallSigner(gate)
  const answer = (request: IncomingMessage, { path, fields }: Asked): Page | null => {
    const user = DPI_USERS.find(({ id }) => id === fields.get('user'))
    const patient = findPatient(fields.get('id'))
    if (path === '/') return page(usersPage(DPI_USERS))
    if (path === '/dpi.css') return ['text/css', SHEET]
    if (path === '/dpi.js') return ['text/javascript', SCRIPT]
    if (path === '/jwks.json') return ['application/jwk-set+json', signer.jwks]
    if (user === undefined) return null
    if (path === '/patients') return page(patientsPage(user, searchPatients('')))
    if (patient === undefined) return null
    if (path === '/patient') return page(patientPage(user, patient))
    if (path !== '/ouvrir' || request.method !== 'POST') return null
    return page(handOverPage(`${gate}${prefix}/contextual-call`, signer.call(user, patient, now())))
  }
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [type, body] = answer(request, await readAsked(request)) ?? ['text/plain', '']
    response.writeHead(body === '' ? 404 : 200, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body)
  }
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((done, failed) => {
    server.once('error', failed)
    server.listen(port, '127.0.0.1', done)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    jwks: signer.jwks,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections()
        server.close(() => done())
      }),
  }
}
