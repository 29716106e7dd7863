import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { accept, refuse, type Result } from '../lib/result.ts'
import type { Draft } from '../lib/settings/draft.ts'
import { error, type Finding, type SettingPath } from '../lib/settings/problem.ts'
import { readSecret } from '../lib/settings/secret-file.ts'
import type { Site } from './schema.ts'

export const PROVIDER_METHODS = ['pro-sante-connect', 'oidc'] as const
export type ProviderMethod = (typeof PROVIDER_METHODS)[number]

/** What the gate proves itself to a provider with, and the provider to the gate: the contents of files. For no log. */
export interface ProviderCredentials {
  readonly secret: string | null
  /** PEM. */
  readonly certificate: string | null
  readonly key: string | null
  readonly ca: string | null
}

type ProviderDraft = Draft<NonNullable<Site['oidc']>> | Draft<NonNullable<Site['pro-sante-connect']>>

const readCertificates = (path: SettingPath, file: string): Result<string, Finding> => {
  try {
    const pem = readFileSync(file, 'utf8')
    new X509Certificate(pem)
    return accept(pem)
  } catch {
    return refuse(
      error(path, 'a file with certificates in PEM form', `${file} cannot be read, or holds none: export them as PEM`),
    )
  }
}

const readKey = (
  path: SettingPath,
  name: string,
  directory: string,
  certificate: string | null,
): Result<string, Finding> => {
  const read = readSecret(path, name, directory)
  if (!read.ok) return read
  try {
    const key = createPrivateKey(read.value)
    if (certificate === null || new X509Certificate(certificate).checkPrivateKey(key)) return read
    return refuse(error(path, 'the key of the certificate', 'name the key with which the certificate was ordered'))
  } catch {
    return refuse(error(path, 'a private key in PEM form without a password', 'write it with `openssl pkey`'))
  }
}

/** Reads every file that the section of a provider names; what cannot be used is found, and null. */
export const readCredentials = (
  method: ProviderMethod,
  section: ProviderDraft,
  directory: string,
): { readonly credentials: ProviderCredentials; readonly findings: readonly Finding[] } => {
  const findings: Finding[] = []
  const valueOf = (read: Result<string, Finding>): string | null => {
    if (read.ok) return read.value
    findings.push(read.reason)
    return null
  }
  const { ca, certificate } = section
  const secretFile = section['client-secret-file']
  const chain =
    certificate?.certificate === undefined
      ? null
      : valueOf(readCertificates([method, 'certificate', 'certificate'], resolve(directory, certificate.certificate)))
  return {
    credentials: {
      secret:
        secretFile === undefined ? null : valueOf(readSecret([method, 'client-secret-file'], secretFile, directory)),
      certificate: chain,
      key:
        certificate?.key === undefined
          ? null
          : valueOf(readKey([method, 'certificate', 'key'], certificate.key, directory, chain)),
      ca: ca === undefined ? null : valueOf(readCertificates([method, 'ca'], resolve(directory, ca))),
    },
    findings,
  }
}
