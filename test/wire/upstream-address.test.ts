import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import { join } from 'node:path'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { eventually, startInstance } from '../kit/instance.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { requireTool } from '../kit/tools.ts'

/** The application's name leads to another machine from now on (U-11). The system's own look-up is used, with a list of ours. */

const NAME = 'application.internal.example.test'

const listenAt = async (address: string, port: number, text: string): Promise<Server> => {
  const server = createServer((_request, response) => response.end(text))
  server.listen(port, address)
  await once(server, 'listening')
  return server
}
const close = (server: Server): void => {
  server.closeAllConnections()
  server.close()
}

describe('a name that moves', () => {
  it('U-11: the new address is used by the next connection, without a restart of the gate', async () => {
    using folder = createTempFolder('names')
    const hosts = join(folder.path, 'hosts')
    const moveTo = (address: string) => writeFileSync(hosts, `${address} ${NAME}\n`)
    moveTo('127.0.0.1')
    const first = await listenAt('127.0.0.1', 0, 'first')
    const { port } = first.address() as { port: number }
    const second = await listenAt('127.0.0.2', port, 'second')
    const instance = await startInstance({
      upstream: `http://${NAME}:${port}`,
      config: { workers: 1 },
      env: { LD_PRELOAD: requireTool('nss-wrapper'), NSS_WRAPPER_HOSTS: hosts },
    })
    const ask = async (): Promise<string> => {
      const headers = { host: instance.host }
      const request = httpRequest({ host: '127.0.0.1', port: instance.port, path: '/app/', agent: false, headers })
      request.end()
      const [answer] = (await once(request, 'response')) as [IncomingMessage]
      let text = ''
      for await (const piece of answer.setEncoding('utf8')) text += piece as string
      return `${answer.statusCode} ${text}`
    }
    try {
      assert.equal(await ask(), '200 first')
      moveTo('127.0.0.2')
      close(first)
      await eventually(async () => (await ask()) === '200 second', 'the new address')
    } finally {
      await instance.running().stop()
      close(second)
      close(first)
    }
  })
})
