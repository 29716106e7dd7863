import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { after, before, describe, it } from 'node:test'
import express, { type ErrorRequestHandler } from 'express'
import { createFormReader } from '../../src/portal/form.ts'
import { listen } from '../kit/ports.ts'
import { openRaw, type RawConnection } from '../kit/raw-http.ts'

const PATIENCE = 300

let server: Server
let port: number

before(async () => {
  const app = express()
  app.post('/', createFormReader(PATIENCE), (request, response) => {
    response.json(request.body)
  })
  const tell: ErrorRequestHandler = (thrown: unknown, _request, response, _next) => {
    response.status(408).set('Connection', 'close').send(String(thrown))
  }
  app.use(tell)
  server = createServer(app)
  port = await listen(server)
})
after(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

const begin = async (length: number): Promise<RawConnection> => {
  const connection = await openRaw({ port })
  const type = 'Content-Type: application/x-www-form-urlencoded'
  connection.write(`POST / HTTP/1.1\r\nHost: x\r\n${type}\r\nContent-Length: ${length}\r\n\r\n`)
  return connection
}

describe('L-01: a form of ours', () => {
  it('L-01: that does not come is refused in time, by one answer, and the connection ends', async () => {
    const connection = await begin(100)
    const drops = setInterval(() => connection.write('a'), 50)
    const answer = await connection.answer()
    assert.deepEqual([answer.status, answer.text], [408, 'request-timeout'])
    assert.ok(await connection.closed())
    clearInterval(drops)
    assert.equal(connection.rest().length, 0)
    connection.destroy()
  })

  it('that comes slowly and in time is read', async () => {
    const connection = await begin(3)
    connection.write('a=')
    await new Promise((resolve) => setTimeout(resolve, PATIENCE / 3))
    connection.write('1')
    assert.equal((await connection.answer()).text, '{"a":"1"}')
    connection.destroy()
  })

  it('of which the visitor leaves in the middle asks for nothing any more', async () => {
    const connection = await begin(100)
    connection.destroy()
    const other = await begin(3)
    other.write('b=2')
    assert.equal((await other.answer()).text, '{"b":"2"}')
    other.destroy()
  })
})
