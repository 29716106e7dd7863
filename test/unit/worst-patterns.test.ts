import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import ts from 'typescript'
import { MAX_OWN_TARGET_LENGTH } from '../../src/lib/path.ts'

/**
 * L-05: every regular expression of the folders that read what visitors write, against texts that were made for it: what it
 * speaks of, repeated to the longest that can reach it, and then something else. One that goes back over its text does not
 * end in time.
 */

const SOURCES = join(import.meta.dirname, '../../src')
const FACING_VISITORS =
  '{accounts,gateway,identity,kept-forms,lib,methods,passwords,policy,portal,server,session,sign-in,store}/**/*.ts'

/** A whole header section: nothing longer reaches anybody in one piece. */
const LONGEST = 32_768

/** Where less than that can come, and what sees to it. */
const SHORTER: Readonly<Record<string, number>> = {
  // `parseTarget` looks at the length first.
  'lib/path.ts': MAX_OWN_TARGET_LENGTH,
  // The rest of a longer header is not read.
  'portal/language.ts': 1_000,
  // What a directory or a table says of a person.
  'accounts/linked/person.ts': 1_000,
  'identity/request-signature.ts': 1_000,
  // Of a salt, a sender in the site file, a mail of the demonstration: nothing that a visitor writes.
  'accounts/legacy/forms/bytes.ts': 1_000,
  'portal/code-page.ts': 1_000,
  'portal/routes/forgotten.ts': 1_000,
  'portal/routes/outbox.ts': 1_000,
}

/** What one text may cost, milliseconds. */
const LIMIT = 100

interface Pattern {
  readonly file: string
  readonly pattern: RegExp
}

const patternsOf = (file: string): readonly Pattern[] => {
  const source = ts.createSourceFile(file, readFileSync(join(SOURCES, file), 'utf8'), ts.ScriptTarget.Latest)
  const found: Pattern[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/')
      found.push({ file, pattern: new RegExp(node.text.slice(1, end), node.text.slice(end + 1)) })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

const PATTERNS = globSync(FACING_VISITORS, { cwd: SOURCES }).sort().flatMap(patternsOf)

/** What most patterns repeat, beside what stands in them. */
const USUAL = [' ', '\t', '\n', 'a', 'A', '0', '-', '.', '/', ';', ',', '=', '"', '%', '%41', '\u00e9', '_', ':']

/** Single characters and words that stand in the pattern itself. */
const wordsOf = ({ source }: RegExp): readonly string[] => {
  const plain = source.replace(/\\[nrt]/g, ' ').replace(/\\(.)/g, '$1')
  return [...new Set([...(plain.match(/[A-Za-z-]{3,}/g) ?? []), ...(plain.match(/[^\w\s]/g) ?? [])])]
}

function* hostileTo(pattern: RegExp, length: number): Generator<string> {
  const words = wordsOf(pattern)
  const repeated = (unit: string) => unit.repeat(Math.floor((length - 60) / unit.length))
  for (const unit of [...USUAL, ...words, ...words.map((word) => `${word} `), 'a ', 'a,', ' ,', '=;', '/a', '""']) {
    for (const start of ['', ...words.slice(0, 1)]) yield `${start}${repeated(unit)}\u0001`
  }
}

const cost = (pattern: RegExp, text: string): number => {
  const began = performance.now()
  // As `exec` looks for the first match, and as `replaceAll` looks for every one.
  if (pattern.global) text.replaceAll(pattern, '')
  else pattern.exec(text)
  return performance.now() - began
}

describe('L-05: patterns and texts that were made for them', () => {
  it('L-05: there are patterns in every folder that is looked at, or it has moved', () => {
    assert.ok(PATTERNS.length > 100, `${PATTERNS.length} patterns`)
    for (const folder of ['gateway', 'portal', 'lib', 'session'])
      assert.ok(
        PATTERNS.some(({ file }) => file.startsWith(`${folder}/`)),
        folder,
      )
  })

  it(`L-05: none takes ${LIMIT} ms for the longest text that can reach it`, () => {
    const slow: string[] = []
    for (const { file, pattern } of PATTERNS) {
      for (const text of hostileTo(pattern, SHORTER[file] ?? LONGEST)) {
        if (cost(pattern, text) < LIMIT) continue
        // A busy machine slows one try down, and not three.
        const quickest = Math.min(cost(pattern, text), cost(pattern, text))
        if (quickest < LIMIT) continue
        slow.push(`${file} ${String(pattern)}: ${Math.round(quickest)} ms for ${JSON.stringify(text.slice(0, 12))}…`)
        break
      }
    }
    assert.deepEqual(slow, [])
  })

  it('L-05: one that goes back over its text would be found', () => {
    const [text = ''] = hostileTo(/\s+$/, LONGEST / 2)
    assert.ok(cost(/\s+$/, text) > LIMIT)
  })
})
