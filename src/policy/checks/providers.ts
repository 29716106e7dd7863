import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { isLoopbackHost } from '../../lib/host-kind.ts'
import { formatDuration } from '../../lib/duration.ts'
import { entriesOf, type Draft } from '../../lib/settings/draft.ts'
import { error, warning, type Finding } from '../../lib/settings/problem.ts'
import { PROVIDER_METHODS, readCredentials, type ProviderMethod } from '../provider-credentials.ts'
import type { Site } from '../schema.ts'
import type { Check, CheckContext } from './context.ts'

type Section = NonNullable<Draft<Site>['oidc'] | Draft<Site>['pro-sante-connect']>

/** More than this between two clocks is a clock to be set; a token that lives on for longer can be used again. */
const MOST_SKEW = 120_000
/** People wait for it. */
const MOST_PATIENCE = 15_000

function* checkAddress(method: ProviderMethod, { issuer }: Section): Generator<Finding> {
  if (issuer === undefined || !URL.canParse(issuer)) return
  const { protocol, hostname } = new URL(issuer)
  if (protocol === 'https:' || isLoopbackHost(hostname)) return
  yield error(
    [method, 'issuer'],
    'https://: whoever can read what the provider says could say it too',
    'write https://; http:// is for a provider of a demonstration on this machine',
  )
}

function* checkClient(method: ProviderMethod, section: Section): Generator<Finding> {
  const secret = section['client-secret-file']
  const { certificate, authentication } = section
  if (secret === undefined && certificate === undefined) {
    yield warning(
      [method],
      '`client-secret-file`, or `certificate` with its key',
      'name the file with what the provider gave you when it registered this site: until then the button says that it is not available',
    )
  }
  if (authentication === 'tls' && certificate === undefined) {
    yield error(
      [method, 'authentication'],
      '`certificate` where it is `tls`',
      'add `certificate: { certificate, key }`',
    )
  }
  if (authentication !== undefined && authentication !== 'tls' && secret === undefined) {
    yield error([method, 'authentication'], '`client-secret-file` for it', 'name the file, or write `tls`')
  }
}

function* checkTimes(method: ProviderMethod, section: Section): Generator<Finding> {
  const skew = section['clock-skew']
  if (skew !== undefined && skew > MOST_SKEW) {
    yield error([method, 'clock-skew'], `${formatDuration(MOST_SKEW)} at most`, 'set the clock of this machine by NTP')
  }
  if (section.timeout !== undefined && section.timeout > MOST_PATIENCE) {
    yield error([method, 'timeout'], `${formatDuration(MOST_PATIENCE)} at most`, 'people wait for it: 5s is much')
  }
}

function* checkScope(method: ProviderMethod, section: Section): Generator<Finding> {
  const scopes = section.scope?.split(' ')
  if (scopes !== undefined && !scopes.includes('openid'))
    yield error([method, 'scope'], '`openid` among the scopes', 'add it: without it no identity comes back')
  const accepted = Object.keys(section.acr?.accepted ?? {})
  if (accepted.length === 0 && section.acr?.absent === 'refused') {
    yield error(
      [method, 'acr'],
      'at least one value of `acr` that is accepted, or what an answer without it is worth',
      'write `acr: { accepted: { … }, absent: … }` after the documentation of the provider; as it is, nobody gets in',
    )
  }
}

function* checkKey(site: Draft<Site>): Generator<Finding> {
  const { oidc } = site
  if (oidc?.key === 'national-id' && entriesOf(oidc['national-id']).length === 0) {
    yield error(['oidc', 'national-id'], 'the claim that holds the PS_IdNat', 'name it, or write `key: subject`')
  }
  const psc = site['pro-sante-connect']
  if (psc?.environment === 'test' && site.training !== true) {
    yield warning(
      ['pro-sante-connect', 'environment'],
      '`production`, but for a training base: with `test`, whoever gets a test identity is somebody here',
      'write `environment: production`, or `training: true`',
    )
  }
}

/** A field that nothing fills is one that somebody counts on. */
function* checkPractices(site: Draft<Site>): Generator<Finding> {
  if (site['pro-sante-connect']?.practices === 'ask') return
  const headers = Object.entries(site.identity?.headers ?? {})
  const named = headers.find(([, field]) => field?.startsWith('practice-') === true)
  if (named === undefined) return
  yield error(
    ['identity', 'headers', named[0]],
    '`pro-sante-connect.practices: ask` for such a field: without it the header is always empty',
    'add `practices: ask` to `pro-sante-connect`, or take the header out',
  )
}

function* checkLogo(method: ProviderMethod, { button }: Section, { directory }: CheckContext): Generator<Finding> {
  const logo = button?.logo
  if (logo === undefined) return
  const path = [method, 'button', 'logo']
  if (!/\.(?:svg|png)$/i.test(logo)) yield error(path, 'an SVG or PNG file', 'ask for the mark in one of these forms')
  if (statSync(resolve(directory, logo), { throwIfNoEntry: false })?.isFile() !== true)
    yield error(path, 'a file that exists', `there is no file ${resolve(directory, logo)}: correct the name`)
}

function* checkUse(method: ProviderMethod, site: Draft<Site>): Generator<Finding> {
  const uses = entriesOf(site.ways).filter(([, { methods }]) => methods?.includes(method))
  const [first] = uses
  if (first !== undefined && site[method] === undefined) {
    yield error(
      ['ways', first[0], 'methods'],
      `a \`${method}\` section for such a way`,
      `add \`${method}:\` to the site`,
    )
  } else if (first === undefined && site[method] !== undefined) {
    yield warning([method], 'a way that begins with it', `add \`- { id: …, methods: [${method}] }\` to \`ways\``)
  }
}

/** The providers of a site: reachable, provable, and accepted for something. */
export const checkProviders: Check = function* (site, context) {
  for (const method of PROVIDER_METHODS) {
    yield* checkUse(method, site)
    const section = site[method]
    if (section === undefined) continue
    yield* checkAddress(method, section)
    yield* checkClient(method, section)
    yield* checkTimes(method, section)
    yield* checkScope(method, section)
    yield* checkLogo(method, section, context)
    yield* readCredentials(method, section, context.directory).findings
  }
  yield* checkKey(site)
  yield* checkPractices(site)
}
