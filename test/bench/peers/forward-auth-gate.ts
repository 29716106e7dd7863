import { startNginx } from '../../kit/nginx.ts'
import { IDENTITY } from '../upstream.ts'
import { askedAt, PASS, toApplication } from './front.ts'
import type { StartPeer } from './peer.ts'
import { HOST } from '../installed-gate.ts'
import { startSignedInGate } from './signed-in-gate.ts'

/** The name by which targets speak of it. */
export const FORWARD_AUTH_GATE = 'nginx asks Portillon'

/**
 * nginx carries the data and asks the gate about each request. What it must say and take over is that of
 * deploy/nginx/forward-auth.conf; what that file also takes out of requests costs nginx alone, with whomever it asks.
 */
export const startForwardAuthGate: StartPeer = async (upstream, workers) => {
  const gate = await startSignedInGate(upstream, workers, '127.0.0.1')
  const nginx = await startNginx(
    ([port]) => `
      ${toApplication(upstream)}
      ${askedAt(gate.port)}
      server {
        listen 127.0.0.1:${port} backlog=4096;
        location = /_portillon/authz {
          internal;
          proxy_pass http://asked;
          proxy_http_version 1.1;
          proxy_pass_request_body off;
          proxy_set_header Content-Length "";
          proxy_set_header Connection "";
          proxy_set_header Host $http_host;
          proxy_set_header X-Original-URI $request_uri;
          proxy_set_header X-Original-Method $request_method;
          proxy_set_header X-Forwarded-For $remote_addr;
          proxy_set_header X-Forwarded-Proto https;
          proxy_set_header X-Forwarded-Uri "";
          proxy_set_header X-Forwarded-Method "";
          proxy_set_header X-Forwarded-Host "";
        }
        location / {
          auth_request /_portillon/authz;
          auth_request_set $portillon_user $upstream_http_x_remote_user;
          auth_request_set $portillon_assertion $upstream_http_x_portillon_assertion;
          auth_request_set $portillon_cookie $upstream_http_cookie;
          proxy_set_header ${IDENTITY.header} $portillon_user;
          proxy_set_header X-Portillon-Assertion $portillon_assertion;
          proxy_set_header Cookie $portillon_cookie;
          proxy_set_header Host $http_host;
          ${PASS}
        }
      }`,
    { workers },
  )
  return {
    name: FORWARD_AUTH_GATE,
    description: 'nginx auth_request to portillon serve (forward-auth), identity header and assertion',
    url: `http://127.0.0.1:${nginx.ports[0]}`,
    host: HOST,
    pids: [nginx.pid, gate.pid],
    headers: [`Cookie: ${gate.cookie}`],
    authenticates: true,
    asserts: true,
    carriesWebSockets: true,
    storeCommands: () => gate.storeCommands(),
    stop: async () => {
      await nginx.stop()
      await gate.stop()
    },
  }
}
