import { formatDuration } from '../../lib/duration.ts'
import { error } from '../../lib/settings/problem.ts'
import { readSecret } from '../../lib/settings/secret-file.ts'
import type { Check } from './context.ts'

/** As long as what it is the key of (RFC 2104 §3); in the letters of a file, which both sides read in the same way. */
const SECRET = /^[\x21-\x7e]{32,}$/

/** Between clocks that nobody sets exactly, and a captured request that stays good for too long. */
const LIFETIME = { shortest: 5_000, longest: 120_000 }

/** `identity.signature`: a secret worth the name, in a file of its own, and a life that is neither too short nor too long. */
export const checkSignature: Check = function* (site, { directory }) {
  const signature = site.identity?.signature
  if (signature === undefined) return
  const path = ['identity', 'signature']
  if (site['forward-auth']?.enabled === true) {
    yield error(
      path,
      'no signature where the site’s own proxy carries the data: that proxy writes what the application receives',
      'remove it, or `forward-auth`; the application can verify the assertion alone',
    )
  }
  const { lifetime } = signature
  if (lifetime !== undefined && (lifetime < LIFETIME.shortest || lifetime > LIFETIME.longest)) {
    const [shortest, longest] = [LIFETIME.shortest, LIFETIME.longest].map(formatDuration)
    yield error([...path, 'lifetime'], `${shortest} to ${longest}`, '1m does for machines that set their clocks by NTP')
  }
  const file = signature['secret-file']
  if (file === undefined) return
  const secret = readSecret([...path, 'secret-file'], file, directory)
  if (!secret.ok) yield secret.reason
  else if (!SECRET.test(secret.value)) {
    yield error(
      [...path, 'secret-file'],
      'a file with one line of at least 32 printable ASCII characters, without blanks',
      'write it with `openssl rand -base64 48`',
    )
  }
}
