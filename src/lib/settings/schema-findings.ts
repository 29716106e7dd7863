import type { z } from 'zod'
import { allowedIn, alternativeFor, objectIn, schemaAt, valueAt, type JsonSchema } from './json-schema.ts'
import { nearest } from './nearest.ts'
import { error, formatPath, type Finding, type SettingPath } from './problem.ts'

type Issue = z.core.$ZodIssue

/** What an explanation can be taken from: the schema of the file and what is written in it. */
export interface Source {
  readonly schema: JsonSchema
  readonly content: unknown
  /** Whether a setting is one whose value must not be repeated (G-06). */
  readonly isSecret: (path: SettingPath) => boolean
  /** Advice that the schema cannot give, for a value of a right type. */
  readonly advise: (path: SettingPath, value: unknown) => string | undefined
}

const quote = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const exampleOf = (node: JsonSchema): string | undefined => {
  const [example] = node.examples ?? []
  return example === undefined ? undefined : quote(example)
}

/** Sections of the file that know a setting of that name. */
const homesOf = (name: string, node: JsonSchema, path: SettingPath = []): SettingPath[] => {
  const properties = objectIn(node)?.properties ?? {}
  return Object.entries(properties).flatMap(([key, child]) => [
    ...(key === name ? [path] : []),
    ...homesOf(name, child.items ?? child, [...path, key]),
  ])
}

const unknownSetting = (key: string, path: SettingPath, { schema, content }: Source): Finding => {
  const known = Object.keys(objectIn(schemaAt(schema, path, content))?.properties ?? {})
  const meant = nearest(key, known)
  const [home] = homesOf(key, schema)
  const remedy =
    meant !== undefined
      ? `did you mean \`${meant}\`?`
      : home !== undefined
        ? `\`${key}\` is a setting of ${home.length === 0 ? 'the top of the file' : formatPath(home)}: move it there`
        : 'remove it'
  return error([...path, key], `a setting that is known here: ${known.join(', ')}`, remedy)
}

const missingSetting = (path: SettingPath, node: JsonSchema): Finding => {
  const name = path.at(-1)
  const example = exampleOf(node)
  const shape = node.type === 'object' ? '{ … }' : node.type === 'array' ? '[ … ]' : '…'
  const about = node.description === undefined ? '' : ` (${node.description})`
  const remedy = `add \`${typeof name === 'string' ? name : 'an entry'}: ${example ?? shape}\`${about}`
  return error(path, `required: ${allowedIn(node)}`, remedy)
}

const AFFIRMATIVE = /^(yes|no|on|off|y|n|oui|non)$/i

/** The advice that a value of the wrong type calls for; undefined when its type is right. */
const remedyForType = (node: JsonSchema, value: unknown): string | undefined => {
  const types = new Set((node.anyOf ?? [node]).map(({ type }) => type))
  const isText = typeof value === 'string'
  if (types.has('array') && !types.has('string') && (isText || typeof value === 'number')) {
    return `write it as a list: [${quote(value)}]`
  }
  if (types.has('string') && (typeof value === 'number' || typeof value === 'boolean'))
    return `put it in quotes: "${value}"`
  if (types.has('integer') && isText && /^\d+$/.test(value)) return 'write it without quotes'
  if (types.has('boolean') && isText && AFFIRMATIVE.test(value)) return 'write true or false'
  if (types.has('object') && !types.has('string') && !(typeof value === 'object' && value !== null)) {
    return 'write its settings below it, indented by two blanks'
  }
  return value === null ? 'give it a value, or remove the line' : undefined
}

const remedyForValue = (node: JsonSchema, value: unknown): string => {
  const ofType = remedyForType(node, value)
  if (ofType !== undefined) return ofType
  const names = (node.anyOf ?? [node]).flatMap(
    (option) => option.enum ?? (option.const === undefined ? [] : [option.const]),
  )
  const meant = typeof value === 'string' ? nearest(value, names.map(String)) : undefined
  if (meant !== undefined) return `did you mean \`${meant}\`?`
  if (node.default !== undefined && typeof node.default !== 'object') {
    return `leave it out for the default, ${quote(node.default)}, or correct it`
  }
  const example = exampleOf(node)
  if (example !== undefined) return `write it as in ${example}`
  return node.description === undefined ? 'correct it' : `correct it; it says: ${node.description}`
}

const explain = (issue: Issue, under: SettingPath, source: Source): Finding[] => {
  const path: SettingPath = [...under, ...issue.path.map((key) => (typeof key === 'symbol' ? key.toString() : key))]
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownSetting(key, path, source))
  const node = schemaAt(source.schema, path, source.content)
  const value = valueAt(source.content, path)
  if (value === undefined) return [missingSetting(path, node)]
  if (issue.code === 'invalid_key') {
    const names = schemaAt(source.schema, path.slice(0, -1), source.content).propertyNames ?? {}
    return [error(path, `as name: ${allowedIn(names)}`, 'rename it')]
  }
  if (issue.code === 'invalid_union') {
    const meant = alternativeFor(node.anyOf ?? [], value)
    const inside = issue.errors[meant]
    if (inside !== undefined) return inside.flatMap((each) => explain(each, path, source))
  }
  const meant = node.anyOf?.[alternativeFor(node.anyOf, value)] ?? node
  const remedy = source.isSecret(path)
    ? 'correct it; a text of digits needs quotes'
    : (source.advise(path, value) ?? remedyForValue({ ...node, ...meant }, value))
  return [error(path, allowedIn(meant), remedy)]
}

/** Each fault that a schema found, with what would be allowed and what to do, explained from the schema itself. */
export const schemaFindings = (issues: readonly Issue[], source: Source): Finding[] =>
  issues.flatMap((issue) => explain(issue, [], source))
