import type { AccountDirectory } from '../../accounts/directory.ts'
import { refuse } from '../../lib/result.ts'
import type { IdentifyingMethod } from '../../sign-in/method.ts'

/** Longest password that is looked at, in bytes: beyond it hashing would be a gift to a flood (C-15). */
const MAX_PASSWORD_BYTES = 1_024
const MAX_LOGIN_LENGTH = 128

export interface PasswordGiven {
  readonly login: string
  readonly password: string
  /** Who asks, where many wait. */
  readonly from?: string
}

/**
 * Identifier and password. Whatever is wrong, the source checks a password and the same refusal comes back: unknown, wrong,
 * disabled and without a password cannot be told apart (C-01, C-02).
 */
export const createPasswordMethod = ({
  directory,
}: {
  directory: Pick<AccountDirectory, 'provePassword'>
}): IdentifyingMethod<PasswordGiven> => ({
  id: 'password',
  identify: async (realm, { login, password, from }) => {
    const isMalformed =
      login === '' ||
      login.length > MAX_LOGIN_LENGTH ||
      password === '' ||
      Buffer.byteLength(password) > MAX_PASSWORD_BYTES
    if (!isMalformed) return directory.provePassword(realm, login, password, from)
    // Nobody has the empty login, and asking for it costs what asking for anybody does.
    await directory.provePassword(realm, '', 'malformed', from)
    return refuse({ cause: 'malformed', account: null })
  },
})
