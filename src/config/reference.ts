import type { Refusal } from '../lib/ambiguous.ts'
import { ERRORS } from '../lib/errors.ts'
import { allowedIn, blockIn, namedBlockIn, type JsonSchema } from '../lib/settings/json-schema.ts'
import { writeYaml } from '../lib/settings/yaml-text.ts'

/** One setting as the manual tells it. */
export interface Setting {
  /** `ways[].methods` */
  readonly path: string
  readonly allowed: string
  readonly default: string
  readonly explanation: string
}

/** A block of settings: a heading with a table. */
export interface Section {
  readonly path: string
  readonly explanation: string
  readonly settings: readonly Setting[]
}

interface Opened {
  readonly block: JsonSchema
  readonly suffix: '' | '[]' | '.<name>'
}

/** The block that a setting opens: its own, or that of each entry of its list or name; undefined for a plain value. */
const blockOf = (node: JsonSchema): Opened | undefined => {
  const block = blockIn(node)
  if (block !== undefined) return { block, suffix: '' }
  const named = namedBlockIn(node)
  if (named !== undefined) return { block: named.block, suffix: '.<name>' }
  const items = node.items === undefined ? undefined : blockIn(node.items)
  return items === undefined ? undefined : { block: items, suffix: '[]' }
}

/** A text that may be written in several languages is one setting, not a block. */
const isPlain = (node: JsonSchema): boolean => node.patternErrorMessage !== undefined || blockOf(node) === undefined

const isBlockAlone = (node: JsonSchema): boolean => !isPlain(node) && node.anyOf === undefined

const defaultOf = (node: JsonSchema, isRequired: boolean): string => {
  if (isRequired) return '**required**'
  return node.default === undefined ? '–' : `\`${writeYaml(node.default)}\``
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

/** The sections of a file, in the order of its schema; a block within a block follows it. */
export const sectionsOf = (root: JsonSchema, path = '', explanation = ''): Section[] => {
  const entries = Object.entries(root.properties ?? {})
  const settings = entries.map(([key, node]): Setting => {
    const isRequired = root.required?.includes(key) === true && node.default === undefined
    const alone = namedBlockIn(node) === undefined ? 'a block' : 'blocks, each under a name'
    const inner = isPlain(node) ? '' : isBlockAlone(node) ? alone : allowedIn(node)
    return {
      path: join(path, key),
      allowed: isPlain(node) ? allowedIn(node) : node.type === 'array' ? 'a list of blocks' : inner,
      default: isBlockAlone(node) && !isRequired ? '–' : defaultOf(node, isRequired),
      explanation: node.description ?? '',
    }
  })
  const below = entries.flatMap(([key, node]) => {
    const inner = isPlain(node) ? undefined : blockOf(node)
    return inner === undefined
      ? []
      : sectionsOf(inner.block, `${join(path, key)}${inner.suffix}`, node.description ?? inner.block.description ?? '')
  })
  return [{ path, explanation, settings }, ...below]
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ')

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  `| ${head.join(' | ')} |`,
  `|${head.map(() => '---').join('|')}|`,
  ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
]

const renderSection = ({ path, explanation, settings }: Section): string[] => [
  ...(path === '' ? [] : [`### \`${path}\``, '', explanation, '']),
  ...table(
    ['setting', 'allowed', 'default', 'explanation'],
    settings.map((setting) => [`\`${setting.path}\``, setting.allowed, setting.default, setting.explanation]),
  ),
  '',
]

/** The table of what is recorded, by name. */
export const renderEvents = (
  events: Readonly<Record<string, { readonly result: string; readonly means: string }>>,
): string =>
  table(
    ['event', 'result', 'what happened'],
    Object.entries(events).map(([name, { result, means }]) => [`\`${name}\``, result, means]),
  ).join('\n')

/** A table of what is refused, by reason. */
export const renderRefusals = (refusals: Readonly<Record<string, Refusal>>): string =>
  table(
    ['reason', 'answer', 'why'],
    Object.entries(refusals).map(([key, { code, why }]) => [`\`${key}\``, `${ERRORS[code].status} \`${code}\``, why]),
  ).join('\n')

/** The tables of one file. */
export const renderReference = (schema: JsonSchema): string => sectionsOf(schema).flatMap(renderSection).join('\n')

/** The table of environment variables. */
export const renderVariables = (
  variables: readonly { readonly name: string; readonly path: readonly string[] }[],
): string =>
  table(
    ['variable', 'setting'],
    variables.map(({ name, path }) => [`\`${name}\``, `\`${path.join('.')}\``]),
  ).join('\n')
