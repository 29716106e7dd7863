import type { SessionRecord } from '../../src/session/record.ts'
import type { Store } from '../../src/store/store.ts'

/** The session of an invented doctor, opened at `startedAt`: idle limit 30 minutes, absolute limit 10 hours. */
export const sessionRecord = (startedAt: number, changes: Partial<SessionRecord> = {}): SessionRecord => ({
  site: 'onco-demo',
  realm: 'onco-demo',
  account: 'account-1',
  login: 'z.oeuvrard',
  name: 'Zoé Œuvrard',
  givenName: 'Zoé',
  familyName: 'Œuvrard',
  email: 'zoe.oeuvrard@example.test',
  nationalId: '899900000017',
  roles: ['médecin'],
  way: 'mailed-code',
  level: 1,
  methods: ['password', 'email-code'],
  authenticatedAt: startedAt,
  startedAt,
  endsAt: startedAt + 10 * 3_600_000,
  idle: 30 * 60_000,
  address: '192.0.2.7',
  device: 'Firefox, Windows',
  ...changes,
})

/** A store that writes down each operation and its first argument, a key or a channel, before passing it on. */
export const recordingStore = (
  store: Store,
): { readonly store: Store; readonly calls: (readonly [string, string])[] } => {
  const calls: (readonly [string, string])[] = []
  const recording = new Proxy(store, {
    get: (target, name: keyof Store) => {
      const operation: unknown = Reflect.get(target, name)
      if (typeof operation !== 'function' || name === 'isSubscriptionLive') return operation
      return (...args: unknown[]): unknown => {
        calls.push([name, String(args[0])])
        return Reflect.apply(operation, target, args)
      }
    },
  })
  return { store: recording, calls }
}
