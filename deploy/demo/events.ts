import { setTimeout as wait } from 'node:timers/promises'
import type { Call } from './call.ts'
import { SPECIALTIES } from './data.ts'
import type { Reply } from './reply.ts'

const LABELS = Object.values(SPECIALTIES).map(({ label }) => label)

async function* beats(beat: number): AsyncGenerator<string> {
  yield 'retry: 3000\n\n'
  for (let number = 1; ; number += 1) {
    const data = { numero: number, message: `RCP ${LABELS[number % LABELS.length] ?? ''} : dossier mis à jour` }
    yield `id: ${number}\nevent: rcp\ndata: ${JSON.stringify(data)}\n\n`
    await wait(beat, undefined, { ref: false })
  }
}

/** `/dcc/events?every=MILLISECONDS` (5 s): the first event at once, then one at each beat until the visitor leaves. */
export const eventsReply = (call: Call): Reply => {
  const asked = Number(call.query.get('every') ?? '5000')
  const beat = Number.isFinite(asked) ? Math.min(Math.max(asked, 50), 60_000) : 5_000
  return {
    status: 200,
    headers: { 'Content-Type': 'text/event-stream;charset=UTF-8', 'Cache-Control': 'no-cache' },
    body: beats(beat),
  }
}
