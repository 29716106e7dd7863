import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, it } from 'node:test'
import { checkCases, checkCasesOf } from '../../src/policy/cases.ts'
import { createPolicy } from '../../src/policy/decide.ts'
import { loadSite } from '../../src/policy/load.ts'
import { makeSite } from './site.ts'
import { NOW } from './site-text.ts'

const folder = join(import.meta.dirname, '../../policies')

/** Where a network departs from what `check` advises, knowingly. */
const DEPARTURES: Readonly<Record<string, readonly string[]>> = {
  'oncocentre.yaml': ['password.expires'],
  // Its credentials are the operator's to name.
  'oncopl.yaml': ['pro-sante-connect'],
}

describe('the site files of the project', () => {
  const files = globSync('*.yaml', { cwd: folder })

  it('are those of ONCO HDF and of the demonstration at least', () => {
    assert.deepEqual(
      ['demo.yaml', 'onco-hdf.yaml'].filter((name) => !files.includes(name)),
      [],
    )
  })

  for (const name of files) {
    it(`${name} has no error, no warning but for a known departure, and bears the name of its site`, () => {
      const loaded = loadSite(join(folder, name), { now: NOW })
      assert.ok(loaded.ok, JSON.stringify(loaded))
      const warned = loaded.value.warnings.map(({ path }) => path)
      assert.deepEqual(warned, DEPARTURES[name] ?? [])
      assert.equal(`${loaded.value.site.site}.yaml`, basename(name))
    })

    it(`${name} does what its cases say`, () => {
      const loaded = loadSite(join(folder, name), { now: NOW })
      assert.ok(loaded.ok)
      const report = checkCasesOf(loaded.value, createPolicy(loaded.value.site))
      assert.ok(report, `write policies/cases/${name}`)
      assert.deepEqual([...report.problems], [])
      assert.ok(report.count >= 15, `${report.count} cases are too few to hold a policy`)
    })

    it(`each rule of ${name} is met by a case that passes it and, unless it is public, by one that does not`, () => {
      const loaded = loadSite(join(folder, name), { now: NOW })
      assert.ok(loaded.ok)
      // Turning each rule into its opposite must break a case: cases that cannot fail hold nothing.
      const { site } = loaded.value
      for (const [at, rule] of site.rules.entries()) {
        const opposite = rule.allow === 'no-one' ? 'anyone' : 'no-one'
        const rules = site.rules.map((each, index) => (index === at ? ({ ...each, allow: opposite } as const) : each))
        const report = checkCasesOf(loaded.value, createPolicy({ ...site, rules }))
        assert.ok((report?.problems.length ?? 0) > 0, `no case notices that ${rule.id} has become ${opposite}`)
      }
    })
  }
})

describe('a case file', () => {
  const policy = createPolicy(makeSite({ rules: [{ id: 'open', match: { path: '/open/**' }, allow: 'anyone' }] }))
  const run = (text: string) => checkCases(text, 'cases/test.yaml', policy)

  it('that comes out as expected has nothing to tell', () => {
    const report = run(`
- name: reading is open
  request: { path: /open/x }
  expect: { verdict: allow, rule: open, reasons: [public] }
- name: a climb is refused
  request: { path: /open/../x }
  expect: { verdict: refuse, reasons: [dot-segment] }
- name: the gate's own pages
  request: { method: POST, path: /_portillon/sign-in }
  expect: { verdict: own }
`)
    assert.equal(report.count, 3)
    assert.deepEqual([...report.problems], [])
  })

  it('that comes out otherwise is told the line, what the policy says, and both ways out', () => {
    const report = run(`- name: writing is open
  request: { method: POST, path: /open/x }
  expect: { verdict: allow, rule: open }
`)
    const [problem] = report.problems
    assert.equal(problem?.line, 3)
    assert.equal(problem.path, '[0].expect')
    assert.match(problem.expected, /“writing is open”: sign-in by rule default \(no-session\)/)
    assert.match(problem.remedy, /correct the rules/)
  })

  it('with the right verdict by the wrong rule, or for another reason, fails', () => {
    for (const expect of ['{ verdict: allow, rule: default }', '{ verdict: allow, reasons: [signed-in] }']) {
      assert.equal(run(`- { name: x, request: { path: /open/x }, expect: ${expect} }\n`).problems.length, 1, expect)
    }
  })

  it('with faults of its own is told them like any settings file, and its other cases still run', () => {
    const report = run(`- name: unknown verdict
  request: { path: /x }
  expect: { verdict: alow }
- name: unknown way
  request: { path: /x }
  as: { way: other }
  expect: { verdict: allow }
- name: misspelt
  request: { path: /x }
  expct: { verdict: allow }
- name: wrong
  request: { path: /x }
  expect: { verdict: deny }
`)
    assert.deepEqual(
      report.problems.map(({ path, line }) => [path, line]),
      [
        ['[0].expect.verdict', 3],
        ['[1].as.way', 6],
        ['[2].expect', 8],
        ['[2].expct', 10],
        ['[3].expect', 13],
      ],
    )
  })

  it('that is no list is told so', () => {
    assert.match(run('name: x\n').problems[0]?.expected ?? '', /a list/)
  })
})
