import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { measure, type Measurement } from './measure.ts'
import { startBareNginx } from './peers/bare-nginx.ts'
import { startGate } from './peers/gate.ts'
import { startObviousWiring, startTunedObviousWiring } from './peers/obvious-wiring.ts'
import type { Peer, StartPeer } from './peers/peer.ts'
import { formatReport, summarize } from './report.ts'
import { startUpstream } from './upstream.ts'
import { verify } from './verify.ts'

/**
 * `npm run bench [-- --json] [--rounds 3] [--seconds 5] [--peers nginx,gate,obvious,obvious-kept]`: what a request costs behind the gate,
 * beside the two ends of the scale, in one run on one machine. Everything listens on loopback and is stopped at the end.
 * The targets are reported, not enforced: the exit code tells only whether the measurements can be believed.
 *
 * Peers, application and load share the cores, so requests/s of a cheap peer say more about the load generator: compare
 * the CPU time per request first. The rounds are interleaved, each begins with another peer, and ratios are taken within a
 * round, because a shared machine changes its speed from one minute to the next.
 */

const PEERS: Readonly<Record<string, StartPeer>> = {
  nginx: startBareNginx,
  gate: startGate,
  obvious: startObviousWiring,
  'obvious-kept': startTunedObviousWiring,
}

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    peers: { type: 'string', default: 'nginx,gate,obvious' },
  },
})

const progress = (text: string) => process.stderr.write(`${text}\n`)

/** The same peers, beginning with another one each round. */
const rotate = (peers: readonly Peer[], round: number): readonly Peer[] =>
  peers.map((_, index) => peers[(index + round) % peers.length]).filter((peer) => peer !== undefined)

const wanted = options.peers.split(',').map((name) => {
  const start = PEERS[name]
  if (start === undefined) throw new Error(`no such peer: ${name} (there are ${Object.keys(PEERS).join(', ')})`)
  return start
})
const times = { warmUp: 2, load: Number(options.seconds) }
const upstream = await startUpstream()
const peers: Peer[] = []
const rounds: Measurement[][] = []
try {
  for (const start of wanted) peers.push(await start(upstream))
  for (const peer of peers) await verify(peer)
  for (let round = 0; round < Number(options.rounds); round += 1) {
    const measurements: Measurement[] = []
    for (const peer of rotate(peers, round)) {
      const measurement = await measure(peer, upstream, times)
      measurements.push(measurement)
      progress(`round ${round + 1}: ${peer.name}: ${measurement.cpu.toFixed(1)} µs CPU a request`)
    }
    rounds.push(measurements)
  }
  for (const peer of peers) await verify(peer)
} finally {
  await Promise.all(peers.map((peer) => peer.stop()))
  await upstream.stop()
}

const report = summarize(rounds)
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`
const load = `wrk -t1 -c32, 100-byte answers, ${times.warmUp} s warm-up, ${times.load} s, median of ${rounds.length} rounds`
if (options.json) process.stdout.write(`${JSON.stringify({ machine, load, ...report })}\n`)
else {
  const descriptions = peers.map(({ name, description }) => `${name}: ${description}`)
  process.stdout.write(`${[machine, load, ...descriptions, '', formatReport(report)].join('\n')}\n`)
}
if (report.rows.some(({ unproven }) => unproven > 0)) {
  progress('some answers could not be shown to be right: the numbers of that peer do not count')
  process.exitCode = 1
}
