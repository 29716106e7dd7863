import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { freePort } from '../kit/ports.ts'

/** An application that is restarted again and again while people work (U-11). */

let port: number
let behind: BehindGate
let server: Server
/** How often each form has arrived, over all lives of the application. */
const forms = new Map<string, number>()

const boot = async (): Promise<void> => {
  server = createServer((request, response) => {
    const { url = '', method } = request
    if (method === 'POST') forms.set(url, (forms.get(url) ?? 0) + 1)
    setTimeout(() => response.end('served'), 5)
  })
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
}
/** As a process that is killed: whatever is under way breaks off. */
const kill = async (): Promise<void> => {
  const closed = new Promise((done) => server.close(done))
  server.closeAllConnections()
  await closed
}

before(async () => {
  port = await freePort()
  await boot()
  behind = await startBehindGate({ application: `http://127.0.0.1:${port}` })
})
after(async () => {
  await behind.stop()
  await kill()
})

describe('an application that is restarted', () => {
  it('U-11: only what is under way fails, with the page of the gate; it recovers alone, and no form arrives twice', async () => {
    const outages: { readonly from: number; until: number }[] = []
    const failures: { readonly from: number; readonly until: number; readonly status: number }[] = []
    let answered = 0
    let isOver = false
    const work = async (nth: number): Promise<void> => {
      for (let round = 0; !isOver; round += 1) {
        const from = performance.now()
        const method = nth % 3 === 0 ? 'POST' : 'GET'
        const { status } = await behind.askSignedIn(`${method} /dcc/${nth}-${round}`, 'Content-Length: 0')
        if (status === 200) answered += 1
        else failures.push({ from, until: performance.now(), status })
        await pause(10)
      }
    }
    const working = Array.from({ length: 12 }, (_, nth) => work(nth))
    for (let life = 0; life < 6; life += 1) {
      await pause(400)
      const outage = { from: performance.now(), until: Infinity }
      outages.push(outage)
      await kill()
      await pause(150)
      await boot()
      outage.until = performance.now()
    }
    do await pause(400)
    while (answered <= 100)
    isOver = true
    await Promise.all(working)

    assert.ok(failures.length > 0, 'nothing was under way')
    for (const { from, until, status } of failures) {
      assert.equal(status, 502)
      assert.ok(
        outages.some((outage) => from < outage.until && until > outage.from),
        'a request failed while the application was there',
      )
    }
    assert.deepEqual(
      [...forms].filter(([, times]) => times !== 1),
      [],
    )
  })
})
