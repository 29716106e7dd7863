import { ask } from './ask.ts'
import type { Peer } from './peers/peer.ts'
import { IDENTITY, SIZES } from './upstream.ts'

/** From the end of a cookie's value: within every signature and every session id that a peer gives out. */
const SPOILED_AT = -20

/** The headers with one character of each cookie's value changed. */
const forged = (headers: readonly string[]): readonly string[] =>
  headers.map((header) =>
    header
      .split('; ')
      .map((pair) => {
        const one = pair.at(SPOILED_AT) ?? ''
        return `${pair.slice(0, SPOILED_AT)}${one === 'a' ? 'b' : 'a'}${pair.slice(SPOILED_AT + 1)}`
      })
      .join('; '),
  )

/**
 * Shows, before and after the load, that a peer does what it is measured for: 200 with the right identity for the signed-in
 * person, every byte of the answers, and nothing for anybody else. A gate that lets everybody through is fast.
 * @returns how many demands it met
 * @throws {Error} telling what the peer did instead
 */
export const verify = async ({ name, url, host, headers, authenticates, asserts }: Peer): Promise<number> => {
  let met = 0
  const demand = (what: string, isSo: boolean) => {
    if (!isSo) throw new Error(`${name} is not worth measuring: ${what}`)
    met += 1
  }

  for (const [path, size] of Object.entries(SIZES)) {
    const { status, body } = await ask(`${url}${path}`, host, headers)
    demand(`answers ${status} to the signed-in person at ${path}`, status === 200)
    const isWhole = body.length === size && body.equals(Buffer.from('0123456789'.repeat(size / 10)))
    demand(`answers ${body.length} bytes instead of the ${size} of ${path}`, isWhole)
  }
  const seen = await ask(`${url}/seen`, host, [...headers, `${IDENTITY.header}: somebody.else`])
  const told = seen.body.toString('latin1', 0, 2_000)
  demand(`tells the application ${told}`, told.startsWith(`${IDENTITY.login} `))
  if (asserts) demand('sends no assertion', /^\S+ [\w-]+\.[\w-]+\.[\w-]+$/.test(told))
  if (!authenticates) return met
  for (const stranger of [[], ['Cookie: a=b'], forged(headers)]) {
    const { status } = await ask(`${url}/`, host, [...stranger, `${IDENTITY.header}: ${IDENTITY.login}`])
    demand(`answers ${status} to a stranger with ${JSON.stringify(stranger)}`, status !== 200 && status < 500)
  }
  return met
}
