import type { Instance, LoadedConfig } from '../config/instance.ts'
import { systemClock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { systemRandom } from '../lib/random.ts'
import { createSmtpTransport } from '../mail/smtp.ts'
import { unavailableTransport } from '../mail/unavailable.ts'
import type { LoadedSite } from '../policy/load.ts'
import type { AppSettings } from './settings.ts'

const MAIL_TIMEOUT = 10_000

const transportOf = (smtp: Instance['smtp']) => (smtp === undefined ? unavailableTransport : createSmtpTransport(smtp))

/** What the parts of a real instance are made from. */
export const settingsOf = (
  { config, sites, tls, cardListener }: LoadedConfig<LoadedSite>,
  log: Log,
  ticketKeys?: Buffer,
): AppSettings => ({
  config,
  databaseUrl: config.database.url,
  tls: tls === null ? null : { ...tls, ticketKeys },
  cardListener,
  sites,
  transport: transportOf(config.smtp),
  mailTimeout: config.smtp?.timeout ?? MAIL_TIMEOUT,
  outbox: null,
  clock: systemClock,
  random: systemRandom,
  log,
})
