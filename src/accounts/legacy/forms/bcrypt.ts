import { createHash } from 'node:crypto'
import { verify } from '@node-rs/bcrypt'
import { tooCostly, type HashForm } from './form.ts'

const BCRYPT = /^\$2[aby]\$(?<cost>\d\d)\$[./A-Za-z0-9]{53}$/

/** Twice as long with each step: 15 takes about two seconds of one core. */
const HIGHEST_COST = 15

/** bcrypt looks at the first 72 bytes of a password only; that is so in the other application as well. */
export const bcrypt: HashForm = (text) => {
  const cost = BCRYPT.exec(text)?.groups?.['cost']
  if (cost === undefined) return null
  if (Number(cost) > HIGHEST_COST) return tooCostly('bcrypt')
  return { form: 'bcrypt', verify: (password) => verify(password, text) }
}

/** `bcrypt_sha256$$2b$…`: Django, which hashes first so that the 73rd byte counts. */
export const djangoBcrypt: HashForm = (text) => {
  const inner = text.startsWith('bcrypt_sha256$') ? bcrypt(text.slice('bcrypt_sha256$'.length)) : null
  const check = inner?.verify
  if (inner === null || check === undefined) return inner
  return { ...inner, verify: (password) => check(Buffer.from(createHash('sha256').update(password).digest('hex'))) }
}
