import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeCertificate } from './certificate.ts'
import { startNginx } from './nginx.ts'

/** The name in the shipped sample, and in the certificate made for it. */
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

const sample = new URL('../../deploy/nginx/portillon.conf', import.meta.url)

/** The shipped sample with the ports, files and gate of a test in place of its own. A text that it no longer holds fails. */
const adapt = (replacements: readonly (readonly [from: string, to: string])[]): string =>
  replacements.reduce(
    (text, [from, to]) => {
      assert.ok(text.includes(from), `deploy/nginx/portillon.conf no longer says « ${from} »`)
      return text.replaceAll(from, to)
    },
    readFileSync(sample, 'utf8'),
  )

/** Runs the shipped nginx sample in front of a gate, or of what a test puts in its place, on that loopback port. */
export const startNginxFront = async (gatePort: number): Promise<NginxFront> => {
  const { cert, key } = makeCertificate(FRONT_NAME)
  const nginx = await startNginx(
    ([http = 0, https = 0], folder) => {
      writeFileSync(join(folder, 'front.crt'), cert)
      writeFileSync(join(folder, 'front.key'), key, { mode: 0o600 })
      return adapt([
        ['listen 80 default_server', `listen 127.0.0.1:${http} default_server`],
        ['listen 443 ssl', `listen 127.0.0.1:${https} ssl`],
        ['server 127.0.0.1:8443', `server 127.0.0.1:${gatePort}`],
        ['/etc/nginx/tls/dcc.example.test.crt', join(folder, 'front.crt')],
        ['/etc/nginx/tls/dcc.example.test.key', join(folder, 'front.key')],
        ['/var/log/nginx/portillon.access.log', join(folder, 'access.log')],
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
