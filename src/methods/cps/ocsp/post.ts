import { refuse, type Result } from '../../../lib/result.ts'
import { causeOf, readBody } from '../lists/download.ts'

/** Answers have two or three kilobytes. */
const LARGEST = 65_536

/** Puts a question to a responder (RFC 6960 A.1). Redirections are not followed: the authority has signed this address. */
export const post = async (
  url: string,
  question: Uint8Array<ArrayBuffer>,
  timeout: number,
): Promise<Result<Uint8Array, string>> => {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'User-Agent': 'Portillon',
        'Content-Type': 'application/ocsp-request',
        Accept: 'application/ocsp-response',
      },
      body: question,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    })
    if (response.status === 200) return await readBody(response, LARGEST)
    await response.body?.cancel()
    return refuse(`status ${response.status}`)
  } catch (thrown) {
    return refuse(causeOf(thrown))
  }
}
