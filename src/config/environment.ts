import type { Amended } from '../lib/settings/check-settings.ts'
import { namedBlockIn, type JsonSchema } from '../lib/settings/json-schema.ts'
import { nearest } from '../lib/settings/nearest.ts'
import { fileProblem, formatPath, type Problem } from '../lib/settings/problem.ts'

/**
 * Settings from the environment, for containers: `PORTILLON_SMTP_PASSWORD_FILE` stands for `smtp.password-file`. A variable
 * wins over the file. Texts, numbers and durations can be given, lists cannot.
 */
export type Environment = Readonly<Record<string, string | undefined>>

interface Variable {
  readonly name: string
  readonly path: readonly string[]
  readonly isNumber: boolean
}

const nameOf = (path: readonly string[]): string => ['PORTILLON', ...path].join('_').toUpperCase().replaceAll('-', '_')

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const childOf = (content: unknown, key: string): unknown => (isObject(content) ? content[key] : undefined)

/**
 * Every variable that sets something, from the schema of the instance file.
 * @param content what the file holds: blocks under a name are set by variables with that name, once the file has them
 */
export const variablesOf = (node: JsonSchema, content?: unknown, path: readonly string[] = []): Variable[] =>
  (node.anyOf ?? [node]).flatMap((option) => {
    if (option.type === 'string') return [{ name: nameOf(path), path, isNumber: false }]
    if (option.type === 'integer') return [{ name: nameOf(path), path, isNumber: true }]
    const named = namedBlockIn(option)
    const children =
      named === undefined
        ? Object.entries(option.properties ?? {})
        : Object.keys(isObject(content) ? content : {}).map((name): [string, JsonSchema] => [name, named.block])
    return children.flatMap(([key, child]) => variablesOf(child, childOf(content, key), [...path, key]))
  })

/**
 * What an orchestrator sets for every service that it knows: `PORTILLON_ADMIN_SERVICE_HOST`, and
 * `PORTILLON_ADMIN_PORT=tcp://…`, which would otherwise pass for a setting of ours.
 */
const isServiceLink = (name: string, value: string): boolean =>
  /_SERVICE_(?:HOST|PORT)(?:_|$)|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_|$)/.test(name) || /^(?:tcp|udp|sctp):\/\//.test(value)

const withValue = (content: unknown, [key, ...rest]: readonly string[], value: unknown): unknown => {
  if (key === undefined) return value
  const block = isObject(content) ? content : {}
  return { ...block, [key]: withValue(block[key], rest, value) }
}

const given = (environment: Environment): [string, string][] =>
  Object.entries(environment).filter((entry): entry is [string, string] => {
    const [name, value] = entry
    return value !== undefined && name.startsWith('PORTILLON_') && !isServiceLink(name, value)
  })

/** The content of the instance file with what the environment sets in its place. */
export const applyEnvironment = (content: unknown, schema: JsonSchema, environment: Environment): Amended => {
  const variables = new Map(variablesOf(schema, content).map((variable) => [variable.name, variable]))
  const sources = new Map<string, { name: string; value: string }>()
  let amended = content
  for (const [name, value] of given(environment)) {
    const variable = variables.get(name)
    if (variable === undefined) continue
    amended = withValue(amended, variable.path, variable.isNumber && /^\d{1,9}$/.test(value) ? Number(value) : value)
    sources.set(formatPath(variable.path), { name, value })
  }
  return { content: amended, sources }
}

/** Variables that begin like a section of the instance file and set nothing: misspelt ones, most likely. */
export const strayVariables = (schema: JsonSchema, content: unknown, environment: Environment): Problem[] => {
  const names = variablesOf(schema, content).map(({ name }) => name)
  const sections = Object.keys(schema.properties ?? {}).map((section) => `${nameOf([section])}_`)
  return given(environment)
    .filter(([name]) => !names.includes(name) && sections.some((section) => name.startsWith(section)))
    .map(([name]) => {
      const meant = nearest(name, names)
      return fileProblem(
        name,
        'a variable that sets something: deploy/reference.md lists them',
        meant === undefined ? 'remove it, or correct its name' : `did you mean ${meant}?`,
      )
    })
}
