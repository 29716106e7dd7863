import { allowedIn, blockIn, namedBlockIn, type JsonSchema } from '../lib/settings/json-schema.ts'
import { writeYaml } from '../lib/settings/yaml-text.ts'

const WIDTH = 110

const wrap = (text: string, width: number): string[] => {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

interface Node {
  readonly key: string
  readonly path: string
  readonly schema: JsonSchema
  readonly isRequired: boolean
  /** Everything is commented out below a block that is. */
  readonly isOff: boolean
  readonly depth: number
}

const isBlock = (schema: JsonSchema): boolean => blockIn(schema) !== undefined || namedBlockIn(schema) !== undefined

/** What stands in a block: its settings, or one block under an example of a name. */
const childrenOf = (schema: JsonSchema): readonly [string, JsonSchema][] => {
  const named = namedBlockIn(schema)
  return named === undefined ? Object.entries(blockIn(schema)?.properties ?? {}) : [[named.name, named.block]]
}

const commentOf = ({ schema, isRequired }: Node): string => {
  const about = schema.description ?? ''
  if (isBlock(schema) && schema.anyOf === undefined) return `${about}${isRequired ? ' Required.' : ''}`
  const standing = isRequired
    ? 'Required'
    : schema.default === undefined
      ? 'Optional'
      : `Default ${writeYaml(schema.default)}`
  return `${about} ${standing}: ${allowedIn(schema)}.`
}

const render = (node: Node, active: ReadonlySet<string>): string[] => {
  const { key, path, schema, isRequired, depth } = node
  const isOn = !node.isOff && (isRequired || schema.default !== undefined || active.has(path))
  const indent = '  '.repeat(depth)
  const comment = wrap(commentOf(node), WIDTH - indent.length).map((line) => `${indent}# ${line}`)
  const lead = isOn ? indent : `${indent}#`
  if (!isBlock(schema)) {
    return [...comment, `${lead}${key}: ${writeYaml(schema.default ?? schema.examples?.[0] ?? '')}`]
  }
  const children = childrenOf(schema).flatMap(([name, child]) =>
    render(
      {
        key: name,
        path: `${path}.${name}`,
        schema: child,
        isRequired: blockIn(schema)?.required?.includes(name) === true,
        isOff: !isOn,
        depth: depth + 1,
      },
      active,
    ),
  )
  return [...comment, `${lead}${key}:`, ...children]
}

/**
 * A commented file with every setting: its explanation, what is allowed, its default. Required settings and those with a
 * default are in use, the others are commented out.
 * @param active settings that are in use all the same, by path: they have no default, but a real instance needs them
 */
export const renderExample = (schema: JsonSchema, active: ReadonlySet<string>): string =>
  Object.entries(schema.properties ?? {})
    .map(([key, child]) =>
      render(
        { key, path: key, schema: child, isRequired: schema.required?.includes(key) === true, isOff: false, depth: 0 },
        active,
      ).join('\n'),
    )
    .join('\n\n')
