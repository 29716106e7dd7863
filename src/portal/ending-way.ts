import type { Way } from '../policy/schema.ts'
import type { Visit } from './visit.ts'

/** The way by which somebody has signed in, when its end is near; undefined otherwise. */
export const endingWay = ({ site, address }: Visit, id: string, now: number): Way | undefined =>
  site.policy.waysAt(now, address).ending.find((way) => way.id === id)
