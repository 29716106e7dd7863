import { entriesOf } from '../../lib/settings/draft.ts'
import { error, warning } from '../../lib/settings/problem.ts'
import { CODES } from '../remember-device.ts'
import type { Check } from './context.ts'

const LONGEST = 30 * 86_400_000

const tooLong = (path: readonly (string | number)[]) =>
  warning(
    [...path, 'for'],
    'at most 30d: whoever has the workstation and the password is not asked for anything else meanwhile',
    'shorten it',
  )

/** Devices on which the second factor is not asked for: what that means for the strength of a way. */
export const checkRememberDevice: Check = function* (site) {
  const general = site['remember-device']
  if (general?.for !== undefined && general.for > LONGEST) yield tooLong(['remember-device'])
  for (const [at, way] of entriesOf(site.ways)) {
    const path = ['ways', at, 'remember-device']
    const own = way['remember-device']
    if (own === undefined || own === 'never') continue
    if (own.for !== undefined && own.for > LONGEST) yield tooLong(path)
    const [, second, ...others] = way.methods ?? []
    if (way.methods !== undefined && (second === undefined || !CODES.includes(second) || others.length > 0)) {
      yield error(
        path,
        'a way of `password` and `email-code` or `totp`',
        'leave `remember-device` out here: there is no second factor that could be left out',
      )
    }
  }
  const levels = entriesOf(site.rules).filter(([, { allow }]) => typeof allow === 'object' && (allow.level ?? 1) > 1)
  const isOn =
    general !== undefined || entriesOf(site.ways).some(([, way]) => typeof way['remember-device'] === 'object')
  if (isOn && levels.length === 0 && entriesOf(site.ways).some(([, { level }]) => (level ?? 1) > 1)) {
    yield warning(
      general === undefined ? ['ways'] : ['remember-device'],
      'a rule with `level: 2` for what needs a second factor each time: on a remembered device a session has level 1, whatever the way',
      'add `allow: { level: 2 }` to such rules, or leave `remember-device` out',
    )
  }
}
