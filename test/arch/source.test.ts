import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { describe, it } from 'node:test'
import ts from 'typescript'
import { BUDGET, TIME_AND_CHANCE } from './rules.ts'
import { functionLengths, nodesOf, quantile, readSources, type Source } from './source.ts'

const sources = readSources('src')
const everything = [...sources, ...readSources('deploy'), ...readSources('test')]

const none = (found: readonly string[]) => assert.equal(found.join('\n'), '')

/** `file:line: rule` for every node that breaks a rule. */
const breaches = (files: readonly Source[], judge: (node: ts.Node, source: Source) => string | undefined): string[] =>
  files.flatMap((source) =>
    nodesOf(source).flatMap(({ node, line }) => {
      const rule = judge(node, source)
      return rule === undefined ? [] : [`${source.file}:${line}: ${rule}`]
    }),
  )

const CHANCE = /^(?:randomBytes|randomInt|randomUUID|randomFill|randomFillSync|getRandomValues)$/

/** `Date.now()`, `new Date()`, `performance.now()`, `Math.random()`, and the random functions of node:crypto. */
const asksTimeOrChance = (node: ts.Node): string | undefined => {
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && (node.arguments?.length ?? 0) === 0)
    return 'new Date()'
  if (ts.isPropertyAccessExpression(node)) {
    const text = node.getText()
    return ['Date.now', 'Math.random', 'performance.now'].includes(text) ? text : undefined
  }
  return ts.isIdentifier(node) && CHANCE.test(node.text) ? node.text : undefined
}

describe('source files', () => {
  it('are named in kebab-case, after what they do', () => {
    const named = everything.map(({ file }) => ({ file, name: basename(file).replace(/(\.test)?\.ts$/, '') }))
    none([
      ...named
        .filter(({ name }) => !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name))
        .map(({ file }) => `${file}: not kebab-case`),
      ...named
        .filter(({ name }) => /^(?:utils?|helpers?|common|misc|shared|types|constants)$/.test(name))
        .map(({ file }) => `${file}: says nothing of what it does`),
    ])
  })

  it(`have at most ${BUDGET.file} lines`, () => {
    none(everything.filter(({ lines }) => lines > BUDGET.file).map(({ file, lines }) => `${file}: ${lines} lines`))
  })

  it('are short: one thing a file, one thing a function', () => {
    const lengths = sources.map(({ lines }) => lines)
    assert.ok(quantile(lengths, 0.5) <= BUDGET.medianFile, `median of files: ${quantile(lengths, 0.5)} lines`)
    assert.ok(quantile(lengths, 0.9) <= BUDGET.mostFiles, `nine of ten files: ${quantile(lengths, 0.9)} lines`)
    const functions = sources.flatMap(functionLengths)
    assert.ok(
      quantile(functions, 0.9) <= BUDGET.mostFunctions,
      `nine of ten functions: ${quantile(functions, 0.9)} lines`,
    )
  })

  it('give names to what they export', () => {
    none(
      breaches(sources, (node) => {
        const isDefault = ts.isExportAssignment(node) || node.kind === ts.SyntaxKind.DefaultKeyword
        return isDefault && !ts.isDefaultClause(node.parent) ? 'a default export has no name to search for' : undefined
      }),
    )
  })

  it('give a type to everything: no any', () => {
    none(breaches(everything, (node) => (node.kind === ts.SyntaxKind.AnyKeyword ? 'any' : undefined)))
  })

  it('are given the time and chance, and never take them', () => {
    none(
      breaches(sources, (node, { file }) => {
        const asked = asksTimeOrChance(node)
        if (asked === undefined || file.slice('src/'.length) in TIME_AND_CHANCE) return undefined
        return `${asked}: take a Clock or a Random of src/lib instead, so that tests own them`
      }),
    )
  })
})
