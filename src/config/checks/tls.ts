import { createPrivateKey, KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { remedyForReadFault } from '../../lib/settings/check-settings.ts'
import { error, warning, type Finding, type SettingPath } from '../../lib/settings/problem.ts'
import { exposureOf } from '../../lib/settings/secret-file.ts'
import type { Check, CheckContext } from './context.ts'

const DAY = 86_400_000
const RENEWAL_DAYS = 14

const readCertificate = (at: SettingPath, file: string): X509Certificate | Finding => {
  try {
    return new X509Certificate(readFileSync(file))
  } catch (thrown) {
    const isUnreadable = thrown instanceof Error && 'syscall' in thrown
    return error(
      at,
      'a file with a certificate chain in PEM form',
      `${file}: ${isUnreadable ? remedyForReadFault(thrown) : 'it holds no certificate'}`,
    )
  }
}

const readKey = (at: SettingPath, file: string): KeyObject | Finding => {
  const exposure = exposureOf(at, file)
  if (exposure !== null) return exposure
  try {
    return createPrivateKey(readFileSync(file))
  } catch {
    return error(
      at,
      'a private key in PEM form, without a passphrase',
      `${file} holds none that can be read: export it as PKCS#8`,
    )
  }
}

function* checkDates(at: SettingPath, certificate: X509Certificate, now: number): Generator<Finding> {
  const [from, to] = [certificate.validFromDate, certificate.validToDate]
  const end = to.toISOString().slice(0, 10)
  if (to.getTime() <= now) yield error(at, 'a certificate that is valid today', `renew it: it ended on ${end}`)
  else if (from.getTime() > now) {
    yield error(
      at,
      'a certificate that is valid today',
      `check the clock: it begins on ${from.toISOString().slice(0, 10)}`,
    )
  } else if (to.getTime() - now < RENEWAL_DAYS * DAY) {
    yield warning(at, `a certificate that is valid for more than ${RENEWAL_DAYS} days`, `renew it: it ends on ${end}`)
  }
}

function* checkNames(at: SettingPath, certificate: X509Certificate, names: readonly string[]): Generator<Finding> {
  const isNamed = (name: string): boolean => {
    const address = name.replace(/^\[|\]$/g, '')
    return (isIP(address) === 0 ? certificate.checkHost(name) : certificate.checkIP(address)) !== undefined
  }
  const missing = [...new Set(names)].filter((name) => !isNamed(name))
  if (missing.length === 0) return
  yield warning(
    at,
    `a certificate for every host of the sites; it does not name ${missing.join(', ')}`,
    'order one that does',
  )
}

/**
 * G-06: certificate and key are readable, belong together, and are valid today.
 * @param names hosts that the certificate is for
 */
export function* checkCertificate(
  at: SettingPath,
  { certificate: chain, key: secret }: { readonly certificate?: string | undefined; readonly key?: string | undefined },
  names: readonly string[],
  { directory, now }: Pick<CheckContext, 'directory' | 'now'>,
): Generator<Finding> {
  const [atCertificate, atKey] = [
    [...at, 'certificate'],
    [...at, 'key'],
  ]
  const certificate = chain === undefined ? undefined : readCertificate(atCertificate, resolve(directory, chain))
  const key = secret === undefined ? undefined : readKey(atKey, resolve(directory, secret))
  if (key !== undefined && !(key instanceof KeyObject)) yield key
  if (certificate === undefined) return
  if (!(certificate instanceof X509Certificate)) {
    yield certificate
    return
  }
  yield* checkDates(atCertificate, certificate, now)
  yield* checkNames(atCertificate, certificate, names)
  if (key instanceof KeyObject && !certificate.checkPrivateKey(key)) {
    yield error(atKey, 'the key of the certificate', 'name the key with which the certificate was ordered')
  }
}

/** The certificate of visitors names every host of the sites. */
export const checkTls: Check = function* ({ listen }, context) {
  const names = context.sites.flatMap(([, { site }]) => site.hosts.map((host) => host.replace(/:\d+$/, '')))
  yield* checkCertificate(['listen', 'tls'], listen?.tls ?? {}, names, context)
}
