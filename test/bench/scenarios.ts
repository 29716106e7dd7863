import { ECHO, SIZES, type Page } from './upstream.ts'

/** What peers are measured with: many visitors who all have the same session and keep their connections. */
export interface Scenario {
  readonly id: string
  readonly title: string
  readonly path: Page | typeof ECHO
  readonly connections: number
  /** Bytes of one answer, or of one message. */
  readonly bytes: number
  /** How often each peer is measured, in turns with the others: as often as a target needs. */
  readonly rounds: number
}

/** One worker of each peer, or as many as the machine has processors. */
export const CREWS = ['one', 'all'] as const
export type Crew = (typeof CREWS)[number]

const get = (id: string, path: Page, connections: number, rounds: number): Scenario => {
  const title = `${SIZES[path].toLocaleString('en')} bytes, ${connections} connection${connections === 1 ? '' : 's'}`
  return { id, title, path, connections, bytes: SIZES[path], rounds }
}

const echo = (id: string, connections: number, rounds: number): Scenario => ({
  id,
  title: `WebSocket echo of 100 bytes, ${connections} connections (a request is a message and its echo)`,
  path: ECHO,
  connections,
  bytes: 100,
  rounds,
})

/** The scenario of most targets. */
export const SMALL = get('100b-32', '/', 32, 5)

export const SCENARIOS: Readonly<Record<Crew, readonly Scenario[]>> = {
  one: [
    SMALL,
    get('100b-256', '/', 256, 3),
    get('20k-32', '/20k', 32, 3),
    get('20k-256', '/20k', 256, 3),
    get('20m-1', '/20m', 1, 5),
    get('20m-32', '/20m', 32, 3),
    get('20m-256', '/20m', 256, 1),
    echo('websocket-32', 32, 3),
    echo('websocket-256', 256, 3),
  ],
  all: [
    { ...SMALL, rounds: 3 },
    get('100b-256', '/', 256, 2),
    get('20k-32', '/20k', 32, 2),
    get('20k-256', '/20k', 256, 2),
    get('20m-32', '/20m', 32, 2),
    echo('websocket-32', 32, 2),
  ],
}
