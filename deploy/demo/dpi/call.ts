import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { Patient } from '../data.ts'

/** A user of the record system, all invented. */
export interface DpiUser {
  readonly id: string
  readonly name: string
  /** PS_IdNat. */
  readonly nationalId: string
}

export interface CallSigner {
  /** What the network is given to register. */
  readonly jwks: string
  /** The signed call of a click: who, which patient, now. */
  call(user: DpiUser, patient: Patient, now: number): string
}

export const FINESS = '990000017'
const KID = 'demo'

/** No patient here has an INS, so none is qualified: the identifier of the establishment and the traits say who it is. */
const identityOf = (patient: Patient) => ({
  status: 'PROV',
  birth_name: patient.familyName,
  first_given_name: patient.givenName,
  birth_date: patient.born,
  sex: patient.sex,
  local_id: String(patient.id),
})

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** @param audience public address of the DCC's gate */
export const createCallSigner = (audience: string): CallSigner => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    jwks: JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: KID, alg: 'ES256', use: 'sig' }] }),
    call: (user, patient, now) => {
      const second = Math.floor(now / 1_000)
      const claims = {
        ...{ iss: FINESS, aud: audience, iat: second, exp: second + 60, jti: randomBytes(18).toString('base64url') },
        ...{ sub: user.nationalId, auth_time: second - 600, amr: ['sc', 'pin', 'mfa'], patient: identityOf(patient) },
      }
      const input = `${encode({ alg: 'ES256', kid: KID, typ: 'JWT' })}.${encode(claims)}`
      const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
      return `${input}.${signature.toString('base64url')}`
    },
  }
}
