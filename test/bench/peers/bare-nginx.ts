import { startNginx } from '../../kit/nginx.ts'
import { IDENTITY } from '../upstream.ts'
import type { StartPeer } from './peer.ts'

/** The physical limit: nginx with one worker that forwards over kept connections and adds a constant identity. */
export const startBareNginx: StartPeer = async (upstream) => {
  const nginx = await startNginx(
    ([port]) => `
      keepalive_requests 100000000;
      upstream application { server ${new URL(upstream.url).host}; keepalive 512; keepalive_requests 100000000; }
      server {
        listen 127.0.0.1:${port} backlog=4096;
        location / {
          proxy_pass http://application;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_set_header ${IDENTITY.header} "${IDENTITY.login}";
        }
      }`,
  )
  return {
    name: 'bare nginx',
    description: 'one worker, kept connections, a constant identity header; no authentication',
    url: `http://127.0.0.1:${nginx.ports[0]}`,
    pid: nginx.pid,
    headers: [],
    authenticates: false,
    stop: () => nginx.stop(),
  }
}
