import { verify } from '@node-rs/argon2'
import { tooCostly, type HashForm } from './form.ts'

const ARGON2 =
  /^\$argon2(?:id|i|d)\$(?:v=\d+\$)?m=(?<memory>\d{1,8}),t=(?<passes>\d{1,4}),p=(?<lanes>\d{1,3})\$[A-Za-z0-9+/]{11,128}\$[A-Za-z0-9+/]{16,256}$/

/** 256 MiB, and as many passes over it as take about two seconds. */
const MOST_MEMORY = 262_144
const MOST_WORK = 4 * MOST_MEMORY

export const argon2: HashForm = (text) => {
  const costs = ARGON2.exec(text)?.groups
  if (costs === undefined) return null
  const [memory, passes, lanes] = [costs['memory'], costs['passes'], costs['lanes']].map(Number)
  if (memory === undefined || passes === undefined || memory > MOST_MEMORY || memory * passes > MOST_WORK) {
    return tooCostly('argon2')
  }
  if (lanes === undefined || lanes > 16) return tooCostly('argon2')
  return { form: 'argon2', verify: (password) => verify(text, password) }
}
