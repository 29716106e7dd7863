import { statSync } from 'node:fs'
import { error, formatPath, type Finding, type SettingPath } from '../../lib/settings/problem.ts'
import { isExposed, readSecret } from '../../lib/settings/secret-file.ts'
import type { Check, CheckContext } from './context.ts'

/** A setting that may hold a secret, and its twin that names a file. */
interface Pair {
  readonly section: SettingPath
  readonly name: string
  readonly value: string | undefined
  readonly file: string | undefined
  readonly isRequired: boolean
}

const hasPassword = (value: string): boolean => !URL.canParse(value) || new URL(value).password !== ''

const isReadableByOthers = (file: string): boolean => isExposed(statSync(file, { throwIfNoEntry: false })?.mode ?? 0)

function* checkPair({ section, name, value, file, isRequired }: Pair, context: CheckContext): Generator<Finding> {
  const twin = `${name}-file`
  if (value !== undefined && file !== undefined) {
    yield error([...section, twin], `\`${name}\` or \`${twin}\`, not both`, `remove one of them; \`${twin}\` is safer`)
  } else if (file !== undefined) {
    const secret = readSecret([...section, twin], file, context.directory)
    if (!secret.ok) yield secret.reason
  } else if (value === undefined) {
    if (isRequired)
      yield error(section, `\`${name}\` or \`${twin}\``, `add \`${name}: …\`, or \`${twin}\` with the name of a file`)
  } else if (
    hasPassword(value) &&
    !context.isFromEnvironment(formatPath([...section, name])) &&
    isReadableByOthers(context.file)
  ) {
    yield error(
      [...section, name],
      'no secret in a file that others can read',
      `put it into a file of mode 0600 and name that as \`${twin}\`, or run \`chmod 600\` on this one`,
    )
  }
}

/** G-06: a secret that is missing, empty or readable by others stops the start; the item is named, the value never. */
export const checkSecrets: Check = function* (config, context) {
  const { store, database, smtp } = config
  if (typeof store === 'object') {
    yield* checkPair(
      { section: ['store'], name: 'redis', value: store.redis, file: store['redis-file'], isRequired: true },
      context,
    )
  }
  if (database !== undefined) {
    yield* checkPair(
      { section: ['database'], name: 'url', value: database.url, file: database['url-file'], isRequired: true },
      context,
    )
  }
  if (smtp !== undefined) {
    yield* checkPair(
      { section: ['smtp'], name: 'password', value: smtp.password, file: smtp['password-file'], isRequired: false },
      context,
    )
  }
  for (const [name, directory] of Object.entries(config.directories ?? {})) {
    const section = ['directories', name]
    const { password: value, 'password-file': file } = directory ?? {}
    yield* checkPair({ section, name: 'password', value, file, isRequired: false }, context)
  }
  for (const [name, table] of Object.entries(config['legacy-tables'] ?? {})) {
    const section = ['legacy-tables', name]
    const { url: value, 'url-file': file } = table ?? {}
    yield* checkPair({ section, name: 'url', value, file, isRequired: table !== undefined }, context)
  }
}
