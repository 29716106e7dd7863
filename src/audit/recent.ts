import type { Db } from '../database/tables.ts'
import type { EventName } from './events.ts'

/** What a person may read of their own account: that something happened, when and from where. */
export interface RecentEvent {
  readonly event: EventName
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly address: string | null
  readonly method: string | null
}

/** What concerns the person: signing in, failing to, and changes of how they do. Not what they look at. */
const OF_INTEREST: readonly EventName[] = [
  'session.started',
  'sign-in.password-refused',
  'sign-in.code-refused',
  'sign-in.passkey-refused',
  'sign-in.evidence-refused',
  'factor.added',
  'factor.removed',
  'account.password-set',
  'password.link-sent',
  'password.changed',
  'password.change-refused',
  'account.email-set',
  'account.factors-reset',
  'device.remembered',
  'device.forgotten',
  'notice.disowned',
]

/** The newest events of an account, newest first. */
export const createRecentEvents =
  ({ db }: { readonly db: Db }) =>
  async (account: string, most: number): Promise<readonly RecentEvent[]> => {
    const rows = await db
      .selectFrom('audit')
      .select(['event', 'at', 'address', 'method'])
      .where('account', '=', account)
      .where('event', 'in', [...OF_INTEREST])
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(most)
      .execute()
    return rows.map(({ event, ...row }) => ({ event: event as EventName, ...row }))
  }

export type RecentEvents = ReturnType<typeof createRecentEvents>
