import { request, type IncomingHttpHeaders } from 'node:http'

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/**
 * One GET on a connection of its own, with what it is told to say and nothing else.
 * @param host what the request calls it, where that is not the address
 * @param lines whole header lines
 */
export const ask = (url: string, host: string | undefined, lines: readonly string[]): Promise<Answer> =>
  new Promise((answered, failed) => {
    const { hostname, port, host: address, pathname, search } = new URL(url)
    const headers = ['Host', host ?? address, ...lines.flatMap((line) => line.split(/: (.*)/, 2))]
    const options = { host: hostname, port, path: `${pathname}${search}`, headers, agent: false, timeout: 30_000 }
    const asking = request(options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', failed)
      response.on('end', () =>
        answered({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      )
    })
    asking.on('timeout', () => asking.destroy(new Error(`no answer in time from ${url}`)))
    asking.on('error', failed)
    asking.end()
  })
