import { z } from 'zod'

/**
 * The plain-data form of a settings schema, from which the manual is generated and by which faults are explained.
 * `patternErrorMessage` is what editors show when a pattern does not match; here it says in words what is allowed.
 */
export interface JsonSchema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly patternErrorMessage?: string
  readonly pattern?: string
  readonly format?: string
  readonly enum?: readonly (string | number)[]
  readonly const?: string | number | boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly propertyNames?: JsonSchema
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly anyOf?: readonly JsonSchema[]
}

/** The schema of what is written in a file, before defaults are filled in and durations are read. */
export const toJsonSchema = (schema: z.ZodType): JsonSchema => z.toJSONSchema(schema, { io: 'input' }) as JsonSchema

const typeOf = (value: unknown): string => {
  if (Array.isArray(value)) return 'array'
  if (value === null) return 'null'
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value
}

/** Which of the alternatives a value was meant for, by its type: -1 for none. */
export const alternativeFor = (alternatives: readonly JsonSchema[], value: unknown): number => {
  const type = typeOf(value)
  return alternatives.findIndex((option) => option.type === type || (option.type === 'number' && type === 'integer'))
}

/** The value at a path of plain content; undefined when there is none. */
export const valueAt = (content: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<string | number, unknown>)[key]
        : undefined,
    content,
  )

const below = (node: JsonSchema, key: string | number): JsonSchema => {
  if (typeof key === 'number') return node.items ?? {}
  const { properties = {}, additionalProperties } = node
  if (Object.hasOwn(properties, key)) return properties[key] ?? {}
  return typeof additionalProperties === 'object' ? additionalProperties : {}
}

/** The schema of the setting at a path; among alternatives, the one that the written value was meant for. */
export const schemaAt = (root: JsonSchema, path: readonly (string | number)[], content: unknown): JsonSchema => {
  let node = root
  let value = content
  for (const key of path) {
    node = below(node.anyOf?.[alternativeFor(node.anyOf, value)] ?? node, key)
    value = valueAt(value, [key])
  }
  return node
}

/** The object schema of a node, whether it stands alone or among alternatives. */
export const objectIn = (node: JsonSchema): JsonSchema | undefined =>
  node.type === 'object' ? node : node.anyOf?.find((option) => option.type === 'object')

const hasNames = (node: JsonSchema | undefined): node is JsonSchema => Object.keys(node?.properties ?? {}).length > 0

/** A block whose settings have names; undefined for plain values and for blocks of free names. */
export const blockIn = (node: JsonSchema): JsonSchema | undefined => {
  const block = objectIn(node)
  return hasNames(block) ? block : undefined
}

/** Several blocks of one shape, each under a name that the file gives it: the shape, and an example of a name. */
export const namedBlockIn = (node: JsonSchema): { readonly name: string; readonly block: JsonSchema } | undefined => {
  const { additionalProperties: block, propertyNames } = objectIn(node) ?? {}
  if (typeof block !== 'object' || !hasNames(block)) return undefined
  const [name] = propertyNames?.examples ?? []
  return { name: typeof name === 'string' ? name : 'name', block }
}

const range = (least: number | undefined, most: number | undefined): string => {
  if (least !== undefined && most !== undefined) return ` from ${least} to ${most}`
  if (least !== undefined) return ` of at least ${least}`
  return most === undefined ? '' : ` of at most ${most}`
}

const objectWords = (node: JsonSchema): string => {
  const names = Object.keys(node.properties ?? {})
  if (names.length > 0) return `a block of settings: ${names.join(', ')}`
  const { additionalProperties: values } = node
  return typeof values === 'object' ? `a block of names, each with ${allowedIn(values)}` : 'a block of settings'
}

const FORMATS: Readonly<Partial<Record<string, string>>> = {
  email: 'an e-mail address',
  date: 'a day as YYYY-MM-DD',
}

/** What a setting may hold, in words. */
export const allowedIn = (node: JsonSchema): string => {
  if (node.patternErrorMessage !== undefined) return node.patternErrorMessage
  if (node.const !== undefined) return `\`${node.const}\``
  if (node.enum !== undefined) return `one of ${node.enum.join(', ')}`
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(allowedIn))].join(', or ')
  if (node.type === 'integer' || node.type === 'number') return `a whole number${range(node.minimum, node.maximum)}`
  if (node.type === 'boolean') return 'true or false'
  if (node.type === 'array') {
    return `a list${(node.minItems ?? 0) > 0 ? ' with at least one entry' : ''}, each ${allowedIn(node.items ?? {})}`
  }
  if (node.type === 'object') return objectWords(node)
  if (node.format !== undefined) return FORMATS[node.format] ?? `a ${node.format}`
  return node.maxLength === undefined ? 'a text' : `a text of at most ${node.maxLength} characters`
}
