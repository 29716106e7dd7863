import { loadConfig } from '../config/load.ts'
import { readSettingsText } from '../lib/settings/check-settings.ts'
import { fileProblem, isError, type Problem } from '../lib/settings/problem.ts'
import { checkCasesOf } from '../policy/cases.ts'
import { createPolicy } from '../policy/decide.ts'
import { loadSite, type LoadedSite } from '../policy/load.ts'

export interface CheckedFile {
  readonly file: string
  readonly kind: 'site' | 'instance' | 'unknown'
  readonly problems: readonly Problem[]
  /** The case files of its sites, each with the number of cases that were run. */
  readonly cases: readonly { readonly file: string; readonly count: number }[]
  readonly sites: number
}

export interface CheckOptions {
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** By what it sets, not by its name; read from the text, so that a file with faults is still told apart. */
const kindOf = (text: string): CheckedFile['kind'] => {
  if (/^['"]?(?:site|hosts|ways|rules)['"]?\s*:/m.test(text)) return 'site'
  return /^['"]?(?:sites|listen|store|database|keys)['"]?\s*:/m.test(text) ? 'instance' : 'unknown'
}

const casesOf = (sites: readonly LoadedSite[]) =>
  sites.flatMap((loaded) => checkCasesOf(loaded, createPolicy(loaded.site)) ?? [])

const withCases = (
  file: string,
  kind: CheckedFile['kind'],
  sites: readonly LoadedSite[],
  problems: readonly Problem[],
): CheckedFile => {
  const reports = casesOf(sites)
  return {
    file,
    kind,
    problems: [...problems, ...reports.flatMap((report) => report.problems)],
    cases: reports.map(({ file: name, count }) => ({ file: name, count })),
    sites: sites.length,
  }
}

const checkSite = (file: string, { now }: CheckOptions): CheckedFile => {
  const loaded = loadSite(file, { now })
  return loaded.ok
    ? withCases(file, 'site', [loaded.value], loaded.value.warnings)
    : withCases(file, 'site', [], loaded.reason)
}

const checkInstance = (file: string, { now, environment }: CheckOptions): CheckedFile => {
  const loaded = loadConfig(file, { now, environment, loadSite: (name) => loadSite(name, { now }) })
  return loaded.ok
    ? withCases(file, 'instance', loaded.value.sites, loaded.value.warnings)
    : withCases(file, 'instance', [], loaded.reason)
}

/** Checks a file of either kind, with everything that it names; a site's cases run once the site has no error. */
export const checkFile = (file: string, options: CheckOptions): CheckedFile => {
  const text = readSettingsText(file)
  if (!text.ok) return { file, kind: 'unknown', problems: [text.reason], cases: [], sites: 0 }
  const kind = kindOf(text.value)
  if (kind === 'site') return checkSite(file, options)
  if (kind === 'instance') return checkInstance(file, options)
  const remedy = 'name a file with `site:` (policies/demo.yaml) or one with `sites:` (deploy/config.example.yaml)'
  return { file, kind, problems: [fileProblem(file, 'a site file or an instance file', remedy)], cases: [], sites: 0 }
}

export const hasError = ({ problems }: CheckedFile): boolean => problems.some(isError)
