import { Argument, Option, type Command } from 'commander'
import { AUDIT_PURPOSE } from '../audit/seal.ts'
import { createAuditTrail } from '../audit/trail.ts'
import type { Instance } from '../config/instance.ts'
import { loadConfig } from '../config/load.ts'
import { openDatabase } from '../database/open.ts'
import { ALGORITHMS, KEY_KINDS, type Algorithm, type KeyKind } from '../identity/key-file.ts'
import { KeyFolderError } from '../identity/key-folder.ts'
import type { KeyInfo } from '../identity/key-view.ts'
import { openKeyring, type Keyring } from '../identity/keyring.ts'
import { purposeKey } from '../identity/purpose-key.ts'
import { systemClock } from '../lib/clock.ts'
import { createLog } from '../lib/log.ts'
import { loadSite } from '../policy/load.ts'
import { actor } from './actor.ts'
import { fail, failWithProblems } from './failure.ts'
import { table } from './table.ts'

interface KeysOptions {
  readonly config: string
  readonly json: boolean
}
interface RotateOptions extends KeysOptions {
  readonly algorithm: Algorithm
}

const moment = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`
const iso = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString())

/** A key as other programs read it. */
export const keyAsJson = (key: KeyInfo) => ({
  ...key,
  created: iso(key.created),
  signsFrom: iso(key.signsFrom),
  retiresAt: iso(key.retiresAt),
})

/** The keys as a person reads them, one a line. */
export const keyTable = (keys: readonly KeyInfo[]): string[] =>
  table([
    ['KIND', 'STATE', 'FILE', 'ALGORITHM', 'SIGNS FROM', 'BELIEVED UNTIL', 'ID'],
    ...keys.map(({ kind, state, file, algorithm, signsFrom, retiresAt, kid }) => [
      ...[kind, state, file, algorithm ?? '-', moment(signsFrom), retiresAt === null ? '-' : moment(retiresAt)],
      kid ?? '-',
    ]),
  ])

const NEXT_STEP: Readonly<Record<KeyKind, string>> = {
  assertion: 'It is in jwks.json within a minute. Nothing has to be restarted.',
  cookie:
    'Restart every process of the gate before that time, one after the other: each takes the new secret when it starts.',
  general: 'Running processes take it up within a minute. Nothing has to be restarted.',
}

/** What has happened, from when it counts, and what is left to do. */
export const rotationReport = (added: KeyInfo, former: KeyInfo | undefined): string[] => {
  const { kind, file, kid, algorithm, signsFrom } = added
  const until = former?.retiresAt ?? null
  return [
    `New ${kind} key: ${file}${kid === null ? '' : ` (${algorithm ?? ''}, ${kid})`}`,
    `It signs from ${moment(signsFrom)}.`,
    ...(former === undefined
      ? []
      : [
          `The one before, ${former.file}, is believed ${until === null ? 'for as long as its file is there' : `until ${moment(until)}`}.`,
        ]),
    NEXT_STEP[kind],
  ]
}

const write = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`)

/** The change itself is done by then: an audit trail that cannot be written is said in the log and undoes nothing. */
const recordRotation = async (config: Instance, { kind, kid, file }: KeyInfo): Promise<void> => {
  const log = createLog('error', 2)
  // A folder that was empty has the new key alone: the trail is sealed with one of another kind, which is made then.
  const key = purposeKey(await openKeyring(config.keys, { clock: systemClock }), AUDIT_PURPOSE)
  const database = openDatabase(config.database.url, log)
  // A database that is away is reported by the trail, which tries it as well.
  await database.migrate().catch(() => {})
  const trail = createAuditTrail({ database, key, log, clock: systemClock })
  trail.record({ event: 'key.rotated', actor: actor(), detail: `${kind} ${kid ?? file}` })
  await trail.close()
  await database.close()
}

const withKeyring = async (
  options: KeysOptions,
  act: (keyring: Keyring, config: Instance) => Promise<void> | void,
): Promise<void> => {
  const now = systemClock.now()
  const loaded = loadConfig(options.config, {
    environment: process.env,
    now,
    loadSite: (file) => loadSite(file, { now }),
  })
  if (!loaded.ok) {
    failWithProblems(loaded.reason)
    return
  }
  const { config } = loaded.value
  try {
    await act(await openKeyring(config.keys, { clock: systemClock, create: false }), config)
  } catch (thrown) {
    if (!(thrown instanceof KeyFolderError)) throw thrown
    fail(thrown.message, 'no key was changed')
  }
}

const list = (options: KeysOptions): Promise<void> =>
  withKeyring(options, (keyring, config) => {
    const keys = keyring.list()
    if (options.json) write([JSON.stringify(keys.map(keyAsJson))])
    else if (keys.length > 0) write(keyTable(keys))
    else write([`No keys in ${config.keys} yet: they are made when the gate starts for the first time.`])
  })

const rotate = (kind: KeyKind, options: RotateOptions): Promise<void> =>
  withKeyring(options, async (keyring, config) => {
    const { algorithm, json } = options
    const added = await keyring.rotate(kind, { algorithm })
    const former = keyring.list().find((key) => key.kind === kind && key.state === 'signing' && key.file !== added.file)
    await recordRotation(config, added)
    write(json ? [JSON.stringify(keyAsJson(added))] : rotationReport(added, former))
  })

const HELP = `
When a key was stolen: rotate, take the file of the stolen key away, reload every node (systemctl reload portillon).
Another key then signs at once, and what was made with the stolen one is refused.`

/** `portillon keys list` and `portillon keys rotate`. */
export const registerKeys = (program: Command): void => {
  const keys = program.command('keys').description('look at the keys of the gate, and change them')
  const configOption = ['--config <file>', 'the instance file'] as const
  const jsonOption = ['--json', 'one line of JSON', false] as const
  keys
    .command('list')
    .description('every key: which one signs, which one comes next, until when former ones are believed')
    .requiredOption(...configOption)
    .option(...jsonOption)
    .action(list)
  keys
    .command('rotate')
    .description('add a key that takes over after a while; the one before is believed for a while longer')
    .addArgument(new Argument('[kind]', 'which key').choices(KEY_KINDS).default('assertion'))
    .requiredOption(...configOption)
    .addOption(new Option('--algorithm <name>', 'of an assertion key').choices(ALGORITHMS).default('ES256'))
    .option(...jsonOption)
    .addHelpText('after', HELP)
    .action(rotate)
}
