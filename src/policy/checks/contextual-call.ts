import { formatDuration } from '../../lib/duration.ts'
import { entriesOf, type Draft } from '../../lib/settings/draft.ts'
import { error, warning, type Finding } from '../../lib/settings/problem.ts'
import { compilePatterns } from '../match.ts'
import type { ContextualCall } from '../contextual-call.ts'
import type { Site } from '../schema.ts'
import type { Check } from './context.ts'

type CallDraft = Draft<ContextualCall>

const AT = 'contextual-call'

/** A link that lives longer is a link that somebody else can use (facts/health.md § 4.3). */
const LIMITS = { 'max-age': 120_000, leeway: 60_000 } as const

/** What tells who a patient is to anybody who reads it. */
const TRAITS: ReadonlySet<string> = new Set(
  ['matricule', 'ins', 'birth-name', 'used-name', 'first-given-name', 'given-names', 'birth-date', 'birth-place'].map(
    (trait) => `patient.${trait}`,
  ),
)

function* checkTimes(call: CallDraft, site: Draft<Site>): Generator<Finding> {
  for (const name of ['max-age', 'leeway'] as const) {
    const value = call[name]
    if (value !== undefined && value > LIMITS[name])
      yield error(
        [AT, name],
        `at most ${formatDuration(LIMITS[name])}`,
        'shorten it, and let both machines set their clocks by NTP',
      )
  }
  const { idle, absolute } = call.session ?? {}
  if (idle !== undefined && absolute !== undefined && idle > absolute)
    yield error([AT, 'session', 'idle'], `at most \`absolute\`, ${formatDuration(absolute)}`, 'shorten it')
  const most = site.session?.absolute
  if (absolute !== undefined && most !== undefined && absolute > most)
    yield error([AT, 'session', 'absolute'], `at most that of the site, ${formatDuration(most)}`, 'shorten it')
}

const namesOf = (record: Readonly<Record<string, unknown>> | undefined): string[] => Object.keys(record ?? {})

function* checkDeliver({ deliver, ...call }: CallDraft, site: Draft<Site>): Generator<Finding> {
  const at = [AT, 'deliver']
  if (deliver === undefined) return
  const links = entriesOf(site.partners).map(([, one]) => one.link?.path)
  if (deliver.path !== undefined && links.includes(deliver.path))
    yield error(
      [...at, 'path'],
      'a page that no `link` of a partner leads to',
      'calls would lead back to the gate for ever',
    )
  const parameters = namesOf(deliver.values)
  const headers = namesOf(deliver.headers)
  if (deliver.as === 'headers' && (parameters.length > 0 || namesOf(deliver.fixed).length > 0))
    yield error([...at, 'values'], 'no parameters with `as: headers`', 'write them under `headers`')
  if (deliver.as !== 'headers' && headers.length > 0)
    yield error([...at, 'headers'], `no headers with \`as: ${deliver.as ?? ''}\``, 'write them under `values`')
  const twice = namesOf(deliver.fixed).filter((name) => parameters.includes(name))
  if (twice.length > 0) yield error([...at, 'fixed'], 'names that `values` does not have', `remove ${twice.join(', ')}`)
  const taken = headers.filter((name) =>
    namesOf(site.identity?.headers).some((other) => other.toLowerCase() === name.toLowerCase()),
  )
  if (taken.length > 0)
    yield error([...at, 'headers'], 'names that `identity.headers` does not have', `rename ${taken.join(', ')}`)
  const isOfSession = deliver.as === 'headers' || namesOf(deliver.ctx).length > 0
  if (call['second-patient'] === 'beside' && isOfSession)
    yield error(
      [AT, 'second-patient'],
      '`replace`: what is said on each request is said to every tab',
      'write `replace`, or deliver by `query` or `form` and without `ctx`',
    )
  if (namesOf(deliver.ctx).length > 0 && site.identity?.assertion === undefined)
    yield error([...at, 'ctx'], 'an `identity.assertion` that says it', 'add one, or remove `ctx`')
  if (
    deliver.as === 'query' &&
    Object.values(deliver.values ?? {}).some((value) => value !== undefined && TRAITS.has(value))
  )
    yield warning(
      [...at, 'as'],
      '`form` or `headers`',
      'by `query`, traits of patients stand in the history of browsers',
    )
}

function* checkConfined(call: CallDraft): Generator<Finding> {
  const patterns = entriesOf(call.confined).map(([, pattern]) => pattern)
  const path = call.deliver?.path
  if (patterns.length > 0 && path !== undefined && !compilePatterns(patterns)(path))
    yield error([AT, 'confined'], `a pattern for ${path}, which calls open`, `add ${path}`)
}

function* checkWay(site: Draft<Site>): Generator<Finding> {
  const ways = entriesOf(site.ways).map(([, way]) => way)
  const isWay = ways.some((way) => entriesOf(way.methods)[0]?.[1] === 'contextual-call')
  if (!isWay)
    yield error(
      [AT],
      'a way that begins with `contextual-call`',
      'add one to `ways`: `{ id: dpi, methods: [contextual-call], level: 1 }`, with a second method for whoever needs one',
    )
  if (entriesOf(site.partners).length === 0)
    yield warning([AT], 'at least one of `partners`', 'nobody can call: register an establishment')
}

function* checkFrames(call: CallDraft, site: Draft<Site>): Generator<Finding> {
  if (entriesOf(call.frames).length > 0 && site.origin?.startsWith('http:') === true)
    yield error([AT, 'frames'], 'a site on https', 'browsers take cookies of frames over https alone')
}

/** `contextual-call`: limits that leave a stolen call no time, and a delivery that means one patient in each tab. */
export const checkContextualCall: Check = function* (site) {
  const call = site[AT]
  if (call === undefined) return
  yield* checkTimes(call, site)
  yield* checkDeliver(call, site)
  yield* checkConfined(call)
  yield* checkWay(site)
  yield* checkFrames(call, site)
}
