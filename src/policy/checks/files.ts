import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { error, type Finding, type SettingPath } from '../../lib/settings/problem.ts'
import type { Check } from './context.ts'

type Kind = 'file' | 'folder'

function* checkExists(path: SettingPath, file: string, kind: Kind): Generator<Finding> {
  const found = statSync(file, { throwIfNoEntry: false })
  const isRight = kind === 'file' ? found?.isFile() : found?.isDirectory()
  if (isRight === true) return
  yield error(path, `a ${kind} that exists`, `there is no ${kind} ${file}: correct the name, or create it`)
}

const holdsCertificate = (file: string): boolean => {
  try {
    return new X509Certificate(readFileSync(file)).fingerprint256 !== ''
  } catch {
    return false
  }
}

/** A named file that is not there must stop the start, not weaken the gate quietly. */
export const checkFiles: Check = function* (site, { directory }) {
  const logo = site.theme?.logo
  const ca = site.upstream?.ca
  if (logo !== undefined) {
    yield* checkExists(['theme', 'logo'], resolve(directory, logo), 'file')
    if (!/\.(?:svg|png)$/i.test(logo)) yield error(['theme', 'logo'], 'an SVG or PNG file', 'convert the picture')
  }
  if (site.templates !== undefined) yield* checkExists(['templates'], resolve(directory, site.templates), 'folder')
  if (ca === undefined) return
  const file = resolve(directory, ca)
  const missing = [...checkExists(['upstream', 'ca'], file, 'file')]
  yield* missing
  if (missing.length === 0 && !holdsCertificate(file)) {
    yield error(['upstream', 'ca'], 'certificates in PEM form', `${file} holds none: export the authority as PEM`)
  }
}
