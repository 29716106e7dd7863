import type { LegacyTableSettings } from '../../config/instance.ts'

type Encoding = LegacyTableSettings['password-encodings'][number]

/** Null where the other application could not have written these letters: it put `?` for them, which anybody can type. */
const encode = (text: string, encoding: Encoding): Buffer | null => {
  if (encoding === 'utf-8') return Buffer.from(text)
  const composed = text.normalize('NFC')
  return /^[\u0000-\u00ff]*$/.test(composed) ? Buffer.from(composed, 'latin1') : null
}

/**
 * The bytes that a password may have been hashed as: in the composed form NFC, and as typed where that differs (C-12), in
 * each encoding. One for everything that is ASCII. How many there are hangs on what is typed alone, never on the account.
 */
export const passwordBytes = (password: string, encodings: readonly Encoding[]): Buffer[] => {
  const forms = [password.normalize('NFC'), password]
  const bytes = encodings.flatMap((encoding) => forms.flatMap((form) => encode(form, encoding) ?? []))
  return bytes.filter((each, at) => bytes.findIndex((other) => other.equals(each)) === at)
}
