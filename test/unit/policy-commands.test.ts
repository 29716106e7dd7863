import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { Command, CommanderError } from 'commander'
import { registerCheck } from '../../src/cli/check.ts'
import { registerExplain } from '../../src/cli/explain.ts'
import type { Terminal } from '../../src/cli/terminal.ts'
import type { Problem } from '../../src/lib/settings/problem.ts'
import { createInstanceFolder, instanceText } from '../policy/instance.ts'
import { siteText } from '../policy/site-text.ts'

const folder = createInstanceFolder()
after(() => folder[Symbol.dispose]())

interface Ran {
  readonly output: string
  readonly lines: readonly string[]
  readonly code: number
}

/** Runs the two commands as `portillon` would, on a terminal of the test. */
const run = (words: readonly string[], hasColours = false): Ran => {
  let output = ''
  let code = 0
  const terminal: Terminal = {
    write: (text: string) => {
      output += text
    },
    hasColours,
    setExitCode: (value) => {
      code = value
    },
  }
  const program = new Command('portillon').exitOverride().configureOutput({
    writeErr: (text) => {
      terminal.write(text)
    },
  })
  registerCheck(program, terminal)
  registerExplain(program, terminal)
  for (const command of program.commands)
    command.exitOverride().configureOutput({
      writeErr: (text) => {
        terminal.write(text)
      },
    })
  try {
    program.parse([...words], { from: 'user' })
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown
    code = thrown.exitCode
  }
  return { output, lines: output.trimEnd().split('\n'), code }
}

const good = folder.write('sites/good.yaml', siteText({ site: 'site: good' }))
const bad = folder.write('sites/bad.yaml', siteText({ site: 'site: bad', more: 'training: perhaps\nnmae: x' }))
const warned = folder.write('sites/warned.yaml', siteText({ site: 'site: warned', legal: '' }))

describe('portillon check', () => {
  it('of files without a fault says so in one line, what to do next, and ends with 0', () => {
    const { lines, code } = run(['check', good])
    assert.equal(code, 0)
    assert.deepEqual(lines, [
      '1 file: 0 errors, 0 warnings, 0 cases run. Ready: name them in `sites` of the instance file and check that.',
    ])
  })

  it('says each problem in one line: place, severity, setting, value, what is allowed, remedy; and ends with 1', () => {
    const { lines, code } = run(['check', bad])
    assert.equal(code, 1)
    assert.deepEqual(lines, [
      `${bad}:11:11  error    training = perhaps — true or false; correct it, or leave it out for the default, false`,
      `${bad}:12:7   error    nmae — a setting that is known here: site, hosts, origin, prefix, name, short-name, network, training, upstream, forward-auth, sign-out, ways, accounts, password, email-code, totp, passkey, cps, pro-sante-connect, oidc, account, mail, remember-device, session, forms, identity, partners, contextual-call, rules, theme, support, notices, legal, templates; did you mean \`name\`?`,
      '1 file: 2 errors, 0 warnings, 0 cases run. Nothing starts with an error: correct the lines above and check again.',
    ])
  })

  it('ends with 0 on warnings alone, which it says', () => {
    const { lines, code } = run(['check', good, warned])
    assert.equal(code, 0)
    assert.match(lines[0] ?? '', /warned\.yaml:1:1 {2}warning {2}legal — the reminder/)
    assert.match(lines[1] ?? '', /^2 files: 0 errors, 1 warning,/)
  })

  it('tells site files and instance files apart by what they set, faults or not', () => {
    const instance = folder.write('config.yaml', instanceText())
    assert.match(run(['check', instance]).output, /Ready: portillon serve --config /)
    const broken = folder.write('broken.yaml', instanceText({ more: 'drain: [' }))
    const report = JSON.parse(run(['check', broken, bad, '--json']).output) as { files: { kind: string }[] }
    assert.deepEqual(
      report.files.map(({ kind }) => kind),
      ['instance', 'site'],
    )
  })

  it('of something else says what it is for', () => {
    const other = folder.write('other.yaml', 'a: 1\n')
    const { output, code } = run(['check', other])
    assert.equal(code, 1)
    assert.match(output, /a site file or an instance file; name a file with `site:`/)
  })

  it('of a file that is not there says so', () => {
    const { output, code } = run(['check', folder.pathOf('nope.yaml')])
    assert.equal(code, 1)
    assert.match(output, /nope\.yaml {2}error {4}a readable file; there is no such file/)
  })

  it('runs the cases of a site, and a case that comes out otherwise is an error', () => {
    mkdirSync(folder.pathOf('sites/cases'), { recursive: true })
    const cases = join(folder.pathOf('sites/cases'), 'good.yaml')
    writeFileSync(cases, '- { name: nobody passes, request: { path: / }, expect: { verdict: sign-in } }\n')
    assert.match(run(['check', good]).output, /0 errors, 0 warnings, 1 case run\. Ready/)
    writeFileSync(cases, '- { name: all pass, request: { path: / }, expect: { verdict: allow } }\n')
    const { output, code } = run(['check', good])
    assert.equal(code, 1)
    assert.match(
      output,
      /cases\/good\.yaml:1:\d+ {2}error {4}\[0\]\.expect — what the policy says of “all pass”: sign-in/,
    )
    writeFileSync(cases, '- { name: nobody passes, request: { path: / }, expect: { verdict: sign-in } }\n')
  })

  it('says a problem once when an instance and its site are both named, and counts their cases once', () => {
    const instance = folder.write('both.yaml', instanceText({ sites: 'sites: [sites/warned.yaml, sites/good.yaml]' }))
    folder.write('sites/good.yaml', siteText({ site: 'site: good', hosts: 'hosts: [good.example.test]' }))
    const { lines } = run(['check', instance, warned, good])
    assert.equal(lines.filter((line) => line.includes('legal')).length, 1)
    assert.match(lines.at(-1) ?? '', /^3 files: 0 errors, 1 warning, 1 case run\./)
  })

  it('--json gives the same as one document', () => {
    const { output, code } = run(['check', bad, '--json'])
    assert.equal(code, 1)
    const report = JSON.parse(output) as { ok: boolean; files: unknown[]; problems: Problem[] }
    assert.equal(report.ok, false)
    assert.deepEqual(report.files, [{ file: bad, kind: 'site', sites: 0, cases: 0 }])
    assert.deepEqual(
      report.problems.map(({ line, path, severity }) => [line, path, severity]),
      [
        [11, 'training', 'error'],
        [12, 'nmae', 'error'],
      ],
    )
  })

  it('uses colours on a screen only', () => {
    const escape = '\u001b['
    assert.ok(!run(['check', bad]).output.includes(escape))
    const { output } = run(['check', bad], true)
    assert.ok(output.includes(`${escape}31merror`))
  })
})

describe('portillon explain', () => {
  const policy = folder.write(
    'sites/explained.yaml',
    siteText({
      site: 'site: explained',
      more: `rules:
  - { id: assets, match: { path: /static/** }, allow: anyone }
  - { id: admin, match: { path: /admin/** }, allow: { roles: [referent], networks: [192.0.2.0/24] } }
`,
    }),
  )
  const explain = (...words: string[]) => run(['explain', policy, ...words])

  it('says who passes, by which rule, why, and what did not fit', () => {
    assert.deepEqual(explain('POST', '/static/x').lines, [
      'sign-in  by rule default (allow: signed-in)',
      '  because  nobody is signed in [no-session]',
      '  judged   POST /static/x',
      '  skipped  assets: its methods do not fit',
      '  skipped  admin: its paths do not fit',
    ])
  })

  it('takes roles, way, level and address', () => {
    const here = ['--address', '192.0.2.1']
    assert.match(explain('GET', '/admin', '--as', 'medecin,referent', ...here).output, /^allow {2}by rule admin/)
    assert.match(explain('GET', '/admin', '--as', 'medecin', ...here).output, /^deny .*\n.*\[role-missing\]/)
    assert.match(explain('GET', '/admin', '--as', 'referent').output, /^deny .*\n.*\[network-not-accepted\]/)
    assert.match(explain('GET', '/x', '--way', 'mailed-code', '--level', '2').output, /^allow/)
    assert.match(explain('GET', '/x', '--as', '').output, /^allow/)
  })

  it('refuses what makes no sense, and says what does', () => {
    assert.match(explain('GET', '/x', '--way', 'card').output, /--way: one of mailed-code/)
    assert.match(explain('GET', '/x', '--level', '9').output, /1, 2 or 3/)
    assert.match(explain().output, /name a method and an address/)
    assert.equal(explain('GET', '/x', '--way', 'card').code, 1)
  })

  it('of an ambiguous path is: refused 400, with the reason', () => {
    assert.match(explain('GET', '/static/..;/admin').output, /^refused 400: dot-segment\n/)
  })

  it('--json gives the explanation as data', () => {
    const explanation = JSON.parse(explain('GET', '/static/x', '--json').output) as { decision: unknown }
    assert.deepEqual(explanation.decision, { verdict: 'allow', rule: 'assets', reasons: ['public'] })
  })

  it('--cases runs the cases of the site', () => {
    assert.match(explain('--cases').output, /no cases: write them into cases\/explained\.yaml/)
    folder.write(
      'sites/cases/explained.yaml',
      '- { name: open, request: { path: /static/x }, expect: { verdict: deny } }\n',
    )
    const { output, code } = explain('--cases')
    assert.equal(code, 1)
    assert.match(output, /“open”: allow by rule assets \(public\)/)
    assert.match(output, /1 case: 1 problem/)
  })

  it('of a site file with faults says the faults', () => {
    const { output, code } = run(['explain', bad, 'GET', '/'])
    assert.equal(code, 1)
    assert.match(output, /training = perhaps/)
  })
})
