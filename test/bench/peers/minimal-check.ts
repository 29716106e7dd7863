import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { startNginx } from '../../kit/nginx.ts'
import { startProcess } from '../../kit/processes.ts'
import { IDENTITY } from '../upstream.ts'
import { askedAt, PASS, toApplication } from './front.ts'
import type { StartPeer } from './peer.ts'

/** The name by which targets speak of it. */
export const MINIMAL_CHECK = 'nginx asks a minimal check'

/** The floor of what asking costs: nginx auth_request to one HMAC in Node (programs/minimal-check.ts). */
export const startMinimalCheck: StartPeer = async (upstream, workers) => {
  const env = { HMAC_KEY: randomBytes(32).toString('base64url'), NODE_ENV: 'production' }
  const program = resolve(import.meta.dirname, '../programs/minimal-check.ts')
  const checks = Array.from({ length: workers }, () => startProcess(process.execPath, [program], { env }))
  const ready = await Promise.all(checks.map((check) => check.waitFor(/^(session=\S+) listening on (\d+)/m)))
  const nginx = await startNginx(
    ([port]) => `
      ${toApplication(upstream)}
      ${askedAt(...ready.map(([, , asked]) => Number(asked)))}
      server {
        listen 127.0.0.1:${port} backlog=4096;
        location = /check {
          internal;
          proxy_pass http://asked;
          proxy_http_version 1.1;
          proxy_pass_request_body off;
          proxy_set_header Content-Length "";
          proxy_set_header Connection "";
          proxy_set_header X-Original-URI $request_uri;
        }
        location / {
          auth_request /check;
          auth_request_set $user $upstream_http_x_remote_user;
          proxy_set_header ${IDENTITY.header} $user;
          proxy_set_header Host $http_host;
          ${PASS}
        }
      }`,
    { workers },
  )
  return {
    name: MINIMAL_CHECK,
    description: 'nginx auth_request to a Node server that verifies one HMAC and nothing else',
    url: `http://127.0.0.1:${nginx.ports[0]}`,
    pids: [nginx.pid, ...checks.map(({ pid }) => pid)],
    headers: [`Cookie: ${ready[0]?.[1] ?? ''}`],
    authenticates: true,
    asserts: false,
    carriesWebSockets: true,
    stop: async () => {
      await nginx.stop()
      await Promise.all(checks.map((check) => check.stop()))
    },
  }
}
