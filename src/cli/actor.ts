import { userInfo } from 'node:os'

/** Who runs a command, for the audit trail: the person behind sudo, where there is one. */
export const actor = (): string => {
  try {
    return process.env['SUDO_USER'] ?? userInfo().username
  } catch {
    // A container's user often has no name.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
