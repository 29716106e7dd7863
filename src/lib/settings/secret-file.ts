import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { accept, refuse, type Result } from '../result.ts'
import { remedyForReadFault } from './check-settings.ts'
import { error, type Finding, type SettingPath } from './problem.ts'

/**
 * What nobody but the owner may do to a secret, except that its group may read it: systemd (LoadCredential) and Kubernetes
 * (fsGroup) hand a file that is not the service's own to it in this way, with mode 0440.
 */
const EXPOSED = 0o037

/** Whether the mode of a file lets others see or change what it holds. */
export const isExposed = (mode: number): boolean => (mode & EXPOSED) !== 0

/** Why a file that holds a secret may not be used: null when only its owner and its group can read it (G-06). */
export const exposureOf = (path: SettingPath, file: string): Finding | null => {
  try {
    const found = statSync(file)
    if (!found.isFile()) return error(path, 'a file', `${file} is none: name the file that holds the secret`)
    if (!isExposed(found.mode)) return null
    const mode = (found.mode & 0o777).toString(8).padStart(4, '0')
    return error(
      path,
      'a file that only the service and its group can read',
      `its mode is ${mode}: run \`chmod 600 ${file}\``,
    )
  } catch (thrown) {
    return error(path, 'a file that the service can read', `${file}: ${remedyForReadFault(thrown)}`)
  }
}

/**
 * Reads a secret from its file, without the line end that editors add. The finding names the setting and the file, never
 * what is in it.
 * @param path the setting that names the file
 */
export const readSecret = (path: SettingPath, name: string, directory: string): Result<string, Finding> => {
  const file = resolve(directory, name)
  const exposure = exposureOf(path, file)
  if (exposure !== null) return refuse(exposure)
  try {
    const secret = readFileSync(file, 'utf8').trim()
    return secret === ''
      ? refuse(error(path, 'a file that holds the secret', `${file} is empty: write the secret into it`))
      : accept(secret)
  } catch (thrown) {
    return refuse(error(path, 'a file that the service can read', `${file}: ${remedyForReadFault(thrown)}`))
  }
}
