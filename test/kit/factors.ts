import { randomUUID } from 'node:crypto'
import type { Factor, Factors, Preference } from '../../src/accounts/factors.ts'
import type { PasskeyCredentials } from '../../src/accounts/passkey-credentials.ts'
import type { Clock } from '../../src/lib/clock.ts'

/** Factors without a database, for tests of the steps; the real ones have a contract suite of their own. */
export const memoryFactors = (clock: Clock): Factors & { readonly credentials: PasskeyCredentials } => {
  const all: Factor[] = []
  const counters = new Map<string, number>()
  const preferences = new Map<string, Preference>()
  const owners = new Map<string, string>()
  const drop = (isGone: (factor: Factor) => boolean): number => {
    const kept = all.filter((factor) => !isGone(factor))
    const count = all.length - kept.length
    all.splice(0, all.length, ...kept)
    return count
  }
  return {
    of: (account, kind) =>
      Promise.resolve(all.filter((one) => one.account === account && (kind === undefined || one.kind === kind))),
    find: (account, id) => Promise.resolve(all.find((one) => one.account === account && one.id === id) ?? null),
    add: (account, fields) => {
      const factor: Factor = { ...fields, id: randomUUID(), account, createdAt: clock.now(), usedAt: null }
      all.push(factor)
      return Promise.resolve(factor)
    },
    replaceSecret: (factor, secret) => {
      const at = all.findIndex((one) => one.id === factor.id && one.secret === factor.secret)
      if (at >= 0) all[at] = { ...factor, secret }
      return Promise.resolve(at >= 0)
    },
    claim: (id, value) => {
      const isNew = value > (counters.get(id) ?? -1)
      if (isNew) counters.set(id, value)
      return Promise.resolve(isNew)
    },
    remove: (account, id) => {
      if (preferences.get(account)?.choice === id) preferences.delete(account)
      return Promise.resolve(drop((one) => one.account === account && one.id === id) > 0)
    },
    removeAll: (account) => {
      preferences.delete(account)
      return Promise.resolve(drop((one) => one.account === account))
    },
    preference: (account) => Promise.resolve(preferences.get(account) ?? null),
    credentials: {
      add: (account, { credential, label, secret, counter }) => {
        if (owners.has(credential)) return Promise.resolve(null)
        const made = { id: randomUUID(), account, createdAt: clock.now(), usedAt: null }
        const factor: Factor = { ...made, kind: 'passkey', label, secret }
        owners.set(credential, factor.id)
        counters.set(factor.id, counter)
        all.push(factor)
        return Promise.resolve(factor)
      },
      find: (credential) => Promise.resolve(all.find(({ id }) => id === owners.get(credential)) ?? null),
      countUp: (id, counter) => {
        const isMore = (counters.get(id) ?? -1) < Math.max(counter, 1)
        if (isMore) counters.set(id, counter)
        return Promise.resolve(isMore)
      },
    },
    prefer: (account, preference) => {
      if (preference === null) preferences.delete(account)
      else preferences.set(account, preference)
      return Promise.resolve()
    },
  }
}
