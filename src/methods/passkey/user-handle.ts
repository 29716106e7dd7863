/**
 * What a passkey remembers of whose it is: the bytes of the account's id, which tell nothing about the person and never
 * change (WebAuthn §5.4.3).
 */
export const userHandleOf = (account: string): Buffer => Buffer.from(account.replaceAll('-', ''), 'hex')

/** Whether a statement names this account, or no account at all, as security keys may that are asked after a password. */
export const isHandleOf = (account: string, handle: string | null | undefined): boolean =>
  (handle ?? null) === null || Buffer.from(handle ?? '', 'base64url').equals(userHandleOf(account))
