import type { Throttled } from '../sign-in/throttle.ts'
import type { Message } from './pages.ts'

const minutes = (milliseconds: number) => ({ minutes: Math.max(1, Math.ceil(milliseconds / 60_000)) })

/** What the sign-in page says when a try was not judged: how long to wait, or by which way to come in instead (C-05). */
export const signInThrottled = ({ because, wait }: Throttled): Message => {
  switch (because) {
    case 'run':
      return { key: 'signIn.closed' }
    case 'site':
      return { key: 'signIn.wave' }
    case 'tries':
    case 'place':
      return { key: 'signIn.throttled', values: minutes(wait) }
  }
}

/** The same where a code is asked for. */
export const codeThrottled = ({ because, wait }: Throttled): Message =>
  because === 'run' ? { key: 'code.closed' } : { key: 'code.throttled', values: minutes(wait) }
