import { readFileSync } from 'node:fs'
import type { z } from 'zod'
import { accept, refuse, type Result } from '../result.ts'
import { draftOf, type Draft } from './draft.ts'
import { schemaAt, toJsonSchema, valueAt } from './json-schema.ts'
import {
  fileProblem,
  formatPath,
  inFileOrder,
  isError,
  type Finding,
  type Problem,
  type SettingPath,
} from './problem.ts'
import { schemaFindings } from './schema-findings.ts'
import { readYaml } from './yaml-text.ts'

/** How one kind of settings file is checked. */
export interface SettingsKind<Schema extends z.ZodType> {
  readonly schema: Schema
  /** Faults between settings and departures from the rules of the field; sees what could be read of a faulty file too. */
  readonly check: (draft: Draft<z.output<Schema>>) => Iterable<Finding>
  readonly isSecret?: (path: SettingPath, value: unknown) => boolean
  readonly advise?: (path: SettingPath, value: unknown) => string | undefined
  /** Changes what was read before it is checked: settings that come from the environment. */
  readonly amend?: (content: unknown) => Amended
}

export interface Amended {
  readonly content: unknown
  /** Which environment variable set a setting, by its path as text, and to what. */
  readonly sources: ReadonlyMap<string, { readonly name: string; readonly value: string }>
}

export interface CheckedSettings<Value> {
  /** Null when there is an error. */
  readonly value: Value | null
  readonly problems: readonly Problem[]
}

const unchanged = (content: unknown): Amended => ({ content, sources: new Map() })

const isWithin = (inner: SettingPath, outer: SettingPath): boolean => outer.every((key, at) => inner[at] === key)

/**
 * Without what may only follow from a fault that is told anyway: a finding about a block of which a part could not be
 * read, and a warning about a part of it.
 */
const withoutGuesses = (findings: readonly Finding[], faults: readonly Finding[]): Finding[] =>
  findings.filter(
    ({ severity, path }) =>
      !faults.some((fault) => isWithin(fault.path, path) || (severity === 'warning' && isWithin(path, fault.path))),
  )

/**
 * Checks the text of a settings file and reports every fault at once: of the YAML, of each setting, between settings.
 * @param file name that the problems carry
 */
export const checkSettings = <Schema extends z.ZodType>(
  text: string,
  file: string,
  kind: SettingsKind<Schema>,
): CheckedSettings<z.output<Schema>> => {
  const yaml = readYaml(text, file)
  if (!yaml.isReliable) return { value: null, problems: inFileOrder(yaml.problems) }

  const { content, sources } = kind.amend?.(yaml.content) ?? unchanged(yaml.content)
  const { isSecret = () => false, advise = () => undefined } = kind
  const schema = toJsonSchema(kind.schema)
  const parsed = kind.schema.safeParse(content)

  const faults = parsed.success ? [] : schemaFindings(parsed.error.issues, { schema, content, isSecret, advise })
  const findings = [...faults, ...withoutGuesses([...kind.check(draftOf(kind.schema, content))], faults)]
  // The value of an unknown setting is not repeated either: it may be a secret under a misspelt name (G-06).
  const isShown = (path: SettingPath) =>
    !isSecret(path, valueAt(content, path)) && Object.keys(schemaAt(schema, path, content)).length > 0
  const place = ({ path, ...rest }: Finding): Problem => {
    const source = sources.get(formatPath(path))
    const { line, column, value } =
      source === undefined ? yaml.locate(path) : { line: 0, column: 0, value: source.value }
    return {
      file: source?.name ?? file,
      line,
      column,
      path: formatPath(path),
      value: isShown(path) ? value : undefined,
      ...rest,
    }
  }
  const problems = inFileOrder([...yaml.problems, ...findings.map(place)])
  return { value: parsed.success && !problems.some(isError) ? parsed.data : null, problems }
}

const READ_FAULTS: Readonly<Partial<Record<string, string>>> = {
  ENOENT: 'there is no such file: correct the name, or create it',
  EACCES: 'the service may not read it: correct owner and mode',
  EISDIR: 'it is a folder: name the file in it',
}

/** Why a file could not be read, as something to do. */
export const remedyForReadFault = (thrown: unknown): string => {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown fault'
  return READ_FAULTS[code] ?? `it could not be read (${code})`
}

/** Reads a settings file; one that is not there or not UTF-8 text is a problem like any other. */
export const readSettingsText = (file: string): Result<string, Problem> => {
  try {
    return accept(new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)))
  } catch (thrown) {
    if (thrown instanceof TypeError) return refuse(fileProblem(file, 'UTF-8 text', 'save the file as UTF-8'))
    return refuse(fileProblem(file, 'a readable file', remedyForReadFault(thrown)))
  }
}
