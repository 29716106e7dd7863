import { HEAD_REFUSALS, TARGET_REFUSALS } from '../lib/ambiguous.ts'
import type { CompiledRule, Policy, Reason, Verdict } from '../policy/decide.ts'
import type { Explanation } from '../policy/explain.ts'
import { createPaint, type Colour, type Terminal } from './terminal.ts'

const REASONS: Readonly<Record<Reason, string>> = {
  public: 'anyone may pass here',
  preflight: 'a browser asks on behalf of a listed origin',
  'signed-in': 'a session is enough here, and there is one',
  'conditions-met': 'every condition of the rule holds',
  'no-session': 'nobody is signed in',
  'not-canonical': 'the path is another spelling of a public one, and such paths need a session',
  'no-one': 'nobody may pass here, signed in or not',
  'role-missing': 'the account has none of the roles of the rule',
  'way-not-accepted': 'the session was opened by a way that is not accepted here',
  'way-closed': 'the way that opened the session is closed on that day',
  confined: 'the session was opened by the call of a record system, which opens other paths (contextual-call.confined)',
  'level-too-low': 'the session was opened at too low a level',
  'network-not-accepted': 'the visitor does not come from a network of the rule, or the address is unknown',
}

const WHY = Object.fromEntries(
  Object.entries({ ...TARGET_REFUSALS, 'host-unknown': HEAD_REFUSALS['host-unknown'] }).map(([key, { why }]) => [
    key,
    why,
  ]),
)

const VERDICTS: Readonly<Record<Verdict, readonly [Colour, string]>> = {
  allow: ['green', 'allow'],
  'sign-in': ['yellow', 'sign-in'],
  deny: ['red', 'deny'],
}

const conditionsOf = ({ allow }: CompiledRule): string => {
  if (typeof allow === 'string') return allow
  return Object.entries(allow)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${[value].flat().join(' or ')}`]))
    .join(', ')
}

const judgedLines = (explanation: Extract<Explanation, { kind: 'judged' }>, policy: Policy, terminal: Terminal) => {
  const paint = createPaint(terminal)
  const { decision, target, skipped } = explanation
  const rule = policy.rules.find(({ id }) => id === decision.rule)
  const [colour, verdict] = VERDICTS[decision.verdict]
  return [
    `${paint(colour, verdict)}  by rule ${paint('bold', decision.rule)}${rule === undefined ? '' : ` (allow: ${conditionsOf(rule)})`}`,
    ...decision.reasons.map((reason) => `  because  ${REASONS[reason]} [${reason}]`),
    `  judged   ${target.method} ${target.path}${target.canonical ? '' : `  (received as ${target.raw})`}`,
    ...skipped.map((each) => `  skipped  ${each.rule}: its ${each.because}s do not fit`),
    ...(explanation.isBackground ? ['  note     does not count as activity (session.background)'] : []),
    ...(explanation.isSignOut ? ['  note     also ends the session (sign-out.upstream-paths)'] : []),
  ]
}

/** An answer as lines for people. */
export const describeExplanation = (explanation: Explanation, policy: Policy, terminal: Terminal): string => {
  const paint = createPaint(terminal)
  const lines = (() => {
    switch (explanation.kind) {
      case 'refused':
        return [
          paint('red', `refused ${explanation.status}: ${explanation.reason}`),
          `  because  ${WHY[explanation.reason]}`,
          '  before any rule is asked',
        ]
      case 'own':
        return [`own  a page of the gate (${policy.site.prefix}): no rule is asked`]
      case 'judged':
        return judgedLines(explanation, policy, terminal)
    }
  })()
  return `${lines.join('\n')}\n`
}
