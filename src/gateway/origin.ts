import type { Refuse, Sanitized } from './exchange.ts'

/**
 * Step of the upgrade table: a browser sends cookies with a WebSocket handshake from any site, so the handshake must come
 * from a page of this site or of one that the policy names. A missing Origin is no browser of ours (W-03).
 */
export const origin =
  (refuse: Refuse) =>
  (input: Sanitized): Sanitized | null => {
    const { exchange } = input
    const given = input.origin
    const isOurs =
      given !== undefined &&
      (exchange.site.origins.has(given) || exchange.site.policy.originsFor('GET', exchange.target.path).includes(given))
    if (isOurs) return input
    refuse(exchange, 'origin-refused', given === undefined ? 'missing' : given.slice(0, 100))
    return null
  }

/** The same in a table where handshakes pass among other requests. */
export const originOfHandshake = (refuse: Refuse) => {
  const judge = origin(refuse)
  return (input: Sanitized): Sanitized | null => (input.exchange.upgradeHead === null ? input : judge(input))
}
