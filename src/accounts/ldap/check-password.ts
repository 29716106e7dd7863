import { ResultCodeError, type Client } from 'ldapts'
import type { DirectorySettings } from '../../config/instance.ts'

export type PasswordAnswer = 'right' | 'wrong' | 'disabled' | 'locked' | 'expired'

/** What Active Directory means by « invalid credentials »: the hexadecimal code after `data` in its message. */
const ACTIVE_DIRECTORY: Readonly<Partial<Record<string, PasswordAnswer>>> = {
  '530': 'disabled',
  '531': 'disabled',
  '532': 'expired',
  '533': 'disabled',
  '701': 'disabled',
  '773': 'expired',
  '775': 'locked',
}

/** Result codes of RFC 4511 that are a no to this person, and not trouble with the directory. */
const REFUSALS: Readonly<Partial<Record<number, PasswordAnswer>>> = {
  16: 'wrong', // noSuchAttribute: nothing to compare with
  19: 'locked', // constraintViolation: 389, after too many tries
  32: 'wrong', // noSuchObject
  48: 'wrong', // inappropriateAuthentication: the entry has no password
  49: 'wrong', // invalidCredentials
  53: 'disabled', // unwillingToPerform: 389, an account that was inactivated
}

const answerOf = (thrown: unknown): PasswordAnswer => {
  const refusal = thrown instanceof ResultCodeError ? REFUSALS[thrown.code] : undefined
  if (refusal === undefined || !(thrown instanceof ResultCodeError)) throw thrown
  const detail = thrown.code === 49 ? /\bdata ([0-9a-f]{3})\b/.exec(thrown.message)?.[1] : undefined
  return (detail === undefined ? undefined : ACTIVE_DIRECTORY[detail]) ?? refusal
}

const ask = async (
  client: Client,
  { check, 'password-attribute': attribute }: DirectorySettings,
  dn: string,
  password: string,
): Promise<PasswordAnswer> => {
  try {
    if (check === 'compare') return (await client.compare(dn, attribute, password)) ? 'right' : 'wrong'
    await client.bind(dn, password)
    return 'right'
  } catch (thrown) {
    return answerOf(thrown)
  }
}

/**
 * Whether the password leads to an entry. It is asked in the composed form NFC, in which most systems keep passwords, and
 * as typed where that differs (C-12). An empty one is never sent: a directory says yes to it, as to nobody (RFC 4513 §5.1.2).
 * @throws {Error} when the directory has trouble of its own
 */
export const checkPassword = async (
  client: Client,
  settings: DirectorySettings,
  dn: string,
  password: string,
): Promise<PasswordAnswer> => {
  if (password === '') return 'wrong'
  let answer: PasswordAnswer = 'wrong'
  for (const form of new Set([password.normalize('NFC'), password])) {
    answer = await ask(client, settings, dn, form)
    if (answer !== 'wrong') return answer
  }
  return answer
}
