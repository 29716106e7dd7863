import { startNginx } from '../kit/nginx.ts'

/** The person whose session every peer is measured with, and the header that tells the application. */
export const IDENTITY = { header: 'X-Remote-User', login: 'z.oeuvrard' } as const

/**
 * The protected application: nginx with one worker, which answers 100 bytes to a request that names the person and 403 to
 * any other, so that a 200 proves that the peer let the right one through. It counts its requests itself, because a load
 * generator takes a redirect to a sign-in page for a success.
 */
export interface Upstream {
  readonly url: string
  readonly pid: number
  /** Requests that have reached the application so far. */
  arrived(): Promise<number>
  stop(): Promise<void>
}

const BODY = '0123456789'.repeat(10)

export const startUpstream = async (): Promise<Upstream> => {
  const variable = `$http_${IDENTITY.header.toLowerCase().replaceAll('-', '_')}`
  const nginx = await startNginx(
    ([application, status]) => `
      keepalive_requests 100000000;
      server {
        listen 127.0.0.1:${application} backlog=4096;
        if (${variable} != "${IDENTITY.login}") { return 403 "not ${IDENTITY.login}: ${variable}"; }
        location = / { return 200 "${BODY}"; }
        location = /seen { return 200 "${variable} $http_x_portillon_assertion"; }
      }
      server {
        listen 127.0.0.1:${status};
        location = / { stub_status; }
      }`,
    { ports: 2 },
  )
  const [application, status] = nginx.ports
  let looks = 0
  return {
    url: `http://127.0.0.1:${application}`,
    pid: nginx.pid,
    arrived: async () => {
      looks += 1
      const text = await (await fetch(`http://127.0.0.1:${status}/`)).text()
      // `accepts handled requests`, looks at the count included.
      const requests = Number(/^ \d+ \d+ (\d+)/m.exec(text)?.[1])
      return requests - looks
    },
    stop: () => nginx.stop(),
  }
}
