import type { AccountDirectory } from '../../accounts/directory.ts'
import { accept, refuse } from '../../lib/result.ts'
import type { IdentifyingMethod } from '../../sign-in/method.ts'

/** Longest password that is looked at, in bytes: beyond it hashing would be a gift to a flood (C-15). */
const MAX_PASSWORD_BYTES = 1_024
const MAX_LOGIN_LENGTH = 128

export interface PasswordGiven {
  readonly login: string
  readonly password: string
}

/** What the method needs of accounts/password-hash: a null hash burns the same time and is never right (C-02). */
export interface PasswordVerifier {
  verify(hash: string | null, password: string): Promise<boolean>
}

/**
 * Identifier and password. Whatever is wrong, a hash is computed and the same refusal comes back: unknown, wrong, disabled
 * and without a password cannot be told apart (C-01, C-02).
 */
export const createPasswordMethod = (parts: {
  directory: AccountDirectory
  verifier: PasswordVerifier
}): IdentifyingMethod<PasswordGiven> => ({
  id: 'password',
  identify: async (realm, { login, password }) => {
    const isMalformed =
      login === '' ||
      login.length > MAX_LOGIN_LENGTH ||
      password === '' ||
      Buffer.byteLength(password) > MAX_PASSWORD_BYTES
    const credential = isMalformed ? null : await parts.directory.findCredential(realm, login)
    const isRight = await parts.verifier.verify(credential?.passwordHash ?? null, isMalformed ? 'malformed' : password)
    if (isMalformed) return refuse({ cause: 'malformed', account: null })
    if (credential === null) return refuse({ cause: 'unknown', account: null })
    const { account } = credential
    if (!isRight) return refuse({ cause: 'wrong', account })
    return account.disabled ? refuse({ cause: 'disabled', account }) : accept(account)
  },
})
