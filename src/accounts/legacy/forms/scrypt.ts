import { scrypt as deriveWith, type ScryptOptions } from 'node:crypto'
import { promisify } from 'node:util'
import { fromBase64, fromHex, isSameBytes } from './bytes.ts'
import { tooCostly, type HashForm, type LegacyHash } from './form.ts'

const derive = promisify<Buffer, Buffer, number, ScryptOptions, Buffer>(deriveWith)

const MOST_MEMORY = 256 * 1024 * 1024

interface Costs {
  readonly N: number
  readonly r: number
  readonly p: number
}

const hashOf = ({ N, r, p }: Costs, salt: Buffer, expected: Buffer | null): LegacyHash | null => {
  const isSensible = N > 1 && Number.isInteger(Math.log2(N)) && r > 0 && p > 0
  if (expected === null || expected.length < 16 || expected.length > 128 || !isSensible) return null
  const memory = 128 * N * r
  if (memory > MOST_MEMORY || p > 16) return tooCostly('scrypt')
  const options = { N, r, p, maxmem: memory + 1024 * 1024 }
  return {
    form: 'scrypt',
    verify: async (password) => isSameBytes(await derive(password, salt, expected.length, options), expected),
  }
}

/** `$scrypt$ln=16,r=8,p=1$salt$hash`: PHC, passlib. */
const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/.]+)\$([A-Za-z0-9+/.]+=*)$/
/** `scrypt$16384$salt$8$1$hash`: Django; the salt is text. */
const DJANGO = /^scrypt\$(\d{1,8})\$([^$]{1,128})\$(\d{1,3})\$(\d{1,3})\$([A-Za-z0-9+/]+=*)$/
/** `scrypt:32768:8:1$salt$hash`: Werkzeug; the salt is text, the hash hexadecimal. */
const WERKZEUG = /^scrypt:(\d{1,8}):(\d{1,3}):(\d{1,3})\$([^$]{1,128})\$([0-9a-f]+)$/

/** `$e0801$salt$hash`: Spring Security; the costs in hexadecimal, the exponent of N first, then two digits for r and p each. */
const SPRING = /^\$([0-9a-f]{5,6})\$([A-Za-z0-9+/]+=*)\$([A-Za-z0-9+/]+=*)$/

export const scrypt: HashForm = (text) => {
  const phc = PHC.exec(text)
  if (phc !== null) {
    const [, log = '', r = '', p = '', salt = '', hash = ''] = phc
    const bytes = fromBase64(salt)
    return bytes === null ? null : hashOf({ N: 2 ** Number(log), r: Number(r), p: Number(p) }, bytes, fromBase64(hash))
  }
  const django = DJANGO.exec(text)
  if (django !== null) {
    const [, N = '', salt = '', r = '', p = '', hash = ''] = django
    return hashOf({ N: Number(N), r: Number(r), p: Number(p) }, Buffer.from(salt), fromBase64(hash))
  }
  const spring = SPRING.exec(text)
  if (spring !== null) {
    const [, costs = '', salt = '', hash = ''] = spring
    const [r, p] = [costs.slice(-4, -2), costs.slice(-2)].map((hex) => Number.parseInt(hex, 16))
    const bytes = fromBase64(salt)
    const N = 2 ** Number.parseInt(costs.slice(0, -4), 16)
    return bytes === null ? null : hashOf({ N, r: r ?? 0, p: p ?? 0 }, bytes, fromBase64(hash))
  }
  const [, N = '', r = '', p = '', salt = '', hash = ''] = WERKZEUG.exec(text) ?? []
  return N === '' ? null : hashOf({ N: Number(N), r: Number(r), p: Number(p) }, Buffer.from(salt), fromHex(hash))
}
