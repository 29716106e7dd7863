import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'

/** What an authenticator, or the page that asks it, may say instead of the truth. */
export interface Says {
  readonly origin?: string
  readonly rpId?: string
  readonly challenge?: string
  readonly isVerified?: boolean
  readonly counter?: number
  readonly isFramed?: boolean
  readonly userHandle?: string | null
  readonly type?: string
  /** Which of its passkeys answers, by their order; the newest that was asked for otherwise. */
  readonly nth?: number
  readonly isCopied?: boolean
  /** Format of the attestation, and a certificate in it. */
  readonly attestation?: string
}

/** A security key in software: ES256, no attestation, user verification, its own counter. */
export interface SoftAuthenticator {
  /** Makes a passkey from the options that a page of ours carries; what the browser would write into the form. */
  create(options: string, says?: Says): string
  /** Signs for the options that a page of ours carries; what the browser would write into the form. */
  get(options: string, says?: Says): string
  /** Another one with the same keys, whose counter stands where this one's does. */
  copy(): SoftAuthenticator
}

interface Credential {
  readonly id: Buffer
  readonly rpId: string
  readonly userHandle: string
  readonly key: KeyObject
}

const PRESENT = 0x01
const VERIFIED = 0x04
const MAY_BE_COPIED = 0x08
const IS_COPIED = 0x10
const BRINGS_KEY = 0x40

type Cbor = number | string | Buffer | ReadonlyMap<number | string, Cbor>

const head = (major: number, value: number): Buffer => {
  if (value < 24) return Buffer.from([(major << 5) | value])
  if (value < 256) return Buffer.from([(major << 5) | 24, value])
  return Buffer.from([(major << 5) | 25, value >> 8, value & 0xff])
}

/** As much of CBOR (RFC 8949) as WebAuthn asks for. */
const cbor = (value: Cbor): Buffer => {
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value)
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  const pairs = [...value].flatMap(([name, one]) => [cbor(name), cbor(one)])
  return Buffer.concat([head(5, value.size), ...pairs])
}

const coordinates = (key: KeyObject): readonly [x: Buffer, y: Buffer] => {
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  return [Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]
}

const coseKey = (key: KeyObject): Buffer => {
  const [x, y] = coordinates(key)
  const entries: [number, Cbor][] = [
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, x],
    [-3, y],
  ]
  return cbor(new Map(entries))
}

const authenticatorData = (rpId: string, flags: number, counter: number, more = Buffer.alloc(0)): Buffer => {
  const count = Buffer.alloc(4)
  count.writeUInt32BE(counter)
  return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.from([flags]), count, more])
}

const clientData = (type: string, challenge: string, origin: string, says: Says): Buffer =>
  Buffer.from(
    JSON.stringify({
      type: says.type ?? type,
      challenge: says.challenge ?? challenge,
      origin: says.origin ?? origin,
      crossOrigin: says.isFramed ?? false,
    }),
  )

const flagsOf = (base: number, says: Says): number =>
  PRESENT | base | (says.isVerified === false ? 0 : VERIFIED) | (says.isCopied === true ? IS_COPIED : 0)

/**
 * @param origin of the page that asks it
 * @param traits `counts`: whether its counter moves at all; those of telephones do not. `isSynced`: its keys may be copied
 */
export const createAuthenticator = (
  origin: string,
  traits: { readonly counts?: boolean; readonly isSynced?: boolean } = {},
  credentials: readonly Credential[] = [],
  start = 0,
): SoftAuthenticator => {
  const { counts = true, isSynced = false } = traits
  const own = [...credentials]
  let counter = start
  const next = (says: Says): number => says.counter ?? (counts ? (counter += 1) : 0)
  const kind = isSynced ? MAY_BE_COPIED : 0

  return {
    create: (options, says = {}) => {
      const { challenge, rp, user } = JSON.parse(options) as {
        challenge: string
        rp: { id: string }
        user: { id: string }
      }
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const credential = { id: randomBytes(32), rpId: rp.id, userHandle: user.id, key: privateKey }
      own.push(credential)
      const length = Buffer.from([0, credential.id.length])
      const attested = Buffer.concat([Buffer.alloc(16), length, credential.id, coseKey(publicKey)])
      const data = authenticatorData(says.rpId ?? rp.id, flagsOf(BRINGS_KEY | kind, says), next(says), attested)
      const entries: [string, Cbor][] = [
        ['fmt', says.attestation ?? 'none'],
        ['attStmt', says.attestation === undefined ? new Map() : new Map([['x5c', Buffer.from('certificate')]])],
        ['authData', data],
      ]
      const id = credential.id.toString('base64url')
      return JSON.stringify({
        id,
        rawId: id,
        type: 'public-key',
        authenticatorAttachment: 'platform',
        clientExtensionResults: {},
        response: {
          clientDataJSON: clientData('webauthn.create', challenge, origin, says).toString('base64url'),
          attestationObject: cbor(new Map(entries)).toString('base64url'),
          transports: ['internal'],
        },
      })
    },
    get: (options, says = {}) => {
      const asked = JSON.parse(options) as { challenge: string; rpId: string; allowCredentials?: { id: string }[] }
      const meant = (asked.allowCredentials ?? []).map(({ id }) => id)
      const fitting = own.filter(({ id }) => meant.length === 0 || meant.includes(id.toString('base64url')))
      const credential = says.nth === undefined ? fitting.at(-1) : own[says.nth]
      if (credential === undefined) throw new Error('the authenticator has none of the passkeys that were asked for')
      const data = authenticatorData(says.rpId ?? asked.rpId, flagsOf(kind, says), next(says))
      const client = clientData('webauthn.get', asked.challenge, origin, says)
      const signed = Buffer.concat([data, createHash('sha256').update(client).digest()])
      const id = credential.id.toString('base64url')
      return JSON.stringify({
        id,
        rawId: id,
        type: 'public-key',
        authenticatorAttachment: 'platform',
        clientExtensionResults: {},
        response: {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: sign('sha256', signed, credential.key).toString('base64url'),
          userHandle: says.userHandle === undefined ? credential.userHandle : says.userHandle,
        },
      })
    },
    copy: () => createAuthenticator(origin, traits, own, counter),
  }
}
