import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { Visitor } from './visitor.ts'

/** A page of somebody who waits for what an address has to say, without end if need be. */
export interface Listener {
  readonly status: number
  /** What has come so far. */
  heard(): string
  /** Resolves once what came satisfies the pattern, or the answer is over. */
  hears(pattern: RegExp): Promise<void>
  /** How the answer was over: to its end, or broken off. */
  readonly over: Promise<'whole' | 'broken off'>
  leave(): void
}

const AS_EVENT_SOURCE = { accept: 'text/event-stream', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }

const follow = (answer: IncomingMessage, leave: () => void): Listener => {
  let text = ''
  const changes = new EventTarget()
  const changed = () => changes.dispatchEvent(new Event('change'))
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    changed()
  })
  const over = new Promise<'whole' | 'broken off'>((resolve) => {
    answer.on('error', () => undefined)
    answer.once('close', () => resolve(answer.complete ? 'whole' : 'broken off'))
  })
  void over.then(changed)
  return {
    status: answer.statusCode ?? 0,
    heard: () => text,
    hears: (pattern) =>
      new Promise((resolve) => {
        const look = () => {
          if (!pattern.test(text) && !answer.closed) return
          changes.removeEventListener('change', look)
          resolve()
        }
        changes.addEventListener('change', look)
        look()
      }),
    over,
    leave,
  }
}

/** Asks and stays, by default as a browser's EventSource does. Rejects when no answer begins. */
export const listenTo = (
  { port, host }: { readonly port: number; readonly host: string },
  visitor: Pick<Visitor, 'cookieHeader'>,
  path: string,
  headers: Readonly<Record<string, string>> = AS_EVENT_SOURCE,
): Promise<Listener> =>
  new Promise((resolve, reject) => {
    const cookie = visitor.cookieHeader()
    const request = httpRequest({
      ...{ host: '127.0.0.1', port, path, agent: false },
      headers: { host, ...(cookie === '' ? {} : { cookie }), ...headers },
    })
    request.once('error', reject)
    request.once('response', (answer) => resolve(follow(answer, () => request.destroy())))
    request.end()
  })
