import type { Entry } from 'ldapts'
import type { DirectorySettings } from '../../config/instance.ts'
import type { ToldPerson } from '../linked/person.ts'

/** Where directories say that an account is closed, and when its password was last changed; asked for everywhere. */
const STATE = {
  /** Active Directory: flags, and a moment. */
  flags: 'userAccountControl',
  expires: 'accountExpires',
  changedWindows: 'pwdLastSet',
  /** 389 Directory Server, FreeIPA. */
  locked: 'nsAccountLock',
  /** eDirectory. */
  loginDisabled: 'loginDisabled',
  /** OpenLDAP with a password policy. */
  lockedSince: 'pwdAccountLockedTime',
  changed: 'pwdChangedTime',
} as const

const ACCOUNT_DISABLED = 0x2n
/** Active Directory counts tenths of microseconds since 1601; two values mean never. */
const WINDOWS_EPOCH = 11_644_473_600_000n
const NEVER = new Set([0n, 0x7fff_ffff_ffff_ffffn])
/** Locked by an administrator, for good. Any other value is a lock after wrong tries, which ends nobody's session. */
const LOCKED_FOR_GOOD = '000001010000Z'

/** Attribute names know no case. Values that are not UTF-8 are no text, and left out. */
const valuesOf = (entry: Entry, attribute: string | undefined): string[] => {
  if (attribute === undefined) return []
  const key = Object.keys(entry).find((name) => name !== 'dn' && name.toLowerCase() === attribute.toLowerCase())
  const value = key === undefined ? [] : entry[key]
  return [value ?? []].flat().filter((each) => typeof each === 'string')
}

const firstOf = (entry: Entry, attribute: string | undefined): string | undefined => valuesOf(entry, attribute)[0]

/** The external id: text where it is one, else its bytes in hexadecimal (objectGUID). */
const HEX = 'hex:'
const idOf = (entry: Entry, attribute: string): string | undefined => {
  const key = Object.keys(entry).find((name) => name.toLowerCase() === attribute.toLowerCase())
  const [value] = [(key === undefined ? undefined : entry[key]) ?? []].flat()
  if (value === undefined) return undefined
  const bytes = Buffer.from(value)
  const text = bytes.toString('latin1')
  return /^[\x21-\x7e]+$/.test(text) ? text : `${HEX}${bytes.toString('hex')}`
}

/** What to search for, for an external id. */
export const idValue = (externalId: string): string | Buffer =>
  externalId.startsWith(HEX) ? Buffer.from(externalId.slice(HEX.length), 'hex') : externalId

const numberOf = (text: string | undefined): bigint =>
  text !== undefined && /^-?\d{1,20}$/.test(text) ? BigInt(text) : 0n

const isOpen = (entry: Entry, now: number): boolean => {
  const expires = numberOf(firstOf(entry, STATE.expires))
  const isTrue = (attribute: string) => firstOf(entry, attribute)?.toLowerCase() === 'true'
  return !(
    (numberOf(firstOf(entry, STATE.flags)) & ACCOUNT_DISABLED) !== 0n ||
    (!NEVER.has(expires) && expires / 10_000n - WINDOWS_EPOCH <= BigInt(now)) ||
    isTrue(STATE.locked) ||
    isTrue(STATE.loginDisabled) ||
    firstOf(entry, STATE.lockedSince) === LOCKED_FOR_GOOD
  )
}

/** Every attribute that is read of a person. */
export const attributesOf = ({ attributes, 'login-attributes': logins }: DirectorySettings): string[] => [
  ...new Set([...Object.values(attributes).filter((name) => name !== undefined), ...logins, ...Object.values(STATE)]),
]

/** An entry as it came, and what is read from it. */
export interface FoundEntry {
  readonly dn: string
  readonly told: ToldPerson
  readonly isOpen: boolean
  /** Changes with the password, where the directory says when that was. */
  readonly mark: string | null
  /** What this person may type. */
  readonly logins: readonly string[]
}

/** Undefined when the entry lacks what never changes about a person. */
export const readEntry = (entry: Entry, settings: DirectorySettings, now: number): FoundEntry | undefined => {
  const { attributes, 'login-attributes': logins } = settings
  const externalId = idOf(entry, attributes.id)
  if (externalId === undefined) return undefined
  return {
    dn: entry.dn,
    told: {
      externalId,
      login: firstOf(entry, attributes.login) ?? '',
      name: firstOf(entry, attributes.name),
      givenName: firstOf(entry, attributes['given-name']),
      familyName: firstOf(entry, attributes['family-name']),
      email: firstOf(entry, attributes.email) ?? null,
      nationalId: firstOf(entry, attributes['national-id']),
      rpps: firstOf(entry, attributes.rpps),
      roles: valuesOf(entry, attributes.roles),
    },
    isOpen: isOpen(entry, now),
    mark: firstOf(entry, STATE.changed) ?? firstOf(entry, STATE.changedWindows) ?? null,
    logins: logins.flatMap((name) => valuesOf(entry, name)),
  }
}
