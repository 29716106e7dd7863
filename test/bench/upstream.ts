import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { startNginx } from '../kit/nginx.ts'
import { startProcess } from '../kit/processes.ts'

/** The person whose session every peer is measured with (others have a number behind it), and the header that tells the application. */
export const IDENTITY = { header: 'X-Remote-User', login: 'z.oeuvrard' } as const

/** What the application gives, by path: bytes. */
export const SIZES = { '/': 100, '/20k': 20_000, '/20m': 20_000_000 } as const
export type Page = keyof typeof SIZES

/** Where it sends every WebSocket message back. */
export const ECHO = '/echo'

/**
 * The protected application: nginx with one worker, which answers to a request that names the person and gives 403 to any
 * other, so that a 200 proves that the peer let the right one through. It counts its requests itself, because a load
 * generator takes a redirect to a sign-in page for a success. Behind it stands a program that echoes WebSocket messages.
 */
export interface Upstream {
  readonly url: string
  /** Requests that have reached the application so far. */
  arrived(): Promise<number>
  stop(): Promise<void>
}

const page = (path: Page): string => '0123456789'.repeat(SIZES[path] / 10)

const writePages = (folder: string): void => {
  writeFileSync(join(folder, '20k'), page('/20k'))
  writeFileSync(join(folder, '20m'), page('/20m'))
}

const identity = `$http_${IDENTITY.header.toLowerCase().replaceAll('-', '_')}`

const configuration = (folder: string, application: number, status: number, echo: string): string => `
  keepalive_requests 100000000;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=16;
  server {
    listen 127.0.0.1:${application} backlog=4096;
    root ${folder};
    if (${identity} !~ "^${IDENTITY.login.replace('.', '\\.')}(?:-\\d+)?$") { return 403 "not ${IDENTITY.login}: ${identity}"; }
    location = / { return 200 "${page('/')}"; }
    location = /20k { }
    location = /20m { }
    location = /seen { return 200 "${identity} $http_x_portillon_assertion"; }
    location = ${ECHO} {
      proxy_pass http://127.0.0.1:${echo};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
    }
  }
  server {
    listen 127.0.0.1:${status};
    location = / { stub_status; }
  }`

export const startUpstream = async (): Promise<Upstream> => {
  const echo = startProcess(process.execPath, [resolve(import.meta.dirname, 'programs/echo.ts')])
  const [, echoPort = ''] = await echo.waitFor(/listening on (\d+)/)
  const nginx = await startNginx(
    ([application = 0, status = 0], folder) => {
      writePages(folder)
      return configuration(folder, application, status, echoPort)
    },
    { ports: 2 },
  )
  const [application, status] = nginx.ports
  let looks = 0
  return {
    url: `http://127.0.0.1:${application}`,
    arrived: async () => {
      looks += 1
      const text = await (await fetch(`http://127.0.0.1:${status}/`)).text()
      // `accepts handled requests`, looks at the count included.
      const requests = Number(/^ \d+ \d+ (\d+)/m.exec(text)?.[1])
      return requests - looks
    },
    stop: async () => {
      await nginx.stop()
      await echo.stop()
    },
  }
}
