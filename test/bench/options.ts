import { parseArgs } from 'node:util'
import type { Times } from './load.ts'
import { startBareNginx } from './peers/bare-nginx.ts'
import { startForwardAuthGate } from './peers/forward-auth-gate.ts'
import { startGate } from './peers/gate.ts'
import { startLemonldapNg } from './peers/lemonldap-ng.ts'
import { startMinimalCheck } from './peers/minimal-check.ts'
import { startModAuthOpenidc } from './peers/mod-auth-openidc.ts'
import { startObviousWiring, startTunedObviousWiring } from './peers/obvious-wiring.ts'
import type { StartPeer } from './peers/peer.ts'
import { CREWS, SCENARIOS, type Crew, type Scenario } from './scenarios.ts'

/** What can be measured, by the name that `--peers` takes. */
const PEERS: Readonly<Record<string, StartPeer>> = {
  nginx: startBareNginx,
  gate: startGate,
  'forward-auth': startForwardAuthGate,
  'minimal-check': startMinimalCheck,
  'mod-auth-openidc': startModAuthOpenidc,
  'lemonldap-ng': startLemonldapNg,
  obvious: startObviousWiring,
  'obvious-kept': startTunedObviousWiring,
}

/** The obvious wiring is one process, and nothing of it would change with several. */
const USUAL: Readonly<Record<Crew, readonly string[]>> = {
  one: Object.keys(PEERS).filter((name) => name !== 'obvious-kept'),
  all: Object.keys(PEERS).filter((name) => !name.startsWith('obvious')),
}

const IDLE = 'idle'
const SIGN_INS = 'sign-ins'
const CARDS = 'cards'
const CALLS = 'calls'
const QUICK = {
  scenarios: ['100b-32', '20k-32', '20m-1', 'websocket-32', IDLE],
  rounds: 1,
  times: { warmUp: 1, load: 2 },
}
const FULL_TIMES = { warmUp: 1, load: 3 }
/** Minutes of `--long`. */
const LONG = 10

export interface Options {
  readonly json: boolean
  readonly times: Times
  readonly peers: Readonly<Record<Crew, readonly StartPeer[]>>
  readonly scenarios: Readonly<Record<Crew, readonly Scenario[]>>
  /** The gate with many idle connections. */
  readonly idle: boolean
  /** Sign-ins with a worker for each processor. */
  readonly signIns: boolean
  /** What a card costs, and the loading of a large list of revoked ones. */
  readonly cards: boolean
  /** Contextual calls with a worker for each processor. */
  readonly calls: boolean
  /** Seconds of load in which memory is watched; 0 for none. */
  readonly endurance: number
}

const listOf = (text: string | undefined): readonly string[] | undefined => text?.split(',').filter(Boolean)

const demandKnown = (what: string, wanted: readonly string[], known: readonly string[]): void => {
  const unknown = wanted.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Error(`no such ${what}: ${unknown} (there are ${known.join(', ')})`)
}

const countOf = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1) throw new Error(`--${name} takes a whole number from 1, not ${text}`)
  return count
}

/** @throws {Error} telling what is not an option */
export const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      long: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      peers: { type: 'string' },
      scenarios: { type: 'string' },
      crew: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
    },
  })
  const crews = listOf(values.crew) ?? (values.quick ? ['one'] : CREWS)
  const known = [
    ...new Set([...CREWS.flatMap((crew) => SCENARIOS[crew].map(({ id }) => id)), IDLE, SIGN_INS, CARDS, CALLS]),
  ]
  const scenarios = listOf(values.scenarios) ?? (values.quick ? QUICK.scenarios : known)
  const peers = listOf(values.peers)
  demandKnown('crew', crews, CREWS)
  demandKnown('scenario', scenarios, known)
  demandKnown('peer', peers ?? [], Object.keys(PEERS))
  const rounds = countOf('rounds', values.rounds) ?? (values.quick ? QUICK.rounds : undefined)
  const times = values.quick ? QUICK.times : FULL_TIMES
  const ofCrew = <T>(of: (crew: Crew) => readonly T[]): Record<Crew, readonly T[]> => ({
    one: of('one'),
    all: of('all'),
  })
  return {
    json: values.json,
    times: { warmUp: times.warmUp, load: countOf('seconds', values.seconds) ?? times.load },
    peers: ofCrew((crew) => (peers ?? USUAL[crew]).flatMap((name) => PEERS[name] ?? [])),
    scenarios: ofCrew((crew) =>
      SCENARIOS[crew]
        .filter(({ id }) => crews.includes(crew) && scenarios.includes(id))
        .map((scenario) => ({ ...scenario, rounds: rounds ?? scenario.rounds })),
    ),
    idle: crews.includes('one') && scenarios.includes(IDLE),
    cards: scenarios.includes(CARDS),
    signIns: crews.includes('all') && scenarios.includes(SIGN_INS),
    calls: crews.includes('all') && scenarios.includes(CALLS),
    endurance: values.long ? LONG * 60 : 0,
  }
}
