import { error, warning } from '../../lib/settings/problem.ts'
import type { Check } from './context.ts'

/** Headers that mean something to servers and proxies; an identity header of that name would be lost or misread. */
const TAKEN: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'keep-alive',
  'origin',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'referer',
  'set-cookie',
  'signature',
  'signature-input',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
])
const TAKEN_BEGINNINGS = ['content-', 'sec-', 'x-forwarded-', 'x-portillon-']

/** Servers that turn headers into variables read `X-User`, `x-user` and `X_User` as one (H-03). */
const fold = (name: string): string => name.toLowerCase().replaceAll('_', '-')

export const checkIdentity: Check = function* ({ identity }) {
  const seen = new Map<string, string>()
  for (const name of Object.keys(identity?.headers ?? {})) {
    const path = ['identity', 'headers', name]
    const folded = fold(name)
    const twin = seen.get(folded)
    if (TAKEN.has(folded) || TAKEN_BEGINNINGS.some((beginning) => folded.startsWith(beginning))) {
      yield error(path, 'a name that HTTP, proxies and the gate leave free', 'choose a name such as X-Remote-User')
    } else if (twin !== undefined) {
      yield error(
        path,
        'a name that differs from the others by more than case and _',
        `rename it: servers read it as ${twin}`,
      )
    } else seen.set(folded, name)
  }
  if (identity !== undefined && identity.assertion === undefined) {
    yield warning(
      ['identity', 'assertion'],
      'a signed statement: without it the application cannot verify who speaks to it',
      'add `assertion: { audience: … }`, or make sure that nothing but the gate reaches the application',
    )
  }
}
