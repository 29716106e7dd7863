import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { startOfDay } from '../lib/calendar.ts'
import { checkSettings, readSettingsText } from '../lib/settings/check-settings.ts'
import { entriesOf, type Draft } from '../lib/settings/draft.ts'
import { text } from '../lib/settings/fields.ts'
import { error, type Finding, type Problem } from '../lib/settings/problem.ts'
import type { Policy } from './decide.ts'
import { explain, type Explanation } from './explain.ts'
import { ANONYMOUS, type Subject } from './subject.ts'
import { supposeSubject } from './supposed-subject.ts'
import type { LoadedSite } from './load.ts'

/**
 * The case file of a site, `cases/<site>.yaml` beside it: requests and what must become of them. `portillon check` runs it
 * with the site, so that a change of the rules shows what else it changed.
 */

const person = z.strictObject({
  login: text(64, 'Who.').optional(),
  roles: z.array(text(64, 'A role.')).describe('Roles of the account.').optional(),
  way: text(48, 'The way in; the first one of the site when none is named.').optional(),
  level: z
    .union([z.literal(1), z.literal(2), z.literal(3)])
    .meta({
      description: 'Level of the session; that of the way when none is named.',
      patternErrorMessage: '1, 2 or 3',
    })
    .optional(),
})

const expectation = z.strictObject({
  verdict: z
    .enum(['allow', 'sign-in', 'deny', 'own', 'refuse'])
    .describe('`own`: a page of the gate; `refuse`: answered 400, 414 or 421 before any rule.'),
  rule: text(48, 'Id of the rule that decides, or `default`.').optional(),
  reasons: z.array(text(48, 'A reason.')).describe('Why, in any order.').optional(),
})

const policyCase = z.strictObject({
  name: text(120, 'What must hold, as a sentence.'),
  request: z.strictObject({
    method: text(20, 'HTTP method.').default('GET'),
    path: text(8_192, 'Path and query, or a whole address.'),
    address: text(64, "The visitor's address; unknown when none is named.").optional(),
  }),
  as: z
    .union([z.literal('anonymous'), person])
    .default('anonymous')
    .meta({ patternErrorMessage: '`anonymous`, or a person: { roles: […], way: …, level: … }' }),
  on: z.iso.date().describe('Day of the request; one on which the way is open when none is named.').optional(),
  expect: expectation,
})

export const casesSchema = z.array(policyCase).min(1)

type Case = z.output<typeof policyCase>

const HALF_A_DAY = 43_200_000

const subjectOf = (as: Case['as'], policy: Policy): Subject | undefined =>
  as === 'anonymous' ? ANONYMOUS : supposeSubject(policy.site, as)

/** A day on which the way is open, so that a case does not change its outcome by growing old. */
const dayFor = (subject: Subject, policy: Policy): string => {
  const way = policy.site.ways.find(({ id }) => subject.kind === 'signed-in' && id === subject.way)
  return way?.until ?? way?.from ?? '2026-01-01'
}

interface Outcome {
  readonly verdict: Case['expect']['verdict']
  readonly rule: string | undefined
  readonly reasons: readonly string[]
}

const outcomeOf = (explanation: Explanation): Outcome => {
  switch (explanation.kind) {
    case 'refused':
      return { verdict: 'refuse', rule: undefined, reasons: [explanation.reason] }
    case 'own':
      return { verdict: 'own', rule: undefined, reasons: [] }
    case 'judged':
      return explanation.decision
  }
}

const describe = ({ verdict, rule, reasons }: Outcome): string =>
  `${verdict}${rule === undefined ? '' : ` by rule ${rule}`}${reasons.length === 0 ? '' : ` (${reasons.join(', ')})`}`

const isAsExpected = (outcome: Outcome, { verdict, rule, reasons }: Case['expect']): boolean =>
  outcome.verdict === verdict &&
  (rule === undefined || outcome.rule === rule) &&
  (reasons === undefined || [...reasons].sort().join() === [...outcome.reasons].sort().join())

function* runCase(at: number, { name, request, as, on, expect }: Case, policy: Policy): Generator<Finding> {
  const subject = subjectOf(as, policy)
  if (subject === undefined) {
    const ways = policy.site.ways.map(({ id }) => id).join(', ')
    yield error([at, 'as', 'way'], `a way of the site: ${ways}`, 'correct it')
    return
  }
  const now = startOfDay(on ?? dayFor(subject, policy)) + HALF_A_DAY
  const question = { method: request.method, url: request.path, address: request.address, subject, now }
  const outcome = outcomeOf(explain(policy, question))
  if (isAsExpected(outcome, expect)) return
  yield error(
    [at, 'expect'],
    `what the policy says of “${name}”: ${describe(outcome)}`,
    'correct the rules if the case is right, or the case if the rules are',
  )
}

const isWhole = (draft: Draft<Case>): draft is Case => policyCase.safeParse(draft).success

export interface CasesReport {
  readonly file: string
  readonly count: number
  /** Faults of the file and cases that came out otherwise. */
  readonly problems: readonly Problem[]
}

/** Runs the cases of a text against a policy. */
export const checkCases = (text: string, file: string, policy: Policy): CasesReport => {
  let count = 0
  const { problems } = checkSettings(text, file, {
    schema: casesSchema,
    check: (draft) => {
      const cases = entriesOf(draft)
      count = cases.length
      return cases.flatMap(([at, each]) => (isWhole(each) ? [...runCase(at, each, policy)] : []))
    },
  })
  return { file, count, problems }
}

/** Runs the case file of a site; null when it has none. */
export const checkCasesOf = ({ directory, site }: LoadedSite, policy: Policy): CasesReport | null => {
  const file = join(directory, 'cases', `${site.site}.yaml`)
  if (!existsSync(file)) return null
  const text = readSettingsText(file)
  return text.ok ? checkCases(text.value, file, policy) : { file, count: 0, problems: [text.reason] }
}
