import { Option, type Command } from 'commander'
import { confirmedAddresses } from '../accounts/confirmed-addresses.ts'
import { systemClock } from '../lib/clock.ts'
import { createLog } from '../lib/log.ts'
import { systemRandom } from '../lib/random.ts'
import { createSendNow } from '../mail/send-now.ts'
import { createSmtpTransport } from '../mail/smtp.ts'
import type { Notice } from '../notices/notice.ts'
import { tellNow, type NotTold, type TellNowParts, type Told } from '../notices/tell-now.ts'
import { traceOf } from '../notices/trace.ts'
import type { LoadedSite } from '../policy/load.ts'
import { LANGUAGES, type Language } from '../render/messages.ts'
import { createRenderers } from '../render/renderer.ts'
import type { Office, OfficeOptions } from './account-office.ts'
import { actor } from './actor.ts'
import { counted } from './problem-lines.ts'

/** Options of every command that changes how somebody signs in. */
export interface NoticeOptions extends OfficeOptions {
  /** False with `--no-notice`. */
  readonly notice: boolean
  readonly language: Language
}

export const addNoticeOptions = (command: Command): Command =>
  command
    .option('--no-notice', 'do not tell the person by mail')
    .addOption(new Option('--language <language>', 'of that mail').choices([...LANGUAGES]).default('fr'))

const WHY: Readonly<Record<NotTold, string>> = {
  'no-address': 'the account has no e-mail address',
  'no-sender': 'the site file names nobody who sends its mails (mail.from)',
  'no-server': 'the instance file names no mail server (smtp)',
  'sender-unusable': 'the sender of the site (mail.from) cannot be used',
  'recipient-unusable': 'the e-mail address of the account cannot be used',
  'language-unusable': 'its language cannot be used',
  'too-large': 'it is too large: is the template of the site right?',
  refused: 'the mail server refused it',
  deferred: 'the mail server put it off',
  unreachable: 'the mail server cannot be reached',
  'timed-out': 'the mail server did not answer in time',
  'tls-refused': 'the certificate of the mail server is not valid, or it offers no TLS',
  'login-refused': 'the mail server refused the login (smtp.user)',
  stopped: 'it was broken off',
  fault: 'it could not be written',
}

const warnOf = (failed: readonly NotTold[]): void => {
  const why = [...new Set(failed)].map((one) => WHY[one]).join('; ')
  process.stderr.write(`warning: the notice could not be sent (${why}): tell the person yourself\n`)
}

/** Calls `tell` with everything that mails need, opened for one notice. */
const withMail = async (office: Office, tell: (parts: TellNowParts) => Promise<Told>): Promise<Told> => {
  const { smtp } = office.config
  const { database, trail } = office.audit
  const shared = { clock: systemClock, random: systemRandom }
  const transport = smtp === undefined ? null : createSmtpTransport(smtp)
  try {
    return await tell({
      ...shared,
      renderers: createRenderers(),
      trail,
      // Standard output belongs to the command.
      log: createLog('error', 2),
      store: office.store(),
      confirmedAddresses: (account) => confirmedAddresses(database.db, account),
      send:
        smtp === undefined || transport === null
          ? null
          : createSendNow({ ...shared, transport, timeout: smtp.timeout }),
      actor: actor(),
    })
  } finally {
    transport?.close()
  }
}

/**
 * Tells somebody by mail what was done to their account (R31), and the operator whether that worked. The command has
 * succeeded by then, and stays so.
 * @param notice null when nothing has changed
 */
const tellOwner = async (
  office: Office,
  { site, origin, realm }: LoadedSite,
  options: NoticeOptions,
  notice: Notice | null,
): Promise<Told | null> => {
  if (notice === null) return null
  if (!options.notice) {
    office.audit.trail.record({ event: 'notice.left-out', ...traceOf(notice, site.site), actor: actor() })
    return null
  }
  const visitor = { address: undefined, device: '', language: options.language, reference: '' }
  const told = await withMail(office, (parts) =>
    tellNow(parts, notice, { at: { site, origin, realm }, visitor, by: 'support' }),
  )
  if (told.failed.length > 0) warnOf(told.failed)
  return told
}

/** What a command says of its work, in either form. */
export interface Report {
  readonly lines: readonly string[]
  readonly json: object
  /** What the person is told; null when nothing has changed. */
  readonly notice: Notice | null
}

/**
 * Says what was done, and tells the person. Lines come first: a password that is shown once is not held back by a mail
 * server that is slow.
 */
export const reportAndTell = async (
  office: Office,
  site: LoadedSite,
  options: NoticeOptions,
  { lines, json, notice }: Report,
): Promise<void> => {
  const write = (line: string): void => void process.stdout.write(`${line}\n`)
  if (!options.json) write(lines.join('\n'))
  const told = await tellOwner(office, site, options, notice)
  if (options.json) write(JSON.stringify({ ...json, notice: told }))
  else if (told !== null && told.sent > 0) write(`The person is told of it (${counted(told.sent, 'mail')}).`)
  else if (notice !== null && !options.notice) write('No notice was sent: tell the person yourself.')
}
