import { destination, pino } from 'pino'

/** Fields of a log line. Values are identifiers, codes and numbers, never a secret, a password, a code or a patient. */
export type LogFields = Readonly<Record<string, unknown>>

export interface Log {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** A log whose least level can be changed while the process runs. */
export interface AdjustableLog extends Log {
  setLevel(level: LogLevel): void
}

/**
 * Several processes write to one pipe: what is written at once stays whole up to 4,096 bytes (PIPE_BUF), and a line must
 * never stand within another one (G-03). Counted in characters, some of which are two bytes.
 */
const AT_ONCE = 2_000

/**
 * JSON lines, one event a line, times in UTC (G-02, G-03). The redacted names are a last net under the rule that nothing
 * secret is handed to the log.
 * @param target a file path or file descriptor (1 = standard output)
 */
export const createLog = (level: LogLevel, target: string | number = 1): AdjustableLog => {
  const log = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: ['password', 'code', 'cookie', 'authorization', 'secret', 'token'], censor: '[removed]' },
    },
    destination({ dest: target, sync: false, maxWrite: AT_ONCE }),
  )
  return Object.assign(log, { setLevel: (next: LogLevel) => void (log.level = next) })
}

export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
