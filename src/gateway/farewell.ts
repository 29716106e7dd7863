import type { Asserted, Exchange } from './exchange.ts'

/** Set-Cookie lines that take the gate's cookies away, and where a person lands who signed out of the application. */
export interface Farewell {
  readonly cookies: (asserted: Asserted) => readonly string[]
  readonly page: (asserted: Asserted) => string
}

/** What a browser forgets after a sign-out (S-22). Not cookies: they would go for every host of the domain. */
export const CLEARED = '"cache"'

export type FarewellAnswer = Farewell & { readonly dress: (exchange: Exchange) => void }

/**
 * The gate's own page in place of the application's answer; the application still clears its own cookies.
 * @param theirs name and value in turns, of the application's answer; nothing where it gave none
 */
export const sayFarewell = (asserted: Asserted, farewell: FarewellAnswer, theirs: readonly string[]): void => {
  const { response } = asserted.exchange
  const cookies = theirs.filter((_value, at) => theirs[at - 1]?.toLowerCase() === 'set-cookie' && at % 2 === 1)
  farewell.dress(asserted.exchange)
  response.writeHead(303, {
    'Set-Cookie': [...cookies, ...farewell.cookies(asserted)],
    Location: farewell.page(asserted),
    'Cache-Control': 'no-store',
    'Clear-Site-Data': CLEARED,
    'Content-Length': '0',
  })
  response.end()
}
