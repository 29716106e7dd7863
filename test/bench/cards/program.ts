import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createServer, type TLSSocket } from 'node:tls'
import { systemClock } from '../../../src/lib/clock.ts'
import { silentLog } from '../../../src/lib/log.ts'
import { systemRandom } from '../../../src/lib/random.ts'
import { createCards } from '../../../src/methods/cps/index.ts'
import { createHeldLists } from '../../../src/methods/cps/lists/held-lists.ts'
import { createCardLists } from '../../../src/methods/cps/lists/keep-lists.ts'
import { cardSettings } from '../../kit/cards.ts'
import { makeCertificate } from '../../kit/certificate.ts'
import { inBrowser } from '../../kit/card-gate.ts'
import { CAMILLE, createTestIgcSante } from '../../kit/igc-sante.ts'
import { listen } from '../../kit/ports.ts'
import { writeLargeList } from './large-list.ts'

/** What the parts that judge cards cost, in a process with nothing else in it; its parent shows the cards. */

/** 140,000 entries of 37 bytes. */
const ENTRIES = 140_000

const now = systemClock.now()
const pki = createTestIgcSante({ now, keyKind: 'rsa-2048' })
const folder = mkdtempSync(join(tmpdir(), 'portillon-bench-cards-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const file = join(folder, 'large.crl')
const list = writeLargeList(pki.strong, ENTRIES, now)
writeFileSync(file, list)
const settings = cardSettings(pki, folder, { lists: { strong: { of: pki.strong.commonName, file } } })

/** Loads the list while the event loop is watched. */
const load = async () => {
  const held = createHeldLists()
  const lists = createCardLists({ settings, clock: systemClock, log: silentLog })
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const began = performance.now()
  delay.enable()
  lists.watch((current) => held.take(current))
  await lists.start()
  await lists.refresh()
  const milliseconds = performance.now() - began
  delay.disable()
  const [state] = lists.states()
  lists.close()
  if (state?.state !== 'fresh') throw new Error('the list was not taken')
  return { held, block: delay.max / 1e6, milliseconds, entries: state.entries, bytes: state.bytes }
}

const { held, bytes, ...loaded } = await load()
const judge = createCards(settings, { lists: held, clock: systemClock, random: systemRandom })
const { cert, key } = makeCertificate('localhost')

const onCard = async (socket: TLSSocket): Promise<void> => {
  const { raw } = socket.getPeerCertificate()
  const judged = await judge.judge({ leaf: raw, others: [] }, { cps: { kinds: ['CPS'] } })
  socket.end(judged.ok ? judged.value.nationalId : judged.reason.reason)
}
const server = createServer({ cert, key, requestCert: true, rejectUnauthorized: false }, (socket) => {
  socket.on('error', () => undefined)
  void onCard(socket)
})
const port = await listen(server)

/** CPU of this process so far, milliseconds. */
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpu: (user + system) / 1_000 })
})
process.once('disconnect', () => process.exit())
process.send?.({
  ...{ port, ca: cert, card: inBrowser(pki.card('CPS', CAMILLE)), expected: CAMILLE.nationalId },
  loading: { ...loaded, published: list.length, held: bytes },
})
