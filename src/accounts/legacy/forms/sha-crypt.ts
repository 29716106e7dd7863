import { createHash, type Hash } from 'node:crypto'
import { setImmediate as letOthersGo } from 'node:timers/promises'
import { isSameBytes } from './bytes.ts'
import { tooCostly, type HashForm } from './form.ts'

/**
 * SHA-256-crypt and SHA-512-crypt (`$5$`, `$6$`), after « Unix crypt using SHA-256 and SHA-512 » by Ulrich Drepper, whose
 * steps are named below. Written here: no library of the registry is kept up, and its test vectors are public.
 */

const FORM = /^\$(?<id>[56])\$(?:rounds=(?<rounds>\d{1,9})\$)?(?<salt>[^$:\n]{0,16})\$(?<hash>[./0-9A-Za-z]{43,86})$/
const DEFAULT_ROUNDS = 5_000
const MOST_ROUNDS = 1_000_000

/** Rounds done in one go, about a millisecond: requests of others are served in between. */
const AT_A_TIME = 200

const LETTERS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Step 22: in which order the bytes of the digest are written, three by three. */
const ORDERS = {
  '5': [
    [0, 10, 20],
    [21, 1, 11],
    [12, 22, 2],
    [3, 13, 23],
    [24, 4, 14],
    [15, 25, 5],
    [6, 16, 26],
    [27, 7, 17],
    [18, 28, 8],
    [9, 19, 29],
    [31, 30],
  ],
  '6': [
    [0, 21, 42],
    [22, 43, 1],
    [44, 2, 23],
    [3, 24, 45],
    [25, 46, 4],
    [47, 5, 26],
    [6, 27, 48],
    [28, 49, 7],
    [50, 8, 29],
    [9, 30, 51],
    [31, 52, 10],
    [53, 11, 32],
    [12, 33, 54],
    [34, 55, 13],
    [56, 14, 35],
    [15, 36, 57],
    [37, 58, 16],
    [59, 17, 38],
    [18, 39, 60],
    [40, 61, 19],
    [62, 20, 41],
    [63],
  ],
} as const

const encode = (digest: Buffer, id: keyof typeof ORDERS): string =>
  ORDERS[id]
    .map((group: readonly number[]) => {
      let value = group.reduce((sum, at) => sum * 256 + (digest[at] ?? 0), 0)
      let text = ''
      for (let left = group.length + 1; left > 0; left -= 1, value = Math.floor(value / 64))
        text += LETTERS.charAt(value % 64)
      return text
    })
    .join('')

/** A digest repeated and cut to a length. */
const stretched = (digest: Buffer, length: number): Buffer =>
  Buffer.concat(Array.from({ length: Math.ceil(length / digest.length) }, () => digest)).subarray(0, length)

const digestOf = (start: () => Hash, ...parts: readonly Buffer[]): Buffer => {
  const hash = start()
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Steps 1 to 12: the first digest. */
const firstDigest = (start: () => Hash, password: Buffer, salt: Buffer): Buffer => {
  const alternate = digestOf(start, password, salt, password)
  const parts = [password, salt, stretched(alternate, password.length)]
  for (let left = password.length; left > 0; left >>= 1) parts.push((left & 1) === 1 ? alternate : password)
  return digestOf(start, ...parts)
}

/** Steps 13 to 21. */
const crypt = async (start: () => Hash, password: Buffer, salt: Buffer, rounds: number): Promise<Buffer> => {
  let digest = firstDigest(start, password, salt)
  const repeat = (part: Buffer, times: number) => Array.from({ length: times }, () => part)
  const p = stretched(digestOf(start, ...repeat(password, password.length)), password.length)
  const s = stretched(digestOf(start, ...repeat(salt, 16 + (digest[0] ?? 0))), salt.length)
  for (let round = 0; round < rounds; round += 1) {
    if (round % AT_A_TIME === AT_A_TIME - 1) await letOthersGo()
    const [isOdd, salted, withPassword] = [round % 2 === 1, round % 3 !== 0, round % 7 !== 0]
    digest = digestOf(
      start,
      isOdd ? p : digest,
      ...(salted ? [s] : []),
      ...(withPassword ? [p] : []),
      isOdd ? digest : p,
    )
  }
  return digest
}

export const shaCrypt: HashForm = (text) => {
  const { id, rounds = '', salt = '', hash = '' } = FORM.exec(text)?.groups ?? {}
  if (id !== '5' && id !== '6') return null
  if (hash.length !== (id === '5' ? 43 : 86)) return null
  const form = id === '5' ? 'sha256-crypt' : 'sha512-crypt'
  // The specification's own limit; a stored hash below it was made by something else.
  const count = rounds === '' ? DEFAULT_ROUNDS : Math.max(1_000, Number(rounds))
  if (count > MOST_ROUNDS) return tooCostly(form)
  const start = () => createHash(id === '5' ? 'sha256' : 'sha512')
  return {
    form,
    verify: async (password) => {
      const digest = await crypt(start, password, Buffer.from(salt, 'latin1'), count)
      return isSameBytes(Buffer.from(encode(digest, id)), Buffer.from(hash))
    },
  }
}
