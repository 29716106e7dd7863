import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Option, type Command } from 'commander'
import { generatePassword } from '../accounts/generated-password.ts'
import type { PasswordPolicy } from '../accounts/password-rules.ts'
import { systemRandom } from '../lib/random.ts'
import { accept, refuse, type Result } from '../lib/result.ts'

/** Where a new password comes from. Never an argument: those stand in the shell's history and in the list of processes. */
export interface PasswordSource {
  readonly passwordStdin: boolean
  readonly generate: boolean
  /** The person may keep it. */
  readonly permanent: boolean
}

export interface ChosenPassword {
  readonly password: string
  /** Made here, so that it has to be shown once. */
  readonly isGenerated: boolean
}

export const addPasswordOptions = (command: Command): Command =>
  command
    .option('--password-stdin', 'read the password from standard input (one line)', false)
    .addOption(
      new Option('--generate', 'make a random password and show it once').default(false).conflicts('passwordStdin'),
    )
    .option('--permanent', 'the person may keep it; otherwise another has to be chosen at the next sign-in', false)

/** Asks on the terminal without showing what is typed. */
const askHidden = async (question: string): Promise<string> => {
  process.stderr.write(question)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const reader = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  const cancelled = new Promise<never>((_, reject) => {
    reader.once('SIGINT', () => reject(new Error('cancelled')))
    reader.once('close', () => reject(new Error('cancelled')))
  })
  try {
    return await Promise.race([reader.question(''), cancelled])
  } finally {
    reader.close()
    cancelled.catch(() => {})
    process.stderr.write('\n')
  }
}

/**
 * A new password, from where the operator said. Standard input gives its text without the line end that `echo` adds;
 * anything else, blanks included, belongs to the password (C-12).
 */
export const choosePassword = async (
  { passwordStdin, generate }: Omit<PasswordSource, 'permanent'>,
  policy: PasswordPolicy,
): Promise<Result<ChosenPassword, string>> => {
  if (generate) return accept({ password: generatePassword(systemRandom, policy), isGenerated: true })
  if (passwordStdin) {
    const password = (await text(process.stdin)).replace(/\r?\n$/, '')
    return accept({ password, isGenerated: false })
  }
  if (!process.stdin.isTTY) return refuse('there is no terminal to ask for the password')
  const password = await askHidden('New password: ').catch(() => null)
  const again = password === null ? null : await askHidden('Once more: ').catch(() => null)
  if (password === null || again === null) return refuse('the password was not entered')
  return password === again ? accept({ password, isGenerated: false }) : refuse('the two entries are not the same')
}

/** What to do with it, and the password itself where it was made here. */
export const passwordLines = ({ password, isGenerated }: ChosenPassword, { permanent }: PasswordSource): string[] => [
  ...(isGenerated ? [`Password: ${password}`, 'It is shown this once. Give it to the person and to nobody else.'] : []),
  ...(permanent ? [] : ['Another has to be chosen at the next sign-in.']),
]

/** The same for programs. */
export const generatedOf = (chosen: ChosenPassword | null) =>
  chosen?.isGenerated === true ? { password: chosen.password } : {}
