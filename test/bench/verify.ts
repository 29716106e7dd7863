import { sendRaw } from '../kit/raw-http.ts'
import type { Peer } from './peers/peer.ts'
import { IDENTITY } from './upstream.ts'

/**
 * Shows, before and after the load, that a peer does what it is measured for: 200 with the right identity for the signed-in
 * person, and nothing for anybody else. A gate that lets everybody through is fast.
 * @throws {Error} telling what the peer did instead
 */
export const verify = async ({ name, url, host, headers, authenticates }: Peer): Promise<void> => {
  const { port } = new URL(url)
  const ask = (path: string, ...lines: readonly string[]) =>
    sendRaw(
      { port: Number(port) },
      [`GET ${path} HTTP/1.1`, `Host: ${host ?? new URL(url).host}`, 'Connection: close', ...lines, '', ''].join(
        '\r\n',
      ),
    )
  const demand = (what: string, isSo: boolean) => {
    if (!isSo) throw new Error(`${name} is not worth measuring: ${what}`)
  }
  const forged = `${IDENTITY.header}: ${IDENTITY.login}`

  const body = await ask('/', ...headers)
  demand(`answers ${body.status} to the signed-in person`, body.status === 200)
  demand(`answers ${body.body.length} bytes instead of 100`, body.body.length === 100)
  const seen = await ask('/seen', ...headers, `${IDENTITY.header}: somebody.else`)
  demand(`tells the application ${seen.text}`, seen.text.startsWith(`${IDENTITY.login} `))
  if (!authenticates) return
  demand('sends no assertion', /^\S+ [\w-]+\.[\w-]+\.[\w-]+$/.test(seen.text))
  for (const stranger of [[], ['Cookie: a=b'], headers.map((header) => `${header}x`)]) {
    const { status } = await ask('/', ...stranger, forged)
    demand(`answers ${status} to a stranger with ${JSON.stringify(stranger)}`, status !== 200 && status < 500)
  }
}
