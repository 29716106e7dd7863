import { z } from 'zod'
import { accept, refuse, type Result } from '../lib/result.ts'
import { sessionRecordSchema, type SessionRecord } from './record.ts'

declare module 'express-session' {
  interface SessionData {
    /** Who signed in; the one thing that the gate keeps in a session. Written by `lifecycle` only. */
    person?: SessionRecord
  }
}

/** Many times the longest record that a sign-in writes; what is longer was not written by one. */
const MAX_LENGTH = 32_768

/** What connect-redis keeps under a session's key: express-session's own part beside ours. */
const storedSessionSchema = z.object({ cookie: z.looseObject({}), person: sessionRecordSchema })

/** Why a stored text is not a session: for the log; to everybody else the session is over. */
export type UnreadableSession = 'too-long' | 'not-json' | 'not-a-session'

/** Reads what lies under a session's key. Whatever else lies there is a refusal, never a throw. */
export const readStoredSession = (text: string): Result<SessionRecord, UnreadableSession> => {
  if (text.length > MAX_LENGTH) return refuse('too-long')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refuse('not-json')
  }
  const read = storedSessionSchema.safeParse(value)
  return read.success ? accept(read.data.person) : refuse('not-a-session')
}

/** The text of a session, in the form in which express-session and connect-redis write and read it. */
export const writeStoredSession = (session: { readonly cookie: object; readonly person?: SessionRecord }): string =>
  JSON.stringify(session)
