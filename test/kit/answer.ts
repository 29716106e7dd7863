import type { ClientRequest, IncomingHttpHeaders } from 'node:http'

/** What somebody was answered, read to its end. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly setCookies: readonly string[]
  readonly body: string
  readonly location: string | undefined
}

/** Sends a request with this body, and reads what is answered. */
export const answerTo = (request: ClientRequest, body?: string | Buffer): Promise<Answer> =>
  new Promise((resolve, reject) => {
    request.on('error', reject)
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          setCookies: response.headers['set-cookie'] ?? [],
          body: Buffer.concat(chunks).toString('utf8'),
          location: response.headers.location,
        }),
      )
    })
    request.end(body)
  })
