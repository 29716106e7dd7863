import type { MethodId, Way } from '../policy/schema.ts'

/** The method that comes next on a way, or null when everything is proved. Order counts: no step is skipped (T-14). */
export const nextMethod = (way: Way, proved: readonly MethodId[]): MethodId | null => {
  const isPrefix = proved.every((method, at) => way.methods[at] === method)
  // A record that does not follow its way (the policy changed meanwhile) starts again from the first method.
  return isPrefix ? (way.methods[proved.length] ?? null) : (way.methods[0] ?? null)
}
