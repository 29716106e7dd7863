import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeCertificate } from './certificate.ts'
import { startNginx } from './nginx.ts'

/** The name in the shipped samples, and in the certificate made for it. */
export const FRONT_NAME = 'dcc.example.test'

export interface NginxFront {
  readonly httpPort: number
  readonly httpsPort: number
  /** Certificate of the front, its own authority. */
  readonly ca: string
  /** What the access log holds so far. */
  readonly accessLog: () => string
  stop(): Promise<void>
}

export type Replacements = readonly (readonly [from: string, to: string])[]

/** A shipped sample with the ports, files and servers of a test in place of its own. A text that it no longer holds fails. */
export const adaptSample = (name: string, replacements: Replacements): string =>
  replacements.reduce(
    (text, [from, to]) => {
      assert.ok(text.includes(from), `deploy/${name} no longer says « ${from} »`)
      return text.replaceAll(from, to)
    },
    readFileSync(new URL(`../../deploy/${name}`, import.meta.url), 'utf8'),
  )

/** Runs a shipped nginx sample that speaks TLS, with servers of the test in place of the ones that it names. */
const startFront = async (sample: string, servers: Replacements): Promise<NginxFront> => {
  const { cert, key } = makeCertificate(FRONT_NAME)
  const nginx = await startNginx(
    ([http = 0, https = 0], folder) => {
      writeFileSync(join(folder, 'front.crt'), cert)
      writeFileSync(join(folder, 'front.key'), key, { mode: 0o600 })
      return adaptSample(sample, [
        ['listen 80 default_server', `listen 127.0.0.1:${http} default_server`],
        ['listen 443 ssl', `listen 127.0.0.1:${https} ssl`],
        ['/etc/nginx/tls/dcc.example.test.crt', join(folder, 'front.crt')],
        ['/etc/nginx/tls/dcc.example.test.key', join(folder, 'front.key')],
        ['/var/log/nginx/portillon.access.log', join(folder, 'access.log')],
        ...servers,
      ])
    },
    { ports: 2 },
  )
  const [httpPort = 0, httpsPort = 0] = nginx.ports
  return {
    httpPort,
    httpsPort,
    ca: cert,
    accessLog: () => readFileSync(join(nginx.folder, 'access.log'), 'utf8'),
    stop: () => nginx.stop(),
  }
}

/** The sample that stands before a gate, or before what a test puts in its place, on that loopback port. */
export const startNginxFront = (gatePort: number): Promise<NginxFront> =>
  startFront('nginx/portillon.conf', [['server 127.0.0.1:8443', `server 127.0.0.1:${gatePort}`]])

/** The sample that asks a gate and carries the data to the application itself. */
export const startAskingNginx = (gatePort: number, applicationPort: number): Promise<NginxFront> =>
  startFront('nginx/forward-auth.conf', [
    ['server 127.0.0.1:8443', `server 127.0.0.1:${gatePort}`],
    ['server 127.0.0.1:8080', `server 127.0.0.1:${applicationPort}`],
  ])
