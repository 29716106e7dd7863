import { accept, refuse, type Result } from '../lib/result.ts'
import { characterCount, isPlainText } from './plain-text.ts'

export type LoginProblem = 'login-missing' | 'login-too-long' | 'login-malformed'

/** Longest identifier, in characters of its normalised form. */
export const LOGIN_LIMIT = 128

/**
 * Under what an identifier is looked up: without blanks around it, in Unicode's compatibility form NFKC, in lower case of
 * the root locale. « Zoe.Œuvrard », typed with capitals, decomposed accents or full-width letters, meets one account
 * whatever the machine's language (in a Turkish one `I` would not become `i`). Accents count: `zoé` is not `zoe`.
 * Control, format and unassigned characters are refused, not dropped: what nobody can see names nobody (C-17).
 */
export const loginKey = (login: string): Result<string, LoginProblem> => {
  // NFKC can make a text 18 times longer; a megabyte is refused before it is looked at (C-15).
  if (login.length > 4 * LOGIN_LIMIT) return refuse('login-too-long')
  const key = login.normalize('NFKC').toLowerCase().normalize('NFKC').trim()
  if (key === '') return refuse('login-missing')
  if (!isPlainText(key)) return refuse('login-malformed')
  return characterCount(key) > LOGIN_LIMIT ? refuse('login-too-long') : accept(key)
}
