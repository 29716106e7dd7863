import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  stringify,
  visit,
  type Document,
  type Node,
  type Pair,
  type YAMLError,
} from 'yaml'
import { fileProblem, formatPath, type Problem, type SettingPath } from './problem.ts'

/** Where a setting stands and what is written there. */
export interface Place {
  readonly line: number
  readonly column: number
  readonly value: string | undefined
}

/** A YAML text that has been read, and remembers where everything stood. */
export interface YamlText {
  /** Plain values: text, numbers, true and false, null, lists, objects. */
  readonly content: unknown
  /** Faults of the YAML itself. */
  readonly problems: readonly Problem[]
  /** False when the text is so broken that its content is guesswork. */
  readonly isReliable: boolean
  /** The place of a setting; of what it would stand in, when it is not there. */
  locate(path: SettingPath): Place
}

const LONGEST_VALUE = 60

const shorten = (text: string): string => {
  const line = text.trim().replace(/\s+/g, ' ')
  return line.length > LONGEST_VALUE ? `${line.slice(0, LONGEST_VALUE - 1)}…` : line
}

const keyText = (pair: Pair): string => (isScalar(pair.key) ? String(pair.key.value) : '')

const pairOf = (node: unknown, key: string | number): Pair | undefined =>
  isMap(node) ? node.items.find((pair) => keyText(pair) === String(key)) : undefined

/** Only single values and plain lists are repeated: a block could hold a secret somewhere (G-06). */
const isRepeatable = (node: Node): boolean =>
  isScalar(node) || (isSeq(node) && node.items.every((item) => isScalar(item)))

/** A block list or mapping begins on the line after its key, which is not where people look for it. */
const isBlock = (node: Node): boolean => (isMap(node) || isSeq(node)) && node.flow !== true

const rangeOf = (value: unknown): readonly [number, number] | undefined =>
  isNode(value) && value.range ? [value.range[0], value.range[1]] : undefined

interface Spot {
  readonly at: number
  readonly written: readonly [number, number] | undefined
}

const spotOf = (document: Document, path: SettingPath): Spot => {
  let node: unknown = document.contents
  let spot: Spot = { at: rangeOf(node)?.[0] ?? 0, written: undefined }
  for (const [depth, key] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document)
    const pair = pairOf(node, key)
    const next = pair === undefined && isSeq(node) ? node.items[Number(key)] : pair?.value
    const keyAt = rangeOf(pair?.key)?.[0]
    if (pair === undefined && next === undefined) return { at: spot.at, written: undefined }
    const range = rangeOf(next)
    const isWhole = isNode(next) && !isBlock(next) && range !== undefined && range[1] > range[0]
    spot = {
      at: isWhole ? range[0] : (keyAt ?? range?.[0] ?? spot.at),
      written: isWhole && isRepeatable(next) && depth === path.length - 1 ? range : undefined,
    }
    node = next
  }
  return spot
}

/** The setting whose key begins at that offset. */
const pathAt = (document: Document, offset: number): SettingPath => {
  let found: SettingPath = []
  visit(document, {
    Pair: (_key, pair, ancestors) => {
      if (rangeOf(pair.key)?.[0] !== offset) return
      const chain = [...ancestors, pair]
      found = chain.flatMap((step, at): (string | number)[] => {
        if (isPair(step)) return [keyText(step)]
        return isSeq(step) ? [step.items.indexOf(chain[at + 1])] : []
      })
    },
  })
  return found
}

/** These leave the rest of the text as meant; after any other fault the reader has guessed. */
const LOCAL_FAULTS: ReadonlySet<string> = new Set(['DUPLICATE_KEY', 'TAG_RESOLVE_FAILED'])

/**
 * What is wrong and what to do, by the reader's code. Its own messages are not repeated: some of them quote what is
 * written, which may be a secret (G-06).
 */
const FAULTS: Readonly<Partial<Record<string, readonly [string, string]>>> = {
  BAD_ALIAS: ['a name after * that an & has given', 'put a text that begins with * in quotes'],
  BAD_DQ_ESCAPE: ['a known escape after \\', 'write \\\\ for a backslash, or use single quotes'],
  BAD_INDENT: [
    'entries of one block with one indent',
    'give the entries of one block the same indent, those of a list more',
  ],
  BAD_SCALAR_START: ['a text that begins with an ordinary character', 'put the text in quotes'],
  BLOCK_AS_IMPLICIT_KEY: ['one setting a line', 'put a text that holds ": " in quotes'],
  BLOCK_IN_FLOW: ['no block within brackets', 'write it within the brackets, or the whole without brackets'],
  DUPLICATE_KEY: ['each setting once', 'keep one of the two; only one of them could count'],
  MISSING_CHAR: [
    'every quote and bracket closed, and a blank after : and ,',
    'close what was opened, or put the text in quotes',
  ],
  MULTIPLE_DOCS: ['one document', 'remove the `---` and what follows, or put it into a file of its own'],
  MULTILINE_IMPLICIT_KEY: ['a name and a colon on one line', 'add the colon, or put the text on one line'],
  TAB_AS_INDENT: ['blanks as indent', 'indent with blanks, never with tabs'],
  TAG_RESOLVE_FAILED: ['values without a !tag', 'remove the !tag, or put the text in quotes'],
  UNEXPECTED_TOKEN: [
    'nothing after the end of a value',
    'put a text with special characters (: # [ ] { } , & * ! | > % @) in quotes',
  ],
}

/** Null when aliases (`*name`) multiply beyond reason. */
const contentOf = (document: Document): { readonly content: unknown } | null => {
  try {
    return { content: document.toJS({ maxAliasCount: 100 }) }
  } catch {
    return null
  }
}

/**
 * Reads a settings file as YAML 1.2 and reports every fault of the YAML itself.
 * @param file name that the problems carry
 */
export const readYaml = (text: string, file: string): YamlText => {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' })
  const faults: YAMLError[] = [...document.errors, ...document.warnings]

  const positionOf = (offset: number) => {
    const { line, col } = lines.linePos(Math.min(offset, text.length))
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }

  const toProblem = (fault: YAMLError): Problem => {
    const [expected, remedy] = FAULTS[fault.code] ?? ['a line that can be read', 'correct the line']
    return {
      severity: 'error',
      file,
      ...positionOf(fault.pos[0]),
      path: fault.code === 'DUPLICATE_KEY' ? formatPath(pathAt(document, fault.pos[0])) : '',
      value: undefined,
      expected: `well-formed YAML: ${expected}`,
      remedy: LOCAL_FAULTS.has(fault.code) ? remedy : `${remedy}; the settings are checked once the file reads as YAML`,
    }
  }

  const isReliable = faults.every(({ code }) => LOCAL_FAULTS.has(code))
  const read = isReliable ? contentOf(document) : undefined
  return {
    content: read?.content,
    problems: [
      ...faults.map(toProblem),
      ...(read === null
        ? [fileProblem(file, 'few repetitions', 'write the values out instead of repeating them with *')]
        : []),
    ],
    isReliable: isReliable && read !== null,
    locate: (path) => {
      const { at, written } = spotOf(document, path)
      return { ...positionOf(at), value: written === undefined ? undefined : shorten(text.slice(...written)) }
    },
  }
}

/** A value as one line of YAML, quoted where it needs to be. */
export const writeYaml = (value: unknown): string =>
  stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 }).trim()
