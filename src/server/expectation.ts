import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * `Expect: 100-continue`: the visitor sends the body once it is wanted, and it is wanted when somebody begins to read it.
 * Left to itself Node says 100 at once, and a file of gigabytes is sent to be refused. An answer that comes without it is the
 * last one of its connection, because nobody can know whether the body will follow (RFC 9110 § 10.1.1, F-11).
 */
export const continueWhenRead = (request: IncomingMessage, response: ServerResponse): void => {
  request.once('resume', () => {
    // What is read after the answer is read to be thrown away.
    if (!response.headersSent && !response.writableEnded) response.writeContinue()
  })
}
