import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'

export interface Metrics {
  /** One answered or refused request; `outcome` is `forwarded`, `page` or an error code. */
  countRefusal(site: string, code: string): void
  countEvent(event: string, site: string): void
  countRequest(): void
  text(): Promise<string>
  readonly contentType: string
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
  return {
    countRefusal: (site, error) => refusals.inc({ site, error }),
    countEvent: (event, site) => events.inc({ site, event }),
    countRequest: () => {
      requests += 1
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
