import type { ChildProcess } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'

/**
 * Questions from the main process to a worker and answers back, over the channel that Node puts between a process and its
 * child. Nobody else can write on it.
 */

/** What can be asked: by name, with at most one argument. */
export type Answering<Calls> = { readonly [Name in keyof Calls]: (argument: never) => unknown }

export interface Remote<Calls extends Answering<Calls>> {
  /**
   * @param patience milliseconds to wait for the answer
   * @throws {RemoteFault} with what the other side threw, when it ended, or when it does not answer in time
   */
  ask<Name extends keyof Calls & string>(
    name: Name,
    argument: Parameters<Calls[Name]>[0],
    patience?: number,
  ): Promise<Awaited<ReturnType<Calls[Name]>>>
}

/** What a worker threw, as far as it can be carried over. */
export class RemoteFault extends Error {
  /** Class and code of what was thrown there. */
  readonly origin: string
  readonly code: string | undefined

  constructor(message: string, origin: string, code?: string) {
    super(message)
    this.name = 'RemoteFault'
    this.origin = origin
    this.code = code
  }
}

interface Question {
  readonly question: number
  readonly name: string
  readonly argument: unknown
}

type Answer =
  | { readonly answer: number; readonly value: unknown }
  | { readonly answer: number; readonly fault: { message: string; origin: string; code: string | undefined } }

const isObject = (message: unknown): message is Record<string, unknown> =>
  typeof message === 'object' && message !== null

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (fault: RemoteFault) => void
}

const orLate = async <Value>(answered: Promise<Value>, patience: number): Promise<Value> => {
  const given = new AbortController()
  const late = pause(patience, undefined, { signal: given.signal }).then(() => {
    throw new RemoteFault(`no answer within ${patience} ms`, 'late')
  })
  // Whichever of the two comes second is heard by nobody.
  for (const either of [answered, late]) either.catch(() => undefined)
  try {
    return await Promise.race([answered, late])
  } finally {
    given.abort()
  }
}

/** The main process's end. */
export const createRemote = <Calls extends Answering<Calls>>(child: ChildProcess): Remote<Calls> => {
  const waiting = new Map<number, Waiting>()
  let count = 0
  const rejectAll = () => {
    for (const { reject } of waiting.values()) reject(new RemoteFault('the worker has ended', 'ended'))
    waiting.clear()
  }
  child.on('message', (message: unknown) => {
    if (!isObject(message) || !('answer' in message)) return
    const answer = message as Answer
    const asker = waiting.get(answer.answer)
    waiting.delete(answer.answer)
    if ('value' in answer) asker?.resolve(answer.value)
    else asker?.reject(new RemoteFault(answer.fault.message, answer.fault.origin, answer.fault.code))
  })
  child.once('disconnect', rejectAll)
  child.once('exit', rejectAll)

  const send = (name: string, argument: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const question = (count += 1)
      waiting.set(question, { resolve, reject })
      child.send({ question, name, argument } satisfies Question, (error) => {
        if (error !== null && waiting.delete(question)) reject(new RemoteFault(error.message, 'ended'))
      })
    })

  return {
    ask: (name, argument, patience) => {
      const answered = send(name, argument)
      // Both ends are made from one table of calls, so that the answer is what the table says.
      return (patience === undefined ? answered : orLate(answered, patience)) as Promise<never>
    },
  }
}

const faultOf = (thrown: unknown) => {
  const { name, message, code } = (
    thrown instanceof Error ? thrown : new Error(String(thrown))
  ) as NodeJS.ErrnoException
  return { message, origin: name, code }
}

/** The worker's end: answers what the main process asks, one question beside the other. */
export const answerCalls = <Calls extends Answering<Calls>>(calls: Calls): void => {
  const table = new Map<string, (argument: never) => unknown>(Object.entries(calls))
  const answer = async ({ question, name, argument }: Question): Promise<Answer> => {
    try {
      const call = table.get(name)
      if (call === undefined) throw new TypeError(`a worker knows no « ${name} »`)
      return { answer: question, value: await call(argument as never) }
    } catch (thrown) {
      return { answer: question, fault: faultOf(thrown) }
    }
  }
  process.on('message', (message: unknown) => {
    if (!isObject(message) || !('question' in message)) return
    // The main process may have ended meanwhile: then nobody waits for the answer.
    void answer(message as unknown as Question).then((given) => process.send?.(given, () => undefined))
  })
}
