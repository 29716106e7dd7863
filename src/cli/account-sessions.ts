import type { Closed } from '../accounts/outcomes.ts'
import type { Office } from './account-office.ts'
import { fail } from './failure.ts'
import { counted } from './problem-lines.ts'

/** What became of the sessions of an account. Those of a disabled one are ended by the gate too: accounts/watch-disabled. */
export const sessionLine = ({ account, sessions }: Closed, { config }: Pick<Office, 'config'>): string => {
  if (sessions !== 'unreached') return `${counted(sessions, 'session')} ended.`
  const isEmbedded = config.store === 'embedded'
  if (account.disabled && isEmbedded) return 'The running gate ends open sessions within seconds.'
  if (isEmbedded) return 'Sessions that are open stay so until they end by themselves, or the gate is restarted.'
  fail('the store did not answer: sessions may still be open', 'run the command again when it does')
  return 'Sessions were not ended.'
}
