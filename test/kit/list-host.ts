import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a host does with one address: publish bytes, or anything with the answer. */
export type Published = Uint8Array | ((response: ServerResponse) => void)

/** A host of lists on a real socket. */
export interface ListHost {
  readonly url: string
  /** Requests by path, with their header. */
  readonly asked: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[]
  publish(path: string, what: Published): void
  close(): Promise<void>
}

export const startListHost = async (): Promise<ListHost> => {
  const published = new Map<string, Published>()
  const asked: { path: string; headers: IncomingHttpHeaders }[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push({ path, headers: request.headers })
    const what = published.get(path)
    if (what === undefined) response.writeHead(404).end('none')
    else if (typeof what === 'function') what(response)
    else {
      const etag = `"${Buffer.from(what.subarray(-12)).toString('hex')}"`
      if (request.headers['if-none-match'] === etag) response.writeHead(304, { ETag: etag }).end()
      else response.writeHead(200, { ETag: etag, 'Content-Type': 'application/pkix-crl' }).end(what)
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    publish: (path, what) => published.set(path, what),
    close: async () => {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}
