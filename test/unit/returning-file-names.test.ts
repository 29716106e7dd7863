import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { createAnswerRules } from '../../src/gateway/answer-rules.ts'
import { returning } from '../../src/gateway/returning.ts'
import { listen } from '../kit/ports.ts'
import { sendRaw } from '../kit/raw-http.ts'
import { makeSite } from '../policy/site.ts'

/** What `returning` gives, written by Node's own server as the data path does. */
describe('the file name of a download comes back in the bytes of the application', () => {
  const origin = 'https://dcc.example.test'
  const answers = createAnswerRules(makeSite(), origin, new Set([origin]))
  const asserted = {
    exchange: { host: 'dcc.example.test', site: { answers } },
    sharing: { keep: 'never', shownIn: 'own-pages', origins: [] },
  } as const
  let raw: readonly Buffer[] = []
  let port = 0
  const server = createServer((_, response) => {
    const returned = returning(asserted, 200, raw)
    assert.ok(returned.ok)
    response.writeHead(200, 'OK', returned.value.headers)
    response.end(Buffer.from('ok'))
  })

  before(async () => {
    port = await listen(server)
  })
  after(() => {
    server.close()
    server.closeAllConnections()
  })

  for (const [encoding, name] of [
    ['ISO-8859-1', Buffer.from('région.csv', 'latin1')],
    ['UTF-8', Buffer.from('région Œ.csv', 'utf8')],
  ] as const) {
    it(`in ${encoding}, after a Content-Length`, async () => {
      const disposition = Buffer.concat([Buffer.from('attachment; filename="'), name, Buffer.from('"')])
      raw = [Buffer.from('Content-Length'), Buffer.from('2'), Buffer.from('Content-Disposition'), disposition]
      const answer = await sendRaw({ port }, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      assert.equal(answer.status, 200)
      assert.equal(answer.header('content-disposition'), disposition.toString('latin1'))
      assert.equal(answer.header('content-length'), '2')
    })
  }
})
