import { BARE_NGINX } from './peers/bare-nginx.ts'
import { FORWARD_AUTH_GATE } from './peers/forward-auth-gate.ts'
import { GATE } from './peers/gate.ts'
import { LEMONLDAP_NG } from './peers/lemonldap-ng.ts'
import { MINIMAL_CHECK } from './peers/minimal-check.ts'
import { MOD_AUTH_OPENIDC } from './peers/mod-auth-openidc.ts'
import { OBVIOUS_WIRING } from './peers/obvious-wiring.ts'
import type { Results, Row } from './summary.ts'

/** What the gate is to reach on one worker, against peers measured in the same run. Reported, never enforced. */
interface Target {
  readonly text: string
  readonly atMost: number
  /** Undefined when it was not measured. */
  readonly measured: (results: Results) => number | undefined
  readonly unit: string
  /** Digits after the point. */
  readonly digits: number
}

export interface Verdict {
  readonly text: string
  readonly atMost: string
  readonly measured: string
  readonly isReached: boolean
}

const rowOf = ({ tables }: Results, scenario: string, peer: string): Row | undefined =>
  tables.find((table) => table.crew === 'one' && table.scenario.id === scenario)?.rows.find((row) => row.peer === peer)

const cpu = (text: string, peer: string, against: string, atMost: number): Target => ({
  text: `${peer}: CPU of a request of 100 bytes, 32 connections, as a multiple of ${text}`,
  atMost,
  measured: (results) => rowOf(results, '100b-32', peer)?.cpuRatios[against],
  unit: '×',
  digits: atMost < 1 ? 3 : 2,
})

const time = (scenario: string, text: string): Target => ({
  text: `${GATE}: time of a download of 20 MB, ${text}, as a multiple of bare nginx`,
  atMost: 1.5,
  measured: (results) => rowOf(results, scenario, GATE)?.timeRatios[BARE_NGINX],
  unit: '×',
  digits: 2,
})

/** What a sign-in costs with a hundred thousand people, as a multiple of what it costs with a hundred. */
const growth = (database: 'PostgreSQL' | 'SQLite'): Target => ({
  text: `${GATE}: CPU of a sign-in with 100,000 accounts in ${database}, as a multiple of 100 accounts`,
  atMost: 1.1,
  measured: ({ signIns }) => {
    const [small, large] = (signIns?.directories ?? []).filter((one) => one.database === database)
    return small === undefined || large === undefined ? undefined : large.cpu / small.cpu
  },
  unit: '×',
  digits: 2,
})

const MEGABYTE = 1_048_576

export const TARGETS: readonly Target[] = [
  cpu('bare nginx', GATE, BARE_NGINX, 3.5),
  cpu('Apache with mod_auth_openidc', GATE, MOD_AUTH_OPENIDC, 1 / 3),
  cpu('LemonLDAP::NG', GATE, LEMONLDAP_NG, 1 / 10),
  cpu('the obvious wiring', GATE, OBVIOUS_WIRING, 1 / 5),
  cpu('a minimal check that nginx asks', FORWARD_AUTH_GATE, MINIMAL_CHECK, 1),
  time('20m-1', 'one visitor'),
  time('20m-32', '32 visitors'),
  {
    text: `${GATE}: memory of all its processes (PSS) with 10,000 idle kept connections`,
    atMost: 300,
    measured: ({ idle }) => (idle === undefined || typeof idle === 'string' ? undefined : idle.after.pss / MEGABYTE),
    unit: 'MB',
    digits: 0,
  },
  {
    text: `${GATE}: Redis commands for a request of 100 bytes, 32 connections (most requests need none)`,
    atMost: 0.5,
    measured: (results) => rowOf(results, '100b-32', GATE)?.storeCommands ?? undefined,
    unit: '',
    digits: 5,
  },
  {
    text: `${GATE}: p99 of the data path beside 50 sign-ins a second, as a multiple of its quiet value`,
    atMost: 2,
    measured: ({ signIns }) => (signIns === undefined ? undefined : signIns.beside.p99 / signIns.quiet.p99),
    unit: '×',
    digits: 2,
  },
  {
    text: `${GATE}: CPU of a card's handshake and judgement with a list of 5 MB`,
    atMost: 10,
    measured: ({ cards }) => cards?.cpu,
    unit: 'ms',
    digits: 1,
  },
  {
    text: `${GATE}: longest block of the event loop while a list of 5 MB is loaded`,
    atMost: 50,
    measured: ({ cards }) => cards?.loading.block,
    unit: 'ms',
    digits: 1,
  },
  growth('PostgreSQL'),
  growth('SQLite'),
  {
    text: `${GATE}: memory in the last minute as a multiple of the second minute`,
    atMost: 1.1,
    measured: ({ endurance }) => (endurance === undefined ? undefined : endurance.late / endurance.early),
    unit: '×',
    digits: 2,
  },
]

/** One verdict for each target whose peers were measured. */
export const judge = (results: Results): readonly Verdict[] =>
  TARGETS.flatMap(({ text, atMost, measured, unit, digits }): Verdict[] => {
    const value = measured(results)
    if (value === undefined || Number.isNaN(value)) return []
    const show = (number: number) => `${number.toFixed(digits)} ${unit}`.trim()
    return [{ text, atMost: show(atMost), measured: show(value), isReached: value <= atMost }]
  })
