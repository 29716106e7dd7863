import { ask } from './ask.ts'

/** As much of a browser as a sign-in across two origins needs: cookies by origin, redirects, one form after the other. */

const MOST_HOPS = 10

/**
 * Follows redirects to the end.
 * @returns the cookies that the first origin has set, as a Cookie header
 * @throws {Error} when the end is not 200
 */
export const followSignIn = async (start: string): Promise<string> => {
  const jars = new Map<string, Map<string, string>>()
  const jarOf = (url: string): Map<string, string> => {
    const { origin } = new URL(url)
    const jar = jars.get(origin) ?? new Map<string, string>()
    jars.set(origin, jar)
    return jar
  }
  const cookiesOf = (url: string) => [...jarOf(url)].map(([name, value]) => `${name}=${value}`).join('; ')

  let url = start
  for (let hop = 0; hop < MOST_HOPS; hop += 1) {
    const answer = await ask(url, undefined, [`Cookie: ${cookiesOf(url)}`, 'Accept: text/html'])
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(line) ?? []
      const isGone = value === '' || /;\s*(?:max-age=0|expires=Thu, 01[- ]Jan[- ]1970)/i.test(line)
      if (isGone) jarOf(url).delete(name)
      else jarOf(url).set(name, value)
    }
    const { location } = answer.headers
    if (location === undefined) {
      if (answer.status === 200) return cookiesOf(start)
      throw new Error(`the sign-in ended with ${answer.status} at ${url}: ${answer.body.toString('utf8', 0, 500)}`)
    }
    url = new URL(location, url).href
  }
  throw new Error(`the sign-in goes in circles: ${url}`)
}
