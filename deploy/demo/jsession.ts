import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** A container session of the old application: it knows nobody, it only remembers what was looked at last. */
export interface JavaSession {
  readonly id: string
  /** Whether the visitor sent its cookie back. Without it, the first page writes the id into a link, as servlets do. */
  readonly isNew: boolean
  /** Patients opened last, newest first. */
  readonly recent: number[]
}

export interface JavaSessions {
  readonly of: (request: IncomingMessage) => JavaSession
  readonly end: (id: string) => void
  readonly size: number
}

/** How many sessions the demo keeps; the oldest goes first. */
const LIMIT = 1_000

const cookieId = (request: IncomingMessage): string | undefined =>
  /(?:^|;\s*)JSESSIONID=([0-9A-F]{32})(?:;|$)/.exec(request.headers.cookie ?? '')?.[1]

const linkId = (request: IncomingMessage): string | undefined =>
  /;jsessionid=([0-9A-F]{32})/i.exec(request.url ?? '')?.[1]

export const createJavaSessions = (): JavaSessions => {
  const sessions = new Map<string, number[]>()
  return {
    of: (request) => {
      const fromCookie = cookieId(request)
      const id = fromCookie ?? linkId(request)
      const recent = id === undefined ? undefined : sessions.get(id)
      if (id !== undefined && recent !== undefined) return { id, isNew: fromCookie === undefined, recent }
      const fresh = randomBytes(16).toString('hex').toUpperCase()
      const oldest = sessions.size >= LIMIT ? sessions.keys().next().value : undefined
      if (oldest !== undefined) sessions.delete(oldest)
      const nothingYet: number[] = []
      sessions.set(fresh, nothingYet)
      return { id: fresh, isNew: true, recent: nothingYet }
    },
    end: (id) => void sessions.delete(id),
    get size() {
      return sessions.size
    },
  }
}
