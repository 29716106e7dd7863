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
  readonly isSecret: (path: SettingPath, value: unknown) => boolean
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
  const homes = homesOf(key, schema).map((home) =>
    home.length === 0 ? 'the top of the file' : `\`${formatPath(home)}\``,
  )
  const remedy =
    meant !== undefined
      ? `did you mean \`${meant}\`?`
      : homes.length > 0
        ? `move it: it is a setting of ${homes.join(' and ')}`
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

const YES = /^(?:yes|on|y|oui)$/i
const NO = /^(?:no|off|n|non)$/i

const fitsAsText = (node: JsonSchema, value: unknown): boolean =>
  (node.anyOf ?? [node]).some(
    ({ type, pattern, enum: names }) =>
      type === 'string' && names === undefined && (pattern === undefined || new RegExp(pattern).test(String(value))),
  )

/** The advice that a value of the wrong type calls for; undefined when its type is right. */
const remedyForType = (node: JsonSchema, value: unknown): string | undefined => {
  if (value === null) return 'give it a value'
  const types = new Set((node.anyOf ?? [node]).map(({ type }) => type))
  if (typeof value === 'string') {
    if (types.has('integer') && /^\d+$/.test(value)) return 'write it without quotes'
    if (types.has('boolean') && (YES.test(value) || NO.test(value))) return `write ${YES.test(value)}`
  }
  if (Array.isArray(value) && types.has('object') && !types.has('array'))
    return 'write settings, `name: value`, not a list'
  const isPlain = typeof value !== 'object'
  if (isPlain && types.has('array') && !types.has('string')) return `write it as a list: [${quote(value)}]`
  if (isPlain && typeof value !== 'string' && fitsAsText(node, value)) return 'put it in quotes'
  if (isPlain && types.has('object') && !types.has('string'))
    return 'write its settings below it, indented by two blanks'
  return undefined
}

const remedyForValue = (node: JsonSchema, value: unknown): string => {
  const ofType = remedyForType(node, value)
  if (ofType !== undefined) return ofType
  const names = (node.anyOf ?? [node]).flatMap(({ enum: some, const: only }) =>
    some === undefined ? (only === undefined ? [] : [String(only)]) : some.map(String),
  )
  const meant = typeof value === 'string' ? nearest(value, names) : undefined
  if (meant !== undefined) return `did you mean \`${meant}\`?`
  if (node.default !== undefined && typeof node.default !== 'object') {
    return `correct it, or leave it out for the default, ${quote(node.default)}`
  }
  const example = exampleOf(node)
  if (example !== undefined) return `write it as in ${example}`
  return node.description === undefined ? 'correct it' : `correct it; it says: ${node.description}`
}

const remedyForSecret = (node: JsonSchema, value: unknown): string => {
  if (typeof value !== 'string') return 'put it in quotes'
  const example = exampleOf(node)
  return example === undefined ? 'correct it' : `write it as in ${example}`
}

const explain = (issue: Issue, under: SettingPath, source: Source): Finding[] => {
  const path: SettingPath = [...under, ...issue.path.map((key) => (typeof key === 'symbol' ? key.toString() : key))]
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownSetting(key, path, source))
  const node = schemaAt(source.schema, path, source.content)
  const value = valueAt(source.content, path)
  if (value === undefined) return [missingSetting(path, node)]
  if (issue.code === 'invalid_key') {
    const names = schemaAt(source.schema, path.slice(0, -1), source.content).propertyNames ?? {}
    return [error(path, allowedIn(names), 'rename it')]
  }
  if (issue.code === 'invalid_union') {
    const meant = alternativeFor(node.anyOf ?? [], value)
    const inside = issue.errors[meant]
    if (inside !== undefined) return inside.flatMap((each) => explain(each, path, source))
  }
  const meant = node.anyOf?.[alternativeFor(node.anyOf, value)] ?? node
  // One form among several is enough to tell when it says itself what it wants; a list of names is not.
  const told = node.patternErrorMessage === undefined && meant.patternErrorMessage !== undefined ? meant : node
  const remedy = source.isSecret(path, value)
    ? remedyForSecret({ ...node, ...meant }, value)
    : (source.advise(path, value) ?? remedyForValue({ ...node, ...meant }, value))
  return [error(path, allowedIn(told), remedy)]
}

/** Each fault that a schema found, with what would be allowed and what to do, explained from the schema itself. */
export const schemaFindings = (issues: readonly Issue[], source: Source): Finding[] =>
  issues.flatMap((issue) => explain(issue, [], source))
