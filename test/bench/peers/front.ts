import type { Upstream } from '../upstream.ts'

/** What every nginx of the bench has in its `http` block: the application behind kept connections. */
export const toApplication = (upstream: Upstream): string => `
  keepalive_requests 100000000;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  upstream application { server ${new URL(upstream.url).host}; keepalive 512; keepalive_requests 100000000; }`

/** Carries a request to the application, a WebSocket too, and its answer as it comes, without a copy on disk. */
export const PASS = `
  proxy_pass http://application;
  proxy_http_version 1.1;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;
  proxy_max_temp_file_size 0;`

/** One question to a server on that loopback port before each request: nginx auth_request over kept connections. */
export const askedAt = (...ports: readonly number[]): string => `
  upstream asked {
    ${ports.map((port) => `server 127.0.0.1:${port};`).join(' ')}
    keepalive 512;
    keepalive_requests 100000000;
  }`
