import { measuredSite, startInstalledGate, type InstalledGate } from '../installed-gate.ts'
import type { Upstream } from '../upstream.ts'
import { fillDirectory, type Person } from './directory.ts'

/** A gate with so many people who sign in by password and application. */
export interface SignInGate extends Pick<InstalledGate, 'port' | 'pid' | 'stop'> {
  readonly people: readonly Person[]
  /** Sign-ins that the gate has refused because too many were waiting for their password check. */
  busy(): Promise<number>
}

/** @param database an address, or null for SQLite in the gate's own folder */
export const startSignInGate = async (
  upstream: Upstream,
  database: string | null,
  count: number,
): Promise<SignInGate> => {
  const gate = await startInstalledGate({
    site: measuredSite(upstream, { ways: [{ id: 'application', methods: ['password', 'totp'] }] }),
    fill: (url, keys) => fillDirectory(url, keys, count),
    database,
  })
  return {
    ...gate,
    people: gate.filled,
    busy: async () => {
      const text = await (await fetch(`http://127.0.0.1:${gate.adminPort}/metrics`)).text()
      return Number(/^portillon_password_checks_refused (\d+)/m.exec(text)?.[1] ?? 0)
    },
  }
}
