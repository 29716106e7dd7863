import { InvalidArgumentError, type Command } from 'commander'
import { systemClock } from '../lib/clock.ts'
import { checkCasesOf } from '../policy/cases.ts'
import { createPolicy, type Policy } from '../policy/decide.ts'
import { explain, type Explanation } from '../policy/explain.ts'
import { loadSite, type LoadedSite } from '../policy/load.ts'
import { rememberFor } from '../policy/remember-device.ts'
import { ANONYMOUS, type Subject } from '../policy/subject.ts'
import { supposeSubject } from '../policy/supposed-subject.ts'
import { describeExplanation } from './explanation-lines.ts'
import { counted, formatProblems } from './problem-lines.ts'
import { processTerminal, type Terminal } from './terminal.ts'

interface ExplainOptions {
  readonly as?: readonly string[]
  readonly way?: string
  readonly level?: 1 | 2 | 3
  readonly remembered?: boolean
  readonly address?: string
  readonly cases?: boolean
  readonly json?: boolean
}

const readRoles = (text: string): string[] =>
  text
    .split(',')
    .map((role) => role.trim())
    .filter((role) => role !== '')

const readLevel = (text: string): 1 | 2 | 3 => {
  if (text === '1') return 1
  if (text === '2') return 2
  if (text === '3') return 3
  throw new InvalidArgumentError('1, 2 or 3')
}

/** Nobody, unless one of --as, --way, --level and --remembered speaks of somebody. */
const subjectFor = (loaded: LoadedSite, { as, way, level, remembered }: ExplainOptions, command: Command): Subject => {
  if (as === undefined && way === undefined && level === undefined && remembered !== true) return ANONYMOUS
  const subject = supposeSubject(loaded.site, { roles: as, way, level, remembered })
  const used = loaded.site.ways.find(({ id }) => id === subject?.way)
  if (remembered === true && used !== undefined && rememberFor(loaded.site, used) === null)
    return command.error(`error: --remembered: no device is remembered for the way ${used.id} (remember-device)`)
  if (subject !== undefined) return subject
  return command.error(`error: --way: one of ${loaded.site.ways.map(({ id }) => id).join(', ')}`)
}

const runCases = (loaded: LoadedSite, policy: Policy, terminal: Terminal): void => {
  const report = checkCasesOf(loaded, policy)
  if (report === null) {
    terminal.write(`no cases: write them into cases/${loaded.site.site}.yaml beside the site file\n`)
    return
  }
  const failed = report.problems.length
  const outcome = failed === 0 ? 'all as expected' : counted(failed, 'problem')
  terminal.write(`${formatProblems(report.problems, terminal)}${counted(report.count, 'case')}: ${outcome}\n`)
  terminal.setExitCode(failed === 0 ? 0 : 1)
}

const answer = (explanation: Explanation, policy: Policy, isJson: boolean, terminal: Terminal): void => {
  terminal.write(isJson ? `${JSON.stringify(explanation)}\n` : describeExplanation(explanation, policy, terminal))
}

/** `portillon explain POLICY METHOD URL`: which rule a request meets, and why. */
export const registerExplain = (program: Command, terminal: Terminal = processTerminal): void => {
  const command = program
    .command('explain')
    .description('say what becomes of a request, which rule decides and why')
    .argument('<policy>', 'site file')
    .argument('[method]', 'HTTP method')
    .argument('[url]', 'path and query, or a whole address')
    .option('--as <roles>', 'somebody who is signed in, with these roles (separated by commas; "" for none)', readRoles)
    .option('--way <id>', 'the way by which they signed in (the first one of the site)')
    .option('--level <level>', 'the level of the session (that of the way)', readLevel)
    .option('--remembered', 'on a remembered device, where the second factor was not asked for')
    .option('--address <address>', "the visitor's address (unknown)")
    .option('--cases', 'run the cases of the site')
    .option('--json', 'one JSON document instead of text')
  command.action((file: string, method: string | undefined, url: string | undefined, options: ExplainOptions) => {
    const now = systemClock.now()
    const loaded = loadSite(file, { now })
    if (!loaded.ok) {
      terminal.write(formatProblems(loaded.reason, terminal))
      terminal.setExitCode(1)
      return
    }
    const policy = createPolicy(loaded.value.site)
    if (options.cases === true) runCases(loaded.value, policy, terminal)
    if (method === undefined || url === undefined) {
      if (options.cases !== true) command.error('error: name a method and an address, or ask for --cases')
      return
    }
    const subject = subjectFor(loaded.value, options, command)
    const question = { method: method.toUpperCase(), url, subject, address: options.address, now }
    answer(explain(policy, question), policy, options.json === true, terminal)
  })
}
