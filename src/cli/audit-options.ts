import { InvalidArgumentError, Option, type Command } from 'commander'
import type { Period } from '../audit/read.ts'
import { addDays, startOfDay } from '../lib/calendar.ts'

export interface PeriodOptions {
  readonly from?: string
  readonly to?: string
}

const dayOf = (text: string): string => {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`))
  if (!isDay || addDays(text, 0) !== text) throw new InvalidArgumentError('a day is written 2026-01-31')
  return text
}

/** Days as people in France count them, both in it. */
export const withPeriod = (command: Command, isNeeded: boolean): Command => {
  const from = new Option('--from <day>', 'from this day on (in Paris, such as 2026-01-01)').argParser(dayOf)
  const to = new Option('--to <day>', 'up to this day, which is part of it').argParser(dayOf)
  return command.addOption(from.makeOptionMandatory(isNeeded)).addOption(to.makeOptionMandatory(isNeeded))
}

/** Undefined when no day is named. */
export const periodOf = ({ from, to }: PeriodOptions): Period | undefined =>
  from === undefined && to === undefined
    ? undefined
    : {
        since: from === undefined ? 0 : startOfDay(from),
        until: to === undefined ? Number.MAX_SAFE_INTEGER : startOfDay(addDays(to, 1)),
      }

/** `2026-01-01 to 2026-01-31`, for people. */
export const periodText = ({ from = 'the beginning', to = 'today' }: PeriodOptions): string => `${from} to ${to}`
