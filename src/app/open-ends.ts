import { createOpenAnswers, type OpenAnswers } from '../gateway/open-answers.ts'
import { createOpenSockets, type OpenSockets } from '../gateway/open-sockets.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { createSessionEnds, isRevocation, onSessionEnd } from '../session/ends.ts'
import { watchOpen, type SessionOver } from '../session/watch-open.ts'
import type { Store } from '../store/store.ts'

/** What visitors have open in this process, whatever settings were in force when it was opened. */
export interface OpenEnds {
  readonly sockets: OpenSockets
  readonly answers: OpenAnswers
  close(): Promise<void>
}

/** The end of a session is the end of what it has open, wherever it ended: a message says so at once, a look in seconds. */
export const openEnds = async ({ store, clock, log }: { store: Store; clock: Clock; log: Log }): Promise<OpenEnds> => {
  const sockets = createOpenSockets()
  const answers = createOpenAnswers()
  const over = (session: string, how: SessionOver): void => {
    sockets.end(session, how)
    answers.end(session, how)
  }
  const unsubscribe = await onSessionEnd(store, ({ digest, reason }) => {
    over(digest, isRevocation(reason) ? 'revoked' : 'ended')
  })
  const watch = watchOpen({
    store,
    ends: createSessionEnds({ store, clock }),
    open: () => [...sockets.sessions(), ...answers.sessions()],
    over,
    log,
  })
  return {
    sockets,
    answers,
    close: async () => {
      watch.close()
      await unsubscribe()
    },
  }
}
