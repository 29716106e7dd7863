import { after, before, beforeEach } from 'node:test'
import type { AppSettings } from '../../src/app.ts'
import type { SiteFile } from '../../src/policy/schema.ts'
import type { AccountEntry } from '../../src/accounts/entry.ts'
import { createManualClock, type ManualClock } from './clock.ts'
import { PERSON, startGate, type Gate } from './gate.ts'
import { startHttpUpstream, type HttpUpstream } from './upstream.ts'
import { createVisitor, type Visitor } from './visitor.ts'

export const SESSION_COOKIE = '__Host-portillon'
export const BROWSER_COOKIE = '__Host-portillon-browser'

export const COLLEAGUE = {
  ...PERSON,
  login: 'a.modele',
  email: 'alix.modele@example.test',
  givenName: 'Alix',
  familyName: 'Modèle',
}

export interface GateInUse {
  readonly upstream: HttpUpstream
  readonly gate: Gate
  readonly clock: ManualClock
  /** A new browser for each test. */
  readonly visitor: Visitor
}

/**
 * A gate for the tests of one file: real parts, an application that records, a clock that the tests move. Between two tests
 * two hours pass, so that the budgets of one are not those of the next.
 */
export const useGate = (
  site: Partial<SiteFile> = {},
  people: readonly AccountEntry[] = [PERSON, COLLEAGUE],
  settings: Partial<AppSettings> = {},
): GateInUse => {
  const clock = createManualClock()
  let upstream: HttpUpstream | undefined
  let gate: Gate | undefined
  let visitor: Visitor | undefined
  const made = <Part>(part: Part | undefined): Part => {
    if (part === undefined) throw new Error('asked for outside a test')
    return part
  }
  before(async () => {
    upstream = await startHttpUpstream()
    gate = await startGate({ upstream: upstream.url, clock, site, people, settings })
  })
  after(async () => {
    await gate?.stop()
    await upstream?.stop()
  })
  beforeEach(() => {
    clock.advance('2h')
    visitor = createVisitor(made(gate))
  })
  return {
    clock,
    get upstream() {
      return made(upstream)
    },
    get gate() {
      return made(gate)
    },
    get visitor() {
      return made(visitor)
    },
  }
}
