import { Option, type Command } from 'commander'
import { oneLine } from '../audit/one-line.ts'
import type { Lifecycle, ListedSession } from '../session/lifecycle.ts'
import { chooseSite, inOffice, type Office, type OfficeOptions } from './account-office.ts'
import { withOfficeOptions } from './accounts.ts'
import { fail } from './failure.ts'
import { counted } from './problem-lines.ts'
import { table } from './table.ts'

interface SessionOptions extends OfficeOptions {
  readonly login?: string
}

interface RevokeOptions extends SessionOptions {
  readonly id?: string
  readonly all?: boolean
}

/** Sessions shown at once, and ended at once by `--all`. */
const PAGE = 500
/** So much of a digest names a session among millions. */
const ID_LENGTH = 12

const write = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`)
const minute = (time: number): string => new Date(time).toISOString().slice(0, 16).replace('T', ' ')

const sessionTable = (sessions: readonly ListedSession[]): string[] =>
  table([
    ['ID', 'LOGIN', 'SITE', 'WAY', 'SINCE (UTC)', 'AT MOST UNTIL', 'ADDRESS', 'DEVICE'],
    ...sessions.map(({ digest, record }) => [
      ...[digest.slice(0, ID_LENGTH), record.login, record.site, record.way],
      // What the browser said of itself must not write on the terminal (G-02).
      ...[minute(record.startedAt), minute(record.endsAt), record.address, oneLine(record.device)],
    ]),
  ])

const sessionAsJson = ({ digest, record }: ListedSession) => ({
  id: digest,
  ...{ site: record.site, account: record.account, login: record.login, way: record.way },
  startedAt: new Date(record.startedAt).toISOString(),
  endsAt: new Date(record.endsAt).toISOString(),
  ...{ address: record.address, device: record.device },
})

/** Runs what needs the store, or says why sessions are out of reach. */
const withSessions = (
  options: OfficeOptions,
  act: (lifecycle: Lifecycle, office: Office) => Promise<void>,
): Promise<void> =>
  inOffice(options, async (office) => {
    const lifecycle = office.sessions()
    if (lifecycle !== null) await act(lifecycle, office)
    else
      fail(
        'sessions of this instance are in the memory of the running gate (store: embedded)',
        'end all of them by a restart, those of one person by: portillon accounts disable LOGIN',
      )
  })

const sessionsOf = async (lifecycle: Lifecycle, office: Office, login: string, site: string | undefined) => {
  const chosen = chooseSite(office, site)
  if (chosen === null) return null
  const account = await office.admin.show(chosen.realm, login)
  if (account !== null) return lifecycle.list(chosen.realm, account.id)
  fail(`no account ${JSON.stringify(login)} in ${chosen.realm}`, 'look for it: portillon accounts list --search NAME')
  return null
}

const isOfSite =
  (site: string | undefined) =>
  ({ record }: ListedSession): boolean =>
    site === undefined || record.site === site

const list = (options: SessionOptions): Promise<void> =>
  withSessions(options, async (lifecycle, office) => {
    const { login, site } = options
    const found =
      login === undefined ? await lifecycle.find('', PAGE) : await sessionsOf(lifecycle, office, login, site)
    if (found === null) return
    const sessions = found.filter(isOfSite(site)).sort((a, b) => b.record.startedAt - a.record.startedAt)
    if (options.json) write([JSON.stringify(sessions.map(sessionAsJson))])
    else if (sessions.length === 0) write(['Nobody is signed in.'])
    else write([...sessionTable(sessions), counted(sessions.length, 'session')])
    if (found.length === PAGE) process.stderr.write(`There may be more than these; ask for one person: --login LOGIN\n`)
  })

/** Ends page after page until nothing is left that a page before did not hold. */
const endAll = async (lifecycle: Lifecycle, site: string | undefined): Promise<ListedSession[]> => {
  const ended: ListedSession[] = []
  for (;;) {
    const found = await lifecycle.find('', Number.MAX_SAFE_INTEGER)
    const now = await lifecycle.end('revoked', ...found.filter(isOfSite(site)).map(({ digest }) => digest))
    if (now.length === 0) return ended
    ended.push(...now)
  }
}

const endOne = async (lifecycle: Lifecycle, id: string): Promise<readonly ListedSession[] | null> => {
  const found = id.length < 4 ? [] : await lifecycle.find(id, 2)
  const [session, another] = found
  if (session !== undefined && another === undefined) return lifecycle.end('revoked', session.digest)
  const why = another === undefined ? `no session ${JSON.stringify(id)}` : `several sessions begin with ${id}`
  fail(why, 'see them, with their ids: portillon sessions list')
  return null
}

const revoke = (options: RevokeOptions): Promise<void> =>
  withSessions(options, async (lifecycle, office) => {
    const { login, id, all = false, site } = options
    const chosen = [login, id].filter((value) => value !== undefined).length + Number(all)
    if (chosen !== 1) {
      fail('which sessions?', 'one of --login LOGIN, --id ID and --all')
      return
    }
    let ended: readonly ListedSession[] | null
    if (id !== undefined) ended = await endOne(lifecycle, id)
    else if (login === undefined) ended = await endAll(lifecycle, site)
    else {
      const sessions = await sessionsOf(lifecycle, office, login, site)
      ended = sessions === null ? null : await lifecycle.end('revoked', ...sessions.map(({ digest }) => digest))
    }
    if (ended === null) return
    office.recordEnded(ended, 'revoked')
    if (options.json) write([JSON.stringify(ended.map(sessionAsJson))])
    else write([`${counted(ended.length, 'session')} ended.`])
  })

/** `portillon sessions list` and `portillon sessions revoke`: who is signed in. */
export const registerSessions = (program: Command): void => {
  const sessions = program.command('sessions').description('who is signed in')
  withOfficeOptions(sessions.command('list').description('the sessions, newest first'))
    .option('--login <login>', 'of this person only')
    .action(list)
  withOfficeOptions(sessions.command('revoke').description('end sessions, on all nodes at once'))
    .option('--login <login>', 'those of this person')
    .option('--id <id>', 'the one whose id begins so')
    .addOption(new Option('--all', 'every session, of one site or of all'))
    .action(revoke)
}
