import { dirname, resolve } from 'node:path'
import { calendarDay } from '../lib/calendar.ts'
import { accept, refuse, type Result } from '../lib/result.ts'
import { checkSettings, readSettingsText } from '../lib/settings/check-settings.ts'
import type { Problem, SettingPath } from '../lib/settings/problem.ts'
import { readSecret } from '../lib/settings/secret-file.ts'
import { checkBrowsers } from './checks/browsers.ts'
import type { Check, CheckContext } from './checks/context.ts'
import { checkContextualCall } from './checks/contextual-call.ts'
import { checkCard } from './checks/card.ts'
import { checkFiles } from './checks/files.ts'
import { checkHosts } from './checks/hosts.ts'
import { checkIdentity } from './checks/identity.ts'
import { checkLimits } from './checks/limits.ts'
import { checkLook } from './checks/look.ts'
import { checkPartners } from './checks/partners.ts'
import { checkPasswords } from './checks/passwords.ts'
import { checkPeople } from './checks/people.ts'
import { checkProviders } from './checks/providers.ts'
import { checkRememberDevice } from './checks/remember-device.ts'
import { checkRules } from './checks/rules.ts'
import { checkSignature } from './checks/signature.ts'
import { checkWays } from './checks/ways.ts'
import { originOf } from './origin.ts'
import type { Partner } from './partners.ts'
import { patternAdvice } from './pattern-advice.ts'
import {
  PROVIDER_METHODS,
  readCredentials,
  type ProviderCredentials,
  type ProviderMethod,
} from './provider-credentials.ts'
import { siteSchema, type Site } from './schema.ts'

/** A site file without an error. */
export interface LoadedSite {
  /** The files that it names have absolute paths. */
  readonly site: Site
  readonly file: string
  readonly directory: string
  /** Public address, without a slash at the end: the `iss` of assertions, the base of links, the Origin of forms (R34). */
  readonly origin: string
  /** Whether the public address is https: cookies are then `Secure` and `__Host-`. */
  readonly secure: boolean
  /** Accounts of one realm never meet those of another. */
  readonly realm: string
  /** What `identity.signature` signs with, read from its file; null where nothing is signed. For no log and no page. */
  readonly signatureSecret: string | null
  /** What the gate and its providers prove themselves to each other with, read from their files. For no log and no page. */
  readonly providers: Readonly<Partial<Record<ProviderMethod, ProviderCredentials>>>
  /** What departs from the rules of the field, but may be. */
  readonly warnings: readonly Problem[]
}

export interface LoadOptions {
  /** Milliseconds since the epoch; dates of ways are judged on that day. */
  readonly now: number
}

const CHECKS: readonly Check[] = [
  checkHosts,
  checkWays,
  checkCard,
  checkRules,
  checkBrowsers,
  checkIdentity,
  checkSignature,
  checkLimits,
  checkPasswords,
  checkRememberDevice,
  checkProviders,
  checkPartners,
  checkContextualCall,
  checkLook,
  checkPeople,
  checkFiles,
]

const PATTERN_LISTS = new Set<unknown>([
  ...['path', 'paths', 'background', 'upstream-paths', 'closed', 'confined', 'targets'],
])

const advise = (path: SettingPath, value: unknown): string | undefined => {
  if (typeof value !== 'string') return undefined
  const name = path.findLast((key) => typeof key === 'string')
  if (PATTERN_LISTS.has(name)) return patternAdvice(value)
  return path[0] === 'rules' && name === 'methods' && value !== value.toUpperCase()
    ? `write it in capitals: ${value.toUpperCase()}`
    : undefined
}

const partnerFrom =
  (directory: string) =>
  (partner: Partner): Partner => {
    const files = ['file', 'ca', 'secret-file', 'public-key-file'] as const
    const absolute = files.flatMap((name) => {
      const file = partner.keys[name]
      return file === undefined ? [] : [[name, resolve(directory, file)]]
    })
    return { ...partner, keys: { ...partner.keys, ...(Object.fromEntries(absolute) as Partner['keys']) } }
  }

const withAbsolutePaths = (site: Site, directory: string): Site => {
  const { ca } = site.upstream
  const { logo } = site.theme
  const { signature } = site.identity
  const { oidc } = site
  const proSanteConnect = site['pro-sante-connect']
  return {
    ...site,
    ...(oidc !== undefined && { oidc: withLogo(oidc, directory) }),
    ...(proSanteConnect !== undefined && { 'pro-sante-connect': withLogo(proSanteConnect, directory) }),
    upstream: { ...site.upstream, ...(ca !== undefined && { ca: resolve(directory, ca) }) },
    partners: site.partners.map(partnerFrom(directory)),
    theme: { ...site.theme, ...(logo !== undefined && { logo: resolve(directory, logo) }) },
    ...(signature !== undefined && {
      identity: {
        ...site.identity,
        signature: { ...signature, 'secret-file': resolve(directory, signature['secret-file']) },
      },
    }),
    ...(site.templates !== undefined && { templates: resolve(directory, site.templates) }),
  }
}

const withLogo = <Section extends { readonly button: { readonly logo?: string | undefined } }>(
  section: Section,
  directory: string,
): Section => {
  const { logo } = section.button
  return logo === undefined ? section : { ...section, button: { ...section.button, logo: resolve(directory, logo) } }
}

const credentialsOf = (site: Site, directory: string): LoadedSite['providers'] =>
  Object.fromEntries(
    PROVIDER_METHODS.flatMap((method) => {
      const section = site[method]
      if (section === undefined) return []
      const { credentials, findings } = readCredentials(method, section, directory)
      if (findings.length > 0) throw new Error('a file of a provider changed while it was read')
      return [[method, credentials]]
    }),
  )

/** The checks have made sure that it can be read. */
const secretOf = ({ signature }: Site['identity']): string | null => {
  if (signature === undefined) return null
  const secret = readSecret([], signature['secret-file'], '/')
  if (!secret.ok) throw new Error('a secret file changed while it was read')
  return secret.value
}

/**
 * Checks the text of a site file; every fault is reported at once.
 * @param file where the text comes from; relative file names in it start from its folder
 */
export const parseSite = (text: string, file: string, { now }: LoadOptions): Result<LoadedSite, readonly Problem[]> => {
  const directory = dirname(resolve(file))
  const context: CheckContext = { directory, today: calendarDay(now) }
  const { value, problems } = checkSettings(text, file, {
    schema: siteSchema,
    check: (draft) => CHECKS.flatMap((check) => [...check(draft, context)]),
    advise,
  })
  if (value === null) return refuse(problems)
  const site = withAbsolutePaths(value, directory)
  const origin = originOf(site)
  return accept({
    site,
    file: resolve(file),
    directory,
    origin,
    secure: origin.startsWith('https:'),
    realm: site.site,
    signatureSecret: secretOf(site.identity),
    providers: credentialsOf(site, directory),
    warnings: problems,
  })
}

/** Reads and checks a site file. */
export const loadSite = (file: string, options: LoadOptions): Result<LoadedSite, readonly Problem[]> => {
  const text = readSettingsText(file)
  return text.ok ? parseSite(text.value, file, options) : refuse([text.reason])
}
