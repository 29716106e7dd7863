import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createCallContexts, type CallContexts } from '../identity/call-context.ts'
import { createKeySource, fixedKeySource, type KeySource } from '../identity/jws/key-source.ts'
import { secretKeySet } from '../identity/jws/key-set.ts'
import { FILE_TIMES, readKeysFile, readKeysUrl, URL_TIMES } from '../identity/jws/read-keys.ts'
import type { Keyring } from '../identity/keyring.ts'
import { purposeKey } from '../identity/purpose-key.ts'
import { createSealed } from '../identity/sealed.ts'
import { readSecret } from '../lib/settings/secret-file.ts'
import { createSiteCalls, type SiteCalls } from '../methods/contextual-call/index.ts'
import { hmacLink, rsaLink } from '../methods/contextual-call/legacy-link.ts'
import { createOnce } from '../methods/contextual-call/once.ts'
import { registerPartner, type VerifyLink } from '../methods/contextual-call/partner-book.ts'
import { createPendingCalls } from '../methods/contextual-call/pending.ts'
import { createSuspension } from '../methods/contextual-call/suspension.ts'
import type { LoadedSite } from '../policy/load.ts'
import type { Partner } from '../policy/partners.ts'
import type { Foundations } from './foundations.ts'
import type { AppSettings } from './settings.ts'

/** As much of the keyring as calls need. */
type Deriving = Pick<Keyring, 'derive' | 'deriveAll'>

export const callContexts = (
  { keyring }: { readonly keyring: Deriving },
  { random }: Pick<AppSettings, 'random'>,
): CallContexts => createCallContexts(createSealed({ key: purposeKey(keyring, 'call-context'), random }))

/** The checks have made sure that it can be read. */
const secretOf = (file: string): string => {
  const secret = readSecret([], file, '/')
  if (!secret.ok) throw new Error('the secret of a partner changed while it was read')
  return secret.value
}

const keysOf = ({ id, keys }: Partner, { clock, log }: Pick<AppSettings, 'clock' | 'log'>): KeySource => {
  const { file, url, ca, 'secret-file': secret } = keys
  const parts = { clock, log, name: id }
  if (file !== undefined) return createKeySource({ ...parts, ...FILE_TIMES, read: readKeysFile(file) })
  if (url !== undefined) {
    const trusted = ca === undefined ? {} : { ca: readFileSync(ca, 'utf8') }
    return createKeySource({ ...parts, ...URL_TIMES, read: readKeysUrl(url, trusted) })
  }
  return secret === undefined
    ? { find: () => Promise.resolve({ ok: false, reason: 'key-unknown' }) }
    : fixedKeySource(secretKeySet(Buffer.from(secretOf(secret))))
}

const linkVerifierOf = ({ keys, link }: Partner): VerifyLink | null => {
  if (link === undefined) return null
  const { 'secret-file': secret, 'public-key-file': publicKey } = keys
  if (link.signature.algorithm === 'hmac-sha256') return secret === undefined ? null : hmacLink(secretOf(secret))
  return publicKey === undefined ? null : rsaLink(createPublicKey(readFileSync(publicKey)))
}

/** The calls of one site; null where it takes none. */
export const siteCalls = (
  foundations: Pick<Foundations, 'store'> & { readonly keyring: Deriving },
  settings: Pick<AppSettings, 'clock' | 'random' | 'log'>,
  { site, origin }: LoadedSite,
): SiteCalls | null => {
  const policy = site['contextual-call']
  if (policy === undefined) return null
  const { store, keyring } = foundations
  const { clock, random } = settings
  const sealed = createSealed({ key: purposeKey(keyring, 'pending-call'), random })
  const partners = site.partners.map((partner) =>
    registerPartner(partner, keysOf(partner, settings), linkVerifierOf(partner), policy.get),
  )
  return createSiteCalls({
    site: site.site,
    policy,
    audience: policy.audience ?? origin,
    prefix: site.prefix,
    partners,
    once: createOnce({ store, clock }, policy.leeway),
    pending: createPendingCalls({ store, clock, random, sealed }),
    suspension: createSuspension(store, site.site),
    contexts: callContexts(foundations, settings),
    patientKey: purposeKey(keyring, 'patient'),
  })
}

/** Calls from record systems, site by site. What was made before this moment, by a store that knows of none, is not taken. */
export const joinCalls = (foundations: Foundations, settings: AppSettings): { of(site: string): SiteCalls | null } => {
  const all = new Map(settings.sites.map((loaded) => [loaded.site.site, siteCalls(foundations, settings, loaded)]))
  for (const calls of all.values())
    calls
      ?.begin()
      .catch((error: unknown) => settings.log.error({ err: error }, 'the memory of calls could not be begun'))
  return { of: (site) => all.get(site) ?? null }
}
