import type { EntryProblem, EntryWarning } from '../accounts/entry.ts'
import { IMPORT_COLUMNS, IMPORT_LIMIT, type ImportFault } from '../accounts/import-file.ts'
import { LOGIN_LIMIT } from '../accounts/login-key.ts'
import { PASSWORD_BYTES } from '../accounts/password-hash.ts'
import type { PasswordPolicy, PasswordRule } from '../accounts/password-rules.ts'

/** What operators read when something is refused: what is wrong, and what would be right. */
const PROBLEMS: Readonly<Record<EntryProblem | 'login-taken' | ImportFault['problem'], string>> = {
  'login-missing': 'the login is missing',
  'login-too-long': `the login is longer than ${LOGIN_LIMIT} characters`,
  'login-malformed': 'the login holds a character that cannot be seen or typed',
  'login-taken': 'the login is taken (capitals and accents typed apart make no other login)',
  'login-repeated': 'the login stands on an earlier line already',
  'given-name-missing': 'the given name is missing',
  'given-name-malformed': 'the given name is not one line of at most 100 characters',
  'family-name-missing': 'the family name is missing',
  'family-name-malformed': 'the family name is not one line of at most 100 characters',
  'name-malformed': 'the name is not one line of at most 100 characters',
  'email-malformed': 'the e-mail address is not one plain address such as nom@hopital.example',
  'national-id-malformed':
    'the national identifier is no PS_IdNat: 8 and the RPPS number, or 3, the FINESS number, / and a number',
  'role-malformed': 'a role is a word of ASCII letters, digits, dots, hyphens and underscores',
  'roles-too-many': 'an account has 32 roles at most',
  'password-hash-malformed': 'the password hash was not made by Portillon; leave it empty and set a password',
  'fields-count': 'the line has not as many fields as the first line has names',
  'file-empty': 'the file has no accounts: a first line with the names of the columns, then one account a line',
  'file-too-long': `the file has more than ${IMPORT_LIMIT} accounts; split it`,
  'column-unknown': `no such column; there are ${IMPORT_COLUMNS.join(', ')}`,
  'column-repeated': 'the column stands twice in the first line',
  'column-missing': 'the first line does not name this column',
  'quote-inside': 'a quote inside a field: put the whole field in quotes and write each inner quote twice',
  'text-after-quote': 'text behind a closing quote: put the whole field in quotes and write each inner quote twice',
  'quote-unclosed': 'a quote is opened and never closed',
}

const WARNINGS: Readonly<Record<EntryWarning, string>> = {
  'rpps-key-wrong': 'the last digit of the RPPS number is not its key: is it mistyped?',
  'email-missing': 'without an e-mail address no code can be mailed',
}

const RULES: Readonly<Record<PasswordRule, string>> = {
  length: 'characters',
  'too-long': `at most ${PASSWORD_BYTES} bytes`,
  upper: 'a capital letter',
  lower: 'a small letter',
  digit: 'a digit',
  special: 'a special character',
  'digit-or-special': 'a digit or a special character',
  names: 'something else than the names of the person and of the service',
  common: 'to be none of the common passwords',
  guessable: 'to be harder to guess',
}

export const problemText = (problem: keyof typeof PROBLEMS, column?: string): string =>
  column === undefined ? PROBLEMS[problem] : `${column}: ${PROBLEMS[problem]}`

export const warningText = (warning: EntryWarning): string => WARNINGS[warning]

/** `it needs at least 8 characters, a digit` */
export const rulesText = (rules: readonly PasswordRule[], policy: Pick<PasswordPolicy, 'length'>): string => {
  const needs = rules.map((rule) => (rule === 'length' ? `at least ${policy.length} characters` : RULES[rule]))
  return `it needs ${needs.join(', ')}`
}
