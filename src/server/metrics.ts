import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'

/** What one process has counted, in a form that can be handed to another one. */
export type Figures = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/** How much is going on with one application at this moment. */
export interface UpstreamLoad {
  readonly site: string
  readonly running: number
  readonly waiting: number
  readonly webSockets: number
}

/** One identity provider of a site. */
export interface ProviderStanding {
  readonly site: string
  readonly method: string
  readonly isUp: boolean
}

export interface Metrics {
  /** One answered or refused request; `outcome` is `forwarded`, `page` or an error code. */
  countRefusal(site: string, code: string): void
  countEvent(event: string, site: string): void
  /** One call of a record system, or what became of it. */
  countCall(site: string, partner: string, result: string): void
  countRequest(): void
  /** Whom to ask about the applications; the last one who said so is asked. */
  watchUpstreams(loads: () => readonly UpstreamLoad[]): void
  /** Asked whenever the figures are. */
  /** How password checks stand; asked whenever the figures are. */
  watchHashing(read: () => { readonly running: number; readonly waiting: number; readonly refused: number }): void
  watchTrail(read: () => { readonly waiting: number; readonly leftOut: number }): void
  /** Whether the identity providers of the sites answer. */
  watchProviders(read: () => readonly ProviderStanding[]): void
  figures(): Promise<Figures>
}

/** Of the main process itself, which serves nobody. */
export const workerFigures = ({ ready, restarts }: { ready: number; restarts: number }): Promise<Figures> => {
  const registry = new Registry()
  const registers = [registry]
  new Gauge({ name: 'portillon_workers', help: 'Worker processes that serve.', registers }).set(ready)
  const name = 'portillon_worker_restarts_total'
  new Counter({ name, help: 'Workers that took the place of one that ended.', registers }).inc(restarts)
  return registry.getMetricsAsJSON()
}

/** How one list of revoked cards stands. */
export interface ListFigures {
  readonly name: string
  readonly state: string
  readonly until: number
  readonly issued: number
  readonly entries: number
  readonly bytes: number
  readonly failures: number
}

/** Of the lists of revoked cards, which the main process keeps (G20). Nothing where there are none. */
export const cardListFigures = (lists: readonly ListFigures[]): Promise<Figures> => {
  const registry = new Registry()
  const options = { labelNames: ['list'], registers: [registry] }
  const gauges = [
    ['fresh', 'Whether a list of revoked cards is within its time (1), or stale or missing (0).', 'state'],
    ['issued_timestamp_seconds', 'When the list was made.', 'issued'],
    ['end_timestamp_seconds', 'When the list is past its end.', 'until'],
    ['entries', 'Serial numbers in the list.', 'entries'],
    ['bytes', 'What the list takes of the memory of each process.', 'bytes'],
    ['failures', 'Refreshes of the list since the start that failed.', 'failures'],
  ] as const
  for (const [name, help, field] of lists.length === 0 ? [] : gauges) {
    const gauge = new Gauge({ name: `portillon_card_list_${name}`, help, ...options })
    for (const list of lists)
      gauge.set({ list: list.name }, field === 'state' ? Number(list.state === 'fresh') : list[field])
  }
  return registry.getMetricsAsJSON()
}

export const FIGURES_TYPE = Registry.PROMETHEUS_CONTENT_TYPE

/** The figures of several processes as one: counts are added up, and each of the others is joined as its kind wants. */
export const figuresText = (all: readonly Figures[]): Promise<string> =>
  AggregatorRegistry.aggregate(all.map((figures) => [...figures])).metrics()

/** Gauges that read what they show when somebody asks. */
const watchUpstreams = (registers: Registry[]): Metrics['watchUpstreams'] => {
  let read: () => readonly UpstreamLoad[] = () => []
  const gauges = [
    ['running', 'running', 'Requests that are with the application.'],
    ['waiting', 'waiting', 'Requests that wait for a connection to the application.'],
    ['web_sockets', 'webSockets', 'WebSockets to the application.'],
  ] as const
  for (const [name, field, help] of gauges) {
    new Gauge({
      name: `portillon_upstream_${name}`,
      help,
      labelNames: ['site'],
      registers,
      collect() {
        this.reset()
        for (const load of read()) this.set({ site: load.site }, load[field])
      },
    })
  }
  return (loads) => {
    read = loads
  }
}

const trailGauges = (registry: Registry, read: () => { readonly waiting: number; readonly leftOut: number }): void => {
  const registers = [registry]
  new Gauge({
    name: 'portillon_audit_waiting',
    help: 'Events of the audit trail that the table has not taken yet.',
    registers,
    collect() {
      this.set(read().waiting)
    },
  })
  new Gauge({
    name: 'portillon_audit_left_out',
    help: 'Events since the start that the table will never have: they are in the log only.',
    registers,
    collect() {
      this.set(read().leftOut)
    },
  })
}

const hashingGauges = (registry: Registry, read: Parameters<Metrics['watchHashing']>[0]): void => {
  const gauges = [
    ['running', 'Password checks that are computed.'],
    ['waiting', 'Password checks that wait for their turn.'],
    ['refused', 'Password checks since the start that were refused because too many were waiting.'],
  ] as const
  for (const [name, help] of gauges) {
    new Gauge({
      name: `portillon_password_checks_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read()[name])
      },
    })
  }
}

/** Of several workers the worst counts: one that cannot reach it turns people away. */
const watchProviders = (registers: Registry[]): Metrics['watchProviders'] => {
  let read: () => readonly ProviderStanding[] = () => []
  new Gauge({
    name: 'portillon_provider_up',
    help: 'Whether an identity provider answers: 1, or 0. Of several workers, the least.',
    labelNames: ['site', 'method'],
    registers,
    aggregator: 'min',
    collect() {
      this.reset()
      for (const { site, method, isUp } of read()) this.set({ site, method }, isUp ? 1 : 0)
    },
  })
  return (providers) => {
    read = providers
  }
}

/** Figures for Prometheus. The data path only adds to a number; everything else is computed when somebody asks. */
export const createMetrics = (): Metrics => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'portillon_' })
  let requests = 0
  new Gauge({
    name: 'portillon_requests',
    help: 'Requests received by this process since it started.',
    registers: [registry],
    collect() {
      this.set(requests)
    },
  })
  const refusals = new Counter({
    name: 'portillon_refusals_total',
    help: 'Requests that the gate answered with an error, by site and error code.',
    labelNames: ['site', 'error'],
    registers: [registry],
  })
  const events = new Counter({
    name: 'portillon_events_total',
    help: 'Events of the audit trail, by site and name.',
    labelNames: ['site', 'event'],
    registers: [registry],
  })
  const calls = new Counter({
    name: 'portillon_contextual_calls_total',
    help: 'Calls of record systems, by site, partner and result: accepted, opened, or why not.',
    labelNames: ['site', 'partner', 'result'],
    registers: [registry],
  })
  return {
    countRefusal: (site, error) => refusals.inc({ site, error }),
    countEvent: (event, site) => events.inc({ site, event }),
    countCall: (site, partner, result) => calls.inc({ site, partner, result }),
    countRequest: () => {
      requests += 1
    },
    watchUpstreams: watchUpstreams([registry]),
    watchProviders: watchProviders([registry]),
    watchHashing: (read) => hashingGauges(registry, read),
    watchTrail: (read) => trailGauges(registry, read),
    figures: () => registry.getMetricsAsJSON(),
  }
}
