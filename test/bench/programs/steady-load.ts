import { Agent, request } from 'node:http'
import { createHistogram } from 'node:perf_hooks'
import { z } from 'zod'

/**
 * So many requests a second, whether or not the answers keep up, and how long each took from the moment at which it was due:
 * a load that waits for answers would hide a gate that stands still. Prints one line of JSON.
 */

const { url, headers, rate, warmUp, seconds } = z
  .object({
    url: z.string(),
    headers: z.record(z.string(), z.string()),
    rate: z.number(),
    warmUp: z.number(),
    seconds: z.number(),
  })
  .parse(JSON.parse(process.argv[2] ?? ''))

const agent = new Agent({ keepAlive: true, maxSockets: 64 })
const latencies = createHistogram()
const counts = { requests: 0, wrong: 0 }

const ask = (due: number, isMeasured: boolean): Promise<void> =>
  new Promise((done) => {
    const settle = (isRight: boolean): void => {
      if (isMeasured) {
        counts.requests += 1
        if (!isRight) counts.wrong += 1
        latencies.record(Math.max(1, Math.round((performance.now() - due) * 1_000)))
      }
      done()
    }
    const asked = request(url, { agent, headers }, (response) => {
      response.resume()
      response.on('end', () => settle(response.statusCode === 200))
    })
    asked.on('error', () => settle(false))
    asked.end()
  })

const begun = performance.now()
const all: Promise<void>[] = []
const total = Math.round(rate * (warmUp + seconds))
const send = (): void => {
  const now = performance.now() - begun
  while (all.length < total && (all.length * 1_000) / rate <= now) {
    const at = (all.length * 1_000) / rate
    if (all.length === Math.round(rate * warmUp)) process.stdout.write('measuring\n')
    all.push(ask(begun + at, at >= warmUp * 1_000))
  }
  if (all.length < total) setTimeout(send, 1)
}
send()
while (all.length < total) await new Promise((resolve) => setTimeout(resolve, 50))
await Promise.all(all)
agent.destroy()
const [p50, p99] = [latencies.percentile(50), latencies.percentile(99)]
process.stdout.write(`${JSON.stringify({ ...counts, p50, p99 })}\n`)
