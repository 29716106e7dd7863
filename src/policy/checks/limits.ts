import { formatDuration } from '../../lib/duration.ts'
import { error, warning } from '../../lib/settings/problem.ts'
import type { Check } from './context.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

const LONGEST_CODE = 10 * MINUTE
const LONGEST_IDLE = 60 * MINUTE
const LONGEST_SESSION = 12 * HOUR

export const checkLimits: Check = function* (site) {
  const { idle, absolute } = site.session ?? {}
  const code = site['email-code']
  if (idle !== undefined && absolute !== undefined && idle > absolute) {
    yield error(
      ['session', 'idle'],
      `at most \`absolute\`, ${formatDuration(absolute)}`,
      'shorten `idle`, or lengthen `absolute`',
    )
  }
  if (idle !== undefined && idle > LONGEST_IDLE) {
    yield warning(['session', 'idle'], 'at most 60m, on workstations that several people share', 'shorten it')
  }
  if (absolute !== undefined && absolute > LONGEST_SESSION) {
    yield warning(['session', 'absolute'], 'at most 12h: one working day', 'shorten it')
  }
  if (code?.lifetime !== undefined && code.lifetime > LONGEST_CODE) {
    yield warning(
      ['email-code', 'lifetime'],
      'at most 10m (NIST SP 800-63B)',
      'shorten it: a new code can be asked for',
    )
  }
  if (code?.lifetime !== undefined && code['resend-after'] !== undefined && code['resend-after'] > code.lifetime) {
    yield error(
      ['email-code', 'resend-after'],
      `at most \`lifetime\`, ${formatDuration(code.lifetime)}`,
      'shorten it: between the two nobody could sign in',
    )
  }
}
