import { hostname, userInfo } from 'node:os'

/** Who runs a command, and where, for the audit trail: the person behind sudo, where there is one. */
export const actor = (): string => `${user()}@${hostname()}`

const user = (): string => {
  try {
    return process.env['SUDO_USER'] ?? userInfo().username
  } catch {
    // A container's user often has no name.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
