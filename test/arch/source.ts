import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import ts from 'typescript'

export const root = resolve(import.meta.dirname, '../..')

export interface Import {
  /** As written. */
  readonly specifier: string
  /** Path below the root, for relative imports. */
  readonly file: string | undefined
  /** `ioredis`, `@node-rs/argon2`, `node:http`, for the others. */
  readonly package: string | undefined
  readonly line: number
}

export interface Source {
  /** Path below the root. */
  readonly file: string
  readonly text: string
  readonly lines: number
  readonly imports: readonly Import[]
  readonly tree: ts.SourceFile
}

const lineAt = (text: string, position: number): number => text.slice(0, position).split('\n').length

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

const readSource = (file: string): Source => {
  const text = readFileSync(join(root, file), 'utf8')
  // Finds static, dynamic, type-only and re-exporting imports alike.
  const imports = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName: specifier, pos }): Import => {
    const isRelative = specifier.startsWith('.')
    return {
      specifier,
      file: isRelative ? join(dirname(file), specifier) : undefined,
      package: isRelative ? undefined : packageOf(specifier),
      line: lineAt(text, pos),
    }
  })
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  return { file, text, lines: text.split('\n').length - 1, imports, tree }
}

/** The TypeScript files below a folder of the checkout, read and parsed. */
export const readSources = (folder: string): readonly Source[] =>
  globSync(`${folder}/**/*.ts`, { cwd: root }).sort().map(readSource)

/** Every node of a file, with its line. */
export const nodesOf = (source: Source): { node: ts.Node; line: number }[] => {
  const found: { node: ts.Node; line: number }[] = []
  const walk = (node: ts.Node): void => {
    found.push({ node, line: source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree)).line + 1 })
    ts.forEachChild(node, walk)
  }
  walk(source.tree)
  return found
}

/** Lines of each function that has a body of its own, from its first to its last. */
export const functionLengths = (source: Source): number[] =>
  nodesOf(source)
    .filter(({ node }) => ts.isFunctionLike(node) && 'body' in node && node.body !== undefined)
    .map(({ node, line }) => source.tree.getLineAndCharacterOfPosition(node.end).line + 2 - line)

/** The files under version control. */
export const trackedFiles = (): readonly string[] =>
  // A checkout may belong to another user than the one who runs the tests.
  execFileSync('git', ['-c', 'safe.directory=*', 'ls-files', '-z'], { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter((file) => file !== '' && existsSync(join(root, file)))

export const readText = (file: string): string => readFileSync(join(root, file), 'utf8')

/** The value below which `share` of the values lie. */
export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((one, other) => one - other)[Math.floor(share * (values.length - 1))] ?? 0
