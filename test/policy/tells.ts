import assert from 'node:assert/strict'
import { it } from 'node:test'
import { markedLine, problemsOf, siteText, type Changes } from './site-text.ts'

interface Fault {
  readonly in: Changes
  readonly path: string
  readonly severity?: 'error' | 'warning'
  readonly value?: string
  readonly expected: RegExp
  readonly remedy: RegExp
}

/** One fault, on the marked line, told with its path, what is allowed and what to do; and nothing else. */
export const tells = (sentence: string, fault: Fault): void => {
  it(sentence, () => {
    const text = siteText(fault.in)
    const problems = problemsOf(text)
    const [problem, ...others] = problems
    assert.deepEqual(others, [], 'only one problem')
    assert.ok(problem)
    assert.equal(problem.path, fault.path)
    assert.equal(problem.severity, fault.severity ?? 'error')
    assert.equal(problem.file, 'sites/test.yaml')
    assert.equal(problem.line, markedLine(text))
    assert.ok(problem.column >= 1)
    if (fault.value !== undefined) assert.equal(problem.value, fault.value)
    assert.match(problem.expected, fault.expected)
    assert.match(problem.remedy, fault.remedy)
  })
}
