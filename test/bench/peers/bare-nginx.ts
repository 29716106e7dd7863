import { startNginx } from '../../kit/nginx.ts'
import { IDENTITY } from '../upstream.ts'
import { PASS, toApplication } from './front.ts'
import type { StartPeer } from './peer.ts'

/** The name by which targets speak of it. */
export const BARE_NGINX = 'bare nginx'

/** The physical limit: nginx that forwards over kept connections and adds a constant identity. */
export const startBareNginx: StartPeer = async (upstream, workers) => {
  const nginx = await startNginx(
    ([port]) => `
      ${toApplication(upstream)}
      server {
        listen 127.0.0.1:${port} backlog=4096;
        location / {
          ${PASS}
          proxy_set_header ${IDENTITY.header} "${IDENTITY.login}";
        }
      }`,
    { workers },
  )
  return {
    name: BARE_NGINX,
    description: 'kept connections, a constant identity header; no authentication',
    url: `http://127.0.0.1:${nginx.ports[0]}`,
    pids: [nginx.pid],
    headers: [],
    authenticates: false,
    asserts: false,
    carriesWebSockets: true,
    stop: () => nginx.stop(),
  }
}
